"""Local sources: what part of what sessions drew came from sources on the spot, as the meters of circuits tell.

That there is a source is known where somebody charges by the sun below the circuit. Its meter says what the site takes
from the grid; what the charge points drew beyond that did not come from there. The rest of the site is reckoned to have
used its source first, so that this is the least that can be said.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import text

from ohmstead.engines.electricity_cost import LocalShare
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.charging.pricing.electricity_cost import local_shares

_MINUTE = timedelta(minutes=1)
_ACCURACY = 0.05  # by which a meter may have told too little
# Of the circuits above a charge point the uppermost one that has a meter is where the grid begins. What was drawn is
# known by the minute; a meter reports at other moments than stations do, so the most it told around the minute counts.
_DRAWN = Statement(
    text("""
WITH RECURSIVE up(session_id, circuit_id, parent_id, meter_id, height) AS (
    SELECT session.id, circuit.id, circuit.parent_circuit_id, circuit.electricity_meter_id, 0
    FROM session JOIN circuit_charge_point AS member ON member.charge_point_id = session.charge_point_id
    JOIN circuit ON circuit.id = member.circuit_id WHERE session.id = ANY(CAST(:ids AS bigint[]))
    UNION ALL
    SELECT up.session_id, above.id, above.parent_circuit_id, above.electricity_meter_id, up.height + 1
    FROM up JOIN circuit AS above ON above.id = up.parent_id
), metered AS (
    SELECT DISTINCT ON (session_id) session_id, circuit_id, meter_id FROM up
    WHERE meter_id IS NOT NULL ORDER BY session_id, height DESC
), down(top_id, circuit_id) AS (
    SELECT DISTINCT circuit_id, circuit_id FROM metered
    UNION ALL
    SELECT down.top_id, below.id FROM down JOIN circuit AS below ON below.parent_circuit_id = down.circuit_id
), sunny AS (
    SELECT DISTINCT down.top_id FROM down
    JOIN circuit_charge_point AS member ON member.circuit_id = down.circuit_id
    JOIN charge_point ON charge_point.id = member.charge_point_id AND charge_point.deleted_at IS NULL
    WHERE charge_point.personal_smart_charging->>'enabled' = 'true'
        AND charge_point.personal_smart_charging->>'type' = 'solar'
)
SELECT session.id, minute.at, minute.managed_l1 + minute.managed_l2 + minute.managed_l3 AS managed, told.most
FROM session JOIN metered ON metered.session_id = session.id
JOIN sunny ON sunny.top_id = metered.circuit_id
JOIN circuit ON circuit.id = metered.circuit_id
LEFT JOIN circuit_current AS minute ON minute.circuit_id = circuit.id
    AND minute.at >= date_trunc('minute', session.started_at)
    AND minute.at < COALESCE(session.stopped_at, CAST(:now AS timestamptz))
CROSS JOIN LATERAL (
    SELECT MAX(CASE WHEN circuit.phases = 'three_phase' THEN current_l1 + current_l2 + current_l3
                    ELSE COALESCE(current_l1, 0) + COALESCE(current_l2, 0) + COALESCE(current_l3, 0) END) AS most
    FROM meter_report WHERE meter_id = metered.meter_id
        AND meter_report.at >= minute.at - interval '1 minute' AND meter_report.at < minute.at + interval '2 minutes'
) AS told
ORDER BY session.id, minute.at""")
)


@local_shares.answer
async def by_the_meter_of_the_site(tx: Tx, ids: list[int]) -> Mapping[int, Sequence[LocalShare]]:
    """Minute by minute; nothing of minutes in which nothing was drawn, or which nobody measured."""
    found: dict[int, list[LocalShare]] = {}
    for session_id, at, managed, grid in await tx.all(_DRAWN, ids=ids, now=tx.now):
        known = found.setdefault(session_id, [])
        if managed and grid is not None:
            known.append(LocalShare(at, at + _MINUTE, _share(managed, grid)))
    return found


def _share(managed: float, grid: float) -> float:
    """Of A that charge points drew, where so many A came in: below 0 A all of it is the source's."""
    return max(0.0, managed - max(0.0, grid) * (1 + _ACCURACY)) / managed
