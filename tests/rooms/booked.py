"""What the tests of bookings share: a location with EVSEs that may be booked, a clock that stands still, and the work
that falls due, done by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.kit.db import Row
from ohmstead.rooms.charging import reservations
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.bookings import BookingReservation
from ohmstead.rooms.charging.reservations import ReservationQueue, ReservationRelease
from ohmstead.rooms.charging.reservations.table import reservation
from tests.client import Client
from tests.conftest import served
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site

REQUESTS = "/resources/booking-requests/v1.0"
BOOKINGS = "/resources/bookings/v1.0"
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
WORK = (BookingReservation, ReservationRelease, ReservationQueue)


@pytest.fixture
async def running(dsn: str, tmp_path: Path) -> AsyncIterator[tuple[System, str]]:
    """In the place of the one of all tests: a system at 08:00 of a Monday, until a test moves its clock."""
    settings = Settings(data_dir=tmp_path, port=0, ocpp_port=0, rate_limit_per_minute=10**6, rate_limit_per_day=10**9)
    system = await System(settings, dsn, ManualClock(MORNING)).start()
    async with served(system.api.app) as base:
        yield system, base
    await system.stop()


def at(minutes: float) -> str:
    """A moment of the morning, counted from 08:00, as clients write it."""
    return (MORNING + timedelta(minutes=minutes)).isoformat()


@dataclass
class Place:
    """A location with one charge point whose EVSEs may be booked, and a driver with a card."""

    api: Client
    given: Given
    gateway: Gateway
    location: int
    here: Site
    user: int

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.given.system.clock, ManualClock)
        return self.given.system.clock

    async def asks(self, **body: Any) -> dict[str, Any]:
        """What became of a request."""
        return await self.given.made(REQUESTS, body)

    async def books(self, start: float, end: float, **more: Any) -> dict[str, Any]:
        """Ask for a booking between two moments, in min after 08:00."""
        usual = {"type": "create", "userId": self.user, "locationId": self.location}
        return await self.asks(**usual | {"startAt": at(start), "endAt": at(end)} | more)

    async def booked(self, start: float, end: float, **more: Any) -> int:
        """A booking that was approved."""
        made = await self.books(start, end, **more)
        assert made["status"] == "approved", made
        return int(made["bookingId"])

    async def declined(self, start: float, end: float, **more: Any) -> str:
        """Why a booking was not approved."""
        made = await self.books(start, end, **more)
        assert made["status"] == "rejected", made
        assert "bookingId" not in made
        return str(made["rejectionReason"])

    async def shown(self, key: int) -> dict[str, Any]:
        return (await self.api.get(f"{BOOKINGS}/{key}", "include[]=bookedEvses")).data

    async def status(self, key: int) -> str:
        return str((await self.shown(key))["status"])

    async def evses(self, key: int) -> list[int]:
        """Those that were to serve a booking so far, as places in the list of all."""
        return [self.here.evses.index(one["id"]) for one in (await self.shown(key))["bookedEvses"]]

    async def row(self, key: int) -> Row:
        async with self.given.system.database.read() as tx:
            found = await tx.one(select(booking).where(booking.c.id == key))
        assert found is not None
        return found

    async def reservations(self) -> list[Row]:
        async with self.given.system.database.read() as tx:
            return await tx.all(select(reservation).order_by(reservation.c.id))

    async def works(self) -> None:
        """What is due is done, and whoever has to know of it does."""
        system = self.given.system
        for _ in range(3):
            for kind in WORK:
                work = kind(system.database, self.clock)
                await work.start_due()
                await work.settled()
            async with system.database.begin() as tx:
                await reservations.expire(tx)
            await system.outbox.drain()

    async def until(self, minutes: float) -> None:
        """It is so many min after 08:00; until then something is looked for every 10 s of the last minute, and before
        that now and then."""
        end = MORNING + timedelta(minutes=minutes)
        while (left := (end - self.clock.now()).total_seconds()) > 0:
            await self.clock.advance(min(left, 10 if left <= 60 else max(10, (left - 60) / 2)))
            await self.works()

    async def asked(self) -> list[str]:
        """What stations were asked since this was last looked at."""
        found = [type(command).__name__ for _, command in self.gateway.commands]
        self.gateway.commands.clear()
        return found


async def place(api: Client, given: Given, gateway: Gateway, evses: int = 1) -> Place:
    location = int((await given.location())["id"])
    here = await site(given, evses=evses, locationId=location)
    for outlet in here.evses:
        answer = await api.patch(f"/resources/evses/v2.1/{outlet}", {"bookingEnabled": True})
        assert answer.data["allowsReservation"] is True
    user = int((await given.user())["id"])
    await given.id_tag(idTagUid="CARD", userId=user)
    return Place(api, given, gateway, location, here, user)
