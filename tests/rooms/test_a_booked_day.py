"""A day of bookings by a clock: drivers who come or do not, stations that refuse or are away. What holds whatever
happens."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.kit.db import Row
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.devices.stations import ReserveNow, StationOffline
from tests.client import Client
from tests.given import Given
from tests.rooms.booked import MORNING, Place, place, running  # noqa: F401 - the fixture
from tests.rooms.charges import Gateway

DAY = 600  # min
MANY = {"sessionsAllowed": "multiple_simultaneous_sessions_remotely_and_idtags"}
OVER = ("completed", "cancelled", "no-show", "failed")


class Day:
    """Some drivers, each with a card, and what they do; the dice fall the same way each time."""

    def __init__(self, there: Place, dice: random.Random) -> None:
        self.there, self.dice = there, dice
        self.cards: dict[int, str] = {}
        self.open: dict[int, int] = {}  # place of an EVSE -> transaction
        self.wh = 1000
        there.gateway.answer = self.answer

    async def answer(self, command: Any) -> Any:
        """One reservation in four is refused, or the station away."""
        if isinstance(command, ReserveNow) and self.dice.random() < 0.25:
            return self.dice.choice(("Rejected", "Occupied", StationOffline()))
        return "Accepted"

    async def rows(self) -> list[Row]:
        async with self.there.given.system.database.read() as tx:
            return await tx.all(select(booking).order_by(booking.c.id))

    async def kept(self) -> list[Row]:
        async with self.there.given.system.database.read() as tx:
            wanted = reservation.c.release_at.is_(None)
            return await tx.all(select(reservation).where(reservation.c.status == "active", wanted))

    async def drivers(self, number: int) -> None:
        for each in range(number):
            user = int((await self.there.given.user(options=MANY))["id"])
            self.cards[user] = f"DRIVER{each}"
            await self.there.given.id_tag(idTagUid=self.cards[user], userId=user)

    async def somebody_books(self, now: int) -> None:
        start = now + self.dice.randrange(5, 200)
        user = self.dice.choice(list(self.cards))
        await self.there.books(start, start + self.dice.randrange(10, 90), userId=user)

    async def somebody_thinks_again(self) -> None:
        rows = [row for row in await self.rows() if row["status"] not in OVER]
        if rows:
            await self.there.asks(type="cancel", bookingId=self.dice.choice(rows)["id"])

    async def somebody_comes(self, known: bool) -> None:
        """To an EVSE that is reserved for them, or as a stranger to any that nobody charges at."""
        kept = {row["evse_id"]: row for row in await self.kept() if not row["waits"]}
        places = [one for one in range(len(self.there.here.evses)) if one not in self.open]
        if known:
            places = [one for one in places if self.there.here.evses[one] in kept]
        if not places:
            return
        where = self.dice.choice(places)
        mine = kept.get(self.there.here.evses[where])
        user = mine["user_id"] if mine and known else self.dice.choice(list(self.cards))
        began = self.there.clock.now()
        self.wh += 1000
        number, verdict = await self.there.here.starts(self.cards[user], began, wh=self.wh, number=where + 1)
        if mine is not None:
            assert verdict.status == ("accepted" if mine["user_id"] == user else "blocked")
        if verdict.status != "accepted":
            await self.there.here.stops(number, began, self.wh)
            return
        self.open[where] = number
        await self.there.here.status("charging", where + 1)

    async def somebody_leaves(self) -> None:
        if self.open:
            where, number = self.open.popitem()
            await self.there.here.stops(number, self.there.clock.now(), self.wh)
            await self.there.here.status("available", where + 1)

    async def holds(self) -> None:
        """What is true at any moment."""
        now, kept = self.there.clock.now(), {row["booking_id"]: row for row in await self.kept()}
        held: dict[int, list[Row]] = {}
        for row in await self.rows():
            lead = timedelta(minutes=row["lead"])
            if row["status"] == "reserved":
                assert kept[row["id"]]["evse_id"] == row["evse_id"]
                assert now <= min(row["start_at"] + lead, row["end_at"])
            if row["status"] == "accepted":
                assert now <= row["start_at"]
            if row["status"] in OVER:
                assert row["id"] not in kept
                assert row["due_at"] is None
            assert (row["session_id"] is not None) == (row["status"] == "completed")
            assert 1 <= len(set(row["evse_ids"])) == len(row["evse_ids"]) <= 3
            if row["status"] in ("accepted", "reserved", "completed"):
                held.setdefault(row["evse_id"], []).append(row)
        for rows in held.values():
            rows.sort(key=lambda row: row["holds_from"])
            assert all(one["holds_until"] <= other["holds_from"] for one, other in pairwise(rows))


@pytest.mark.parametrize("seed", range(3))
async def test_a_day_of_bookings(api: Client, given: Given, gateway: Gateway, seed: int) -> None:
    there = await place(api, given, gateway, evses=3)
    day = Day(there, random.Random(seed))
    await day.drivers(5)
    for now in range(0, DAY, 5):
        acts: list[tuple[Callable[[], Awaitable[None]], float]] = [
            (partial(day.somebody_books, now), 0.35 if now < DAY - 300 else 0),
            (day.somebody_thinks_again, 0.05),
            (partial(day.somebody_comes, known=True), 0.3),
            (partial(day.somebody_comes, known=False), 0.05),
            (day.somebody_leaves, 0.4),
        ]
        for act, likely in acts:
            if day.dice.random() < likely:
                await act()
        await there.clock.advance(10)
        await there.works()
        await day.holds()
        await there.clock.advance((MORNING + timedelta(minutes=now + 5) - there.clock.now()).total_seconds())
        await there.works()
        await day.holds()
    rows = await day.rows()
    assert len(rows) > 10
    assert {row["status"] for row in rows} <= {*OVER}
    assert {"completed", "no-show"} <= {row["status"] for row in rows}
