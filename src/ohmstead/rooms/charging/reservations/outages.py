"""Outages: a charge point of 1.6 that is faulted or unavailable keeps its EVSEs for nobody any longer.

It ends its reservations by itself and has no word to say so (OCPP 1.6, 5.13); one of 2.x tells of each
(ReservationStatusUpdate).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, bindparam, or_, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.charging.reservations.holding import end
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.devices.durable_facts import ChargePointStatusChanged, EvseStatusChanged, StatusFact
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse

OUT = ("faulted", "unavailable")
SLACK = timedelta(seconds=2)  # stations cut their times to seconds

_own = reservation.c
_key = bindparam("key", type_=BigInteger)
_before = _own.reserved_at <= bindparam("at", type_=DateTime(timezone=True))
_held = (
    select(_own.id)
    .join(charge_point, charge_point.c.id == _own.station_id)
    .join(evse, evse.c.id == _own.evse_id)
    .where(_own.status == "active", charge_point.c.ocpp_version == "1.6")
    .with_for_update(of=reservation)
)


def _is_out(status: Any) -> Any:
    return or_(*(status == word for word in OUT))


_AT_EVSE = Statement(_held.where(_own.evse_id == _key, or_(_before, _is_out(evse.c.hardware_status))))
_AT_STATION = Statement(_held.where(_own.station_id == _key, or_(_before, _is_out(charge_point.c.hardware_status))))


@on(EvseStatusChanged)
async def evse_is_out(tx: Tx, fact: EvseStatusChanged) -> None:
    """One made after that, which the EVSE must have been mended for, stays."""
    if fact.hardware_status in OUT:
        found = await tx.all(_AT_EVSE, key=fact.id, at=_at(fact))
        await _end(tx, found, f"The EVSE is {fact.hardware_status}")


@on(ChargePointStatusChanged)
async def charge_point_is_out(tx: Tx, fact: ChargePointStatusChanged) -> None:
    """The same of all its EVSEs."""
    if fact.hardware_status in OUT:
        found = await tx.all(_AT_STATION, key=fact.id, at=_at(fact))
        await _end(tx, found, f"The charge point is {fact.hardware_status}")


async def _end(tx: Tx, found: list[Row], why: str) -> None:
    for row in found:
        await end(tx, row["id"], "canceled", at=tx.now, why=why)


def _at(fact: StatusFact) -> datetime:
    return datetime.fromisoformat(fact.at) + SLACK
