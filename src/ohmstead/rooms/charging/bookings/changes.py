"""Changes of a booking's row, and how the house hears of them. Who holds a booking has held its location before, where
it takes an EVSE, and what is reserved for it: so do starts, and nobody waits for each other in a circle."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, bindparam, insert, select, update

from ohmstead.kit.db import Row, Statement, Statements, Tx
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.durable_facts import BookingChanged
from ohmstead.rooms.charging.reservations import release
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.network.locations import location

OPEN = ("accepted", "reserved")

_key = bindparam("key", type_=BigInteger)
_LOCATION = Statement(select(location).where(location.c.id == _key).with_for_update(key_share=True))
_RESERVED = Statement(
    select(reservation.c.id).where(reservation.c.booking_id == _key, reservation.c.status == "active").with_for_update()
)
_BOOKING = Statement(select(booking).where(booking.c.id == _key).with_for_update())
_statements = Statements()


async def locked_location(tx: Tx, location_id: int) -> Row:
    """A location: of bookings there one after another looks for an EVSE."""
    found = await tx.one(_LOCATION, key=location_id)
    assert found is not None, "a location that was referred to is only marked as deleted"
    return found


async def locked(tx: Tx, booking_id: int) -> Row:
    """A booking, and before it what is reserved for it."""
    await tx.all(_RESERVED, key=booking_id)
    found = await tx.one(_BOOKING, key=booking_id)
    assert found is not None, "bookings are never deleted"
    return found


async def add(tx: Tx, values: Mapping[str, Any]) -> int:
    """A new booking; its id."""
    values = {**values, "created_at": tx.now, "updated_at": tx.now}
    bound = {name: bindparam(f"v_{name}", type_=booking.c[name].type) for name in values}
    added = _statements.get(tuple(values), lambda: insert(booking).values(bound).returning(booking.c.id))
    made: int = await tx.value(added, **{f"v_{name}": value for name, value in values.items()})
    tx.tell(BookingChanged(id=made, action="created"))
    return made


async def change(tx: Tx, booking_id: int, **values: Any) -> None:
    """Change a booking."""
    values["updated_at"] = tx.now
    bound = {name: bindparam(f"v_{name}", type_=booking.c[name].type) for name in values}
    changed = _statements.get(("update", *values), lambda: update(booking).where(booking.c.id == _key).values(bound))
    await tx.run(changed, key=booking_id, **{f"v_{name}": value for name, value in values.items()})
    tx.tell(BookingChanged(id=booking_id, action="updated"))


async def give_up(tx: Tx, booking_id: int, status: str) -> None:
    """It came to nothing: what is reserved for it is not wanted any more."""
    await release(tx, booking_id, f"The booking is {status}")
    await change(tx, booking_id, status=status, due_at=None)


def lead_of(row: Row) -> timedelta:
    """How long before its start a booking is reserved, and after it kept."""
    return timedelta(minutes=row["lead"])


def kept_until(start_at: datetime, end_at: datetime, lead: timedelta) -> datetime:
    """Until when its user may come."""
    return min(start_at + lead, end_at)
