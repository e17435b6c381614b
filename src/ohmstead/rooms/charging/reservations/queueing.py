"""The queue of reservations: whoever waits for an EVSE that is taken has it kept as soon as it is free."""

from datetime import timedelta

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, exists, false, func, or_, select, update

from ohmstead.kit.db import Row, Statement
from ohmstead.rooms.charging.durable_facts import ReservationChanged
from ohmstead.rooms.charging.reservations.holding import OCCUPIED, end, wait
from ohmstead.rooms.charging.reservations.reserve import command_of
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.devices.stations import StationError, StationOffline, stations
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.store.due_work import DueWork

AGAIN = timedelta(seconds=10)  # until a station that found the EVSE taken, or went, is asked once more

_own = reservation.c
_key = bindparam("key", type_=BigInteger)
_now = bindparam("now", type_=DateTime(timezone=True))
_charging = or_(session.c.status == "active", session.c.status == "pending")
_charges = exists().where(session.c.evse_id == _own.evse_id, _charging)
_DUE = Statement(
    select(_own.id)
    .join(evse, evse.c.id == _own.evse_id)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .where(_own.waits, _own.status == "active", _own.expires_at > _now, _own.updated_at <= _now - AGAIN)
    .where(_own.release_at.is_(None))
    .where(charge_point.c.connected, charge_point.c.status == "enabled", evse.c.status == "enabled")
    .where(evse.c.hardware_status == "available", ~_charges)
    .order_by(_own.reserved_at)
    .limit(bindparam("most", type_=Integer))
)
_BEGIN = Statement(
    update(reservation)
    .where(_own.id == _key, _own.waits, _own.status == "active", evse.c.id == _own.evse_id)
    .where(_own.release_at.is_(None))
    .values(waits=false(), expires_at=_now + func.make_interval(0, 0, 0, 0, 0, _own.duration), updated_at=_now)
    .returning(reservation, evse.c.network_id.label("network_id"))
)


class ReservationQueue(DueWork):
    """Has the EVSEs kept that have become free. A station that will not ends the reservation with its reason."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        """Its time begins when the station is asked."""
        async with self._database.begin() as tx:
            begun = await tx.one(_BEGIN, key=row["id"], now=tx.now)
            if begun is None:
                return
            command = await command_of(tx, begun, begun["network_id"])
        try:
            outcome = await stations.current.call(begun["station_id"], command)
            refusal = None if outcome.agreed else outcome.status
        except StationOffline:
            refusal = OCCUPIED  # it is asked when it is back
        except StationError as error:
            refusal = str(error)
        await self._settle(row["id"], refusal)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        await self._settle(row["id"], OCCUPIED)

    async def _settle(self, reservation_id: int, refusal: str | None) -> None:
        async with self._database.begin() as tx:
            if refusal is None:
                tx.tell(ReservationChanged(id=reservation_id, action="updated"))
            elif refusal == OCCUPIED:
                await wait(tx, reservation_id)
            else:
                await end(tx, reservation_id, "canceled", at=tx.now, why=f"The charge point answered: {refusal}")
