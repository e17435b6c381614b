"""What stations say of a charge in progress: that its vehicle takes power, takes none, or gets none from them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from ohmstead.engines.idle import Said
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.charging.durable_facts import SessionStarted
from ohmstead.rooms.charging.facts import ChargingStateTold
from ohmstead.rooms.charging.pricing.marks import SessionMark, mark
from ohmstead.rooms.charging.readings import believable
from ohmstead.rooms.devices.facts import StatusChanged

_SAID: Mapping[str, Said] = {
    "charging": "charging", "suspendedEV": "suspended_ev", "suspendedEVSE": "suspended_evse",
}  # fmt: skip

# At an EVSE it is said of the session that is open there, or of the one that was when it was said.
_MEANT = Statement(
    text("""
SELECT told.place, COALESCE(
    (SELECT id FROM session WHERE told.name IS NOT NULL AND station_id = told.station_id
        AND transaction_ref = told.name ORDER BY id DESC LIMIT 1),
    (SELECT id FROM session WHERE told.name IS NULL AND evse_id = evse.id AND status = 'active'
        AND started_at <= told.at + interval '1 minute'),
    (SELECT id FROM session WHERE told.name IS NULL AND evse_id = evse.id AND status = 'finished'
        AND started_at <= told.at AND stopped_at >= told.at ORDER BY started_at DESC LIMIT 1)) AS session_id
FROM json_to_recordset(CAST(:told AS json))
     AS told(place int, station_id bigint, number int, name text, at timestamptz)
LEFT JOIN evse ON evse.station_id = told.station_id AND evse.network_id = told.number AND evse.deleted_at IS NULL""")
)
_AT_START = Statement(
    text("""
SELECT session.started_at, evse.hardware_status, evse.hardware_status_at
FROM session JOIN evse ON evse.id = session.evse_id WHERE session.id = :session AND session.status = 'active'""")
)
_JUST_BEFORE = timedelta(minutes=1)


class LastStates:
    """Remembers what stations connected here said last of their transactions, which many say with every event."""

    MOST = 64  # transactions of a station at once

    def __init__(self) -> None:
        self._known: dict[int, dict[str, Said]] = {}

    def nothing_new(self, fact: ChargingStateTold) -> bool:
        """Whether just this was kept last."""
        return self._known.get(fact.charge_point_id, {}).get(fact.transaction_ref) == fact.state

    def known(self, fact: ChargingStateTold) -> None:
        """It is durable now, as said of a session."""
        known = self._known.setdefault(fact.charge_point_id, {})
        known.pop(fact.transaction_ref, None)
        known[fact.transaction_ref] = fact.state
        if len(known) > self.MOST:
            del known[next(iter(known))]

    def forget(self, charge_point_id: int) -> None:
        """It came or went."""
        self._known.pop(charge_point_id, None)


async def states_told(tx: Tx, facts: Sequence[ChargingStateTold]) -> list[bool]:
    """Stations of 2.x say it of their transactions; of each whether it is a session's."""
    told = [
        {"station_id": one.charge_point_id, "number": None, "name": one.transaction_ref, "kind": one.state,
         "at": believable(one.at, one.received_at)}
        for one in facts
    ]  # fmt: skip
    known = await _mark(tx, told)
    return [place in known for place in range(len(facts))]


async def statuses_told(tx: Tx, facts: Iterable[StatusChanged]) -> None:
    """Stations of 1.6 say it of their EVSEs."""
    told = [
        {"station_id": one.charge_point_id, "number": one.evse_network_id, "name": None, "kind": _SAID[one.status],
         "at": believable(one.at, one.received_at)}
        for one in facts
        if one.basis == "status" and one.evse_network_id > 0 and one.status in _SAID
    ]  # fmt: skip
    if told:
        await _mark(tx, told)


async def _mark(tx: Tx, told: Sequence[dict[str, Any]]) -> set[int]:
    """Which of these are of a session."""
    meant = await tx.all(_MEANT, told=[one | {"place": place} for place, one in enumerate(told)])
    found = {row["place"]: row["session_id"] for row in meant if row["session_id"] is not None}
    await mark(tx, [SessionMark(key, told[place]["at"], told[place]["kind"]) for place, key in found.items()])
    return set(found)


@on(SessionStarted)
async def what_was_said_before_it_began(tx: Tx, fact: SessionStarted) -> None:
    """A station may have said so before it told of the charge; that another vehicle took nothing does not count."""
    row = await tx.one(_AT_START, session=fact.id)
    said = _SAID.get(row["hardware_status"] or "") if row else None
    if row is None or said is None or row["hardware_status_at"] is None:
        return
    at, began = row["hardware_status_at"], row["started_at"]
    if said == "suspended_evse" or at >= began - _JUST_BEFORE:
        await mark(tx, [SessionMark(fact.id, max(at, began), said)])
