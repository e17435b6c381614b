"""Clocks: how far that of a charge point is from ours, kept, and reported when it passes the limit."""

from sqlalchemy import BigInteger, Double, bindparam, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.devices.durable_facts import ClockDrifted
from ohmstead.rooms.devices.events import events_told
from ohmstead.rooms.devices.facts import CLOCK_LIMIT, ClockTold, EventsTold, StationEvent
from ohmstead.rooms.network.charge_points.table import charge_point

_own = charge_point.c
_before = (
    select(_own.id, _own.clock_drift)
    .where(_own.id == bindparam("station", type_=BigInteger))
    .with_for_update(key_share=True)
    .cte("before")
)
_TOLD = Statement(
    update(charge_point)
    .where(_own.id == _before.c.id)
    .values(clock_drift=bindparam("drift_s", type_=Double), clock_drift_at=bindparam("at"))
    .returning(_before.c.clock_drift)
)


async def clock_told(tx: Tx, fact: ClockTold) -> None:
    """A charge point's clock is so far ahead of ours. Where it was right before and is not now, or the other way round,
    that is an event of its ClockCtrlr, as if it had reported it."""
    row = await tx.one(_TOLD, station=fact.charge_point_id, drift_s=fact.drift_s, at=fact.received_at)
    if row is None:
        return
    wrong = _wrong(fact.drift_s)
    if wrong == _wrong(row["clock_drift"] or 0.0):
        return
    event = StationEvent(
        number=0,
        at=fact.received_at,
        component="ClockCtrlr",
        variable="DateTime",
        value=f"{fact.drift_s:.0f}",
        trigger="Alerting",
        kind="CustomMonitor",
        cleared=not wrong,
        tech_code="ClockDrift",
        tech_info=f"{abs(fact.drift_s):.0f} s {'ahead' if fact.drift_s > 0 else 'behind'}",
    )
    await events_told(
        tx, EventsTold(charge_point_id=fact.charge_point_id, events=(event,), received_at=fact.received_at)
    )
    tx.tell(ClockDrifted(id=fact.charge_point_id, drift_s=round(fact.drift_s, 3), wrong=wrong))


def _wrong(drift_s: float) -> bool:
    return abs(drift_s) > CLOCK_LIMIT.total_seconds()
