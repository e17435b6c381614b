"""What the tests of charging needs share: who says what of a session."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, update

from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.facts import NeedsTold
from ohmstead.rooms.charging.needs import needs_told
from ohmstead.rooms.charging.sessions import session
from tests.given import Given
from tests.rooms.charges import T0, Site, later


def path(id: Any) -> str:
    return f"/internal/sessions/v1.0/{id}/charging-needs"


async def vehicle(here: Site, minute: float = 5, number: int = 1, **needs: Any) -> str:
    fact = NeedsTold(charge_point_id=here.id, evse_network_id=number, received_at=later(minute), **needs)
    return await here.tells(needs_told, fact)


async def booked(given: Given, here: Site, row: Any, end: datetime) -> None:
    """A session fulfils a booking until then."""
    place = await given.location()
    async with here.system.database.begin() as tx:
        made = await tx.value(
            insert(booking)
            .values(
                user_id=row["user_id"], location_id=place["id"], evse_id=row["evse_id"], evse_ids=[row["evse_id"]],
                status="completed", start_at=T0, end_at=end, lead=15, holds_from=T0, holds_until=end, evse_named=True,
                created_at=T0, updated_at=T0,
            )
            .returning(booking.c.id)
        )  # fmt: skip
        await tx.run(update(session).where(session.c.id == row["id"]).values(booking_id=made))
