"""Releasing: reservations that nobody wants any more are taken back from their stations, once these can be asked."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Integer, Text, bindparam, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.reservations.holding import end
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.devices.stations import CancelReservation, StationError, StationRefused, stations
from ohmstead.store.due_work import DueWork

AGAIN = timedelta(seconds=10)  # until a station that could not be asked is asked once more

_own = reservation.c
_key = bindparam("key", type_=BigInteger)
_now = bindparam("now", type_=DateTime(timezone=True))
_DUE = Statement(
    select(_own.id)
    .where(_own.release_at <= _now, _own.status == "active", _own.expires_at > _now)
    .order_by(_own.release_at)
    .limit(bindparam("most", type_=Integer))
)
_HELD = Statement(select(reservation).where(_own.id == _key, _own.status == "active").with_for_update())
_PUT_OFF = Statement(
    update(reservation)
    .where(_own.id == _key, _own.status == "active")
    .values(release_at=bindparam("at", type_=DateTime(timezone=True)))
)
_RELEASE = Statement(
    update(reservation)
    .where(_own.booking_id == bindparam("booking", type_=BigInteger), _own.status == "active")
    .where(_own.release_at.is_(None))
    .values(release_at=_now, cancel_reason=bindparam("why", type_=Text))
)


async def release(tx: Tx, booking_id: int, why: str) -> None:
    """What a booking has reserved is not wanted any more. Until its station has agreed it stays in force."""
    await tx.run(_RELEASE, booking=booking_id, why=why, now=tx.now)


async def release_one(tx: Tx, reservation_id: int) -> None:
    """One that its station may have taken, and did not say so."""
    await tx.run(_PUT_OFF, key=reservation_id, at=tx.now)


class ReservationRelease(DueWork):
    """Asks stations to give up what they hold. One that says it does not holds it no longer, either; one that is out
    of reach forgets it when its time is up."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        async with self._database.begin() as tx:
            held = await tx.one(_HELD, key=row["id"])
            if held is None or held["waits"]:  # for an EVSE that is taken: the station knows nothing of it
                await self._end(tx, held)
                return
        try:
            await stations.current.call(held["station_id"], CancelReservation(reservation_id=held["id"]))
        except StationRefused:
            pass  # it knows no such message, and so no reservations
        except StationError:
            await self._put_off(row["id"], self._clock.now() + AGAIN)
            return
        async with self._database.begin() as tx:
            await self._end(tx, await tx.one(_HELD, key=row["id"]))

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        await self._put_off(row["id"], self._clock.now() + AGAIN)

    async def _end(self, tx: Tx, held: Row | None) -> None:
        if held is not None:
            await end(tx, held["id"], "canceled", at=tx.now, why=held["cancel_reason"])

    async def _put_off(self, reservation_id: int, until: datetime) -> None:
        async with self._database.begin() as tx:
            await tx.run(_PUT_OFF, key=reservation_id, at=until)
