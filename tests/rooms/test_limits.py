"""Charges that end at a limit: their tariff's time or energy, or the hours of their location."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import func, insert, select, update

from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.control import OrderedStops, stop_for
from ohmstead.rooms.charging.control.ordered_stops import ordered_stop
from ohmstead.rooms.charging.facts import Metered
from ohmstead.rooms.charging.limits import ClosingHours, TariffLimits
from ohmstead.rooms.charging.limits.working_hours import _is_late
from ohmstead.rooms.charging.readings import readings
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.devices.stations import RemoteStop, StationOffline, StationRefused, StationSilent
from ohmstead.rooms.tariffs.tables import tariff_snapshot
from tests.given import Given
from tests.rooms.charges import Gateway, Site, energy, site, tag
from tests.rooms.later import Later


class Watched:
    """A site at whose only EVSE somebody has begun to charge now, and the work that ends it."""

    def __init__(self, here: Site, later: Later, gateway: Gateway, number: int) -> None:
        self.here, self.later, self.gateway, self.number = here, later, gateway, number
        self.began = later.clock.now()

    async def limited(self, **stop_session: float | None) -> None:
        """By a snapshot with these limits from now on."""
        content = {"tariff": {"stopSession": stop_session}}
        async with self.here.system.database.begin() as tx:
            made = await tx.value(
                insert(tariff_snapshot)
                .values(hash=str(stop_session), tariff_id=1, content=content, created_at=tx.now, updated_at=tx.now)
                .returning(tariff_snapshot.c.id)
            )
            await tx.run(update(session).values(tariff_snapshot_id=made))

    async def after(self, minutes: float) -> list[str]:
        """What the station was asked in so many minutes and not before, looked for every 30 s; by new workers each
        time, as after a restart."""
        before = len(self.gateway.commands)
        for _ in range(int(minutes * 2)):
            await self.later.clock.advance(30)
            await TariffLimits(self.later.database, self.later.clock).look()
            await ClosingHours(self.later.database, self.later.clock).look()
            stops = OrderedStops(self.later.database, self.later.clock)
            await stops.start_due()
            await stops.settled()
        assert all(isinstance(command, RemoteStop) for _, command in self.gateway.commands)
        return [command.transaction_ref for _, command in self.gateway.commands[before:]]  # type: ignore[union-attr]

    async def reads(self, wh: float) -> None:
        now = self.later.clock.now()
        fact = Metered(
            charge_point_id=self.here.id, evse_network_id=1, transaction_id=self.number,
            readings=readings([energy(now, 1000 + wh)], now), received_at=now,
        )  # fmt: skip
        async with self.later.database.begin() as tx:
            await flow.metered(tx, [fact])

    async def stops(self, reason: str = "Remote") -> Any:
        now = self.later.clock.now()
        fact = self.here.stop(self.number, now, 1500, reason=reason)
        async with self.later.database.begin() as tx:
            await flow.charge_stopped(tx, structs.replace(fact, received_at=now))
        return await self.here.only_session()

    async def orders(self) -> int:
        async with self.here.system.database.read() as tx:
            return await tx.value(select(func.count()).select_from(ordered_stop))


async def begun(given: Given, later: Later, gateway: Gateway, user: dict[str, Any] | None = None, **place: Any) -> Any:
    here = await site(given, **place)
    number, _ = await here.starts(await tag(given, **(user or {})), later.clock.now())
    return Watched(here, later, gateway, number)


@pytest.fixture
async def watched(given: Given, later: Later, gateway: Gateway) -> Watched:
    return await begun(given, later, gateway)


async def test_a_charge_ends_after_its_time_and_says_so(watched: Watched) -> None:
    await watched.limited(timeLimitMinutes=60)
    assert await watched.after(59.5) == []
    assert await watched.after(0.5) == [str(watched.number)]
    assert (await watched.here.only_session())["status"] == "active"  # until its station says that it ended
    ended = await watched.stops()
    assert (ended["status"], ended["reason"]) == ("finished", "time_limit")
    assert await watched.after(60) == []
    assert await watched.orders() == 0


async def test_half_a_minute_is_a_time(watched: Watched) -> None:
    await watched.limited(timeLimitMinutes=1.5, stopWhenEnergyExceedsKwh=None)
    assert [len(await watched.after(minutes)) for minutes in (1, 0.5)] == [0, 1]


async def test_a_charge_ends_when_it_has_more_than_its_energy(watched: Watched) -> None:
    await watched.limited(stopWhenEnergyExceedsKwh=2.5)
    await watched.after(30)
    await watched.reads(2500)
    assert await watched.after(1) == []  # that is not more
    await watched.reads(2501)
    assert await watched.after(1) == [str(watched.number)]
    assert (await watched.stops())["reason"] == "energy_exceeded"


@pytest.mark.parametrize("limits", [{}, {"timeLimitMinutes": None, "stopWhenEnergyExceedsKwh": None}])
async def test_a_tariff_without_limits_ends_nothing(watched: Watched, limits: dict[str, None]) -> None:
    await watched.limited(**limits)
    await watched.reads(90_000)
    assert await watched.after(600) == []


async def test_a_charge_without_a_tariff_goes_on(watched: Watched) -> None:
    assert await watched.after(600) == []


async def test_of_a_charge_that_goes_on_in_another_session_the_whole_counts(watched: Watched) -> None:
    await watched.limited(timeLimitMinutes=60, stopWhenEnergyExceedsKwh=5)
    await watched.after(20)
    await watched.reads(3000)
    async with watched.here.system.database.begin() as tx:
        first = await watched.here.only_session()
        await tx.run(
            update(session).values(
                status="finished", reason="charge_point_timeout", stopped_at=watched.later.clock.now()
            )
        )
    await watched.after(10)
    await watched.reads(4000)  # comes to be an extending session
    extending = (await watched.here.sessions())[-1]
    assert extending["original_session_id"] == first["id"]
    async with watched.here.system.database.begin() as tx:
        await tx.run(update(session).values(tariff_snapshot_id=first["tariff_snapshot_id"]))
    assert await watched.after(1) == []
    await watched.after(10)
    await watched.reads(5001)
    assert await watched.after(1) == [str(watched.number)]


async def test_a_station_that_does_not_obey_is_asked_again_ever_more_seldom(watched: Watched) -> None:
    await watched.limited(timeLimitMinutes=60)
    await watched.after(59.5)
    asked = []
    for minute in range(240):
        await watched.reads(1000 + minute * 100)
        asked += [minute] * len(await watched.after(1))
    assert asked == [0, 2, 6, 14, 30, 62, 122, 182]  # at most once an hour
    assert (await watched.stops("Local"))["reason"] == "time_limit"


async def test_a_station_whose_meter_came_to_rest_has_obeyed(watched: Watched) -> None:
    """Some end the transaction only once the cable is out."""
    await watched.limited(timeLimitMinutes=60)
    assert len(await watched.after(60)) == 1
    for _ in range(100):
        await watched.after(0.5)
        await watched.reads(1400)
        assert await watched.after(0.5) == []
    assert (await watched.stops("EVDisconnected"))["reason"] == "time_limit"


@pytest.mark.parametrize("answer", ["Rejected", StationRefused("NotSupported")])
async def test_one_that_refuses_keeps_its_own_reason(watched: Watched, gateway: Gateway, answer: Any) -> None:
    gateway.answer = answer
    await watched.limited(timeLimitMinutes=60)
    assert len(await watched.after(62)) == 2
    assert (await watched.stops("EVDisconnected"))["reason"] == "evdisconnected"


async def test_one_that_says_nothing_may_have_obeyed(watched: Watched, gateway: Gateway) -> None:
    gateway.answer = StationSilent(60)
    await watched.limited(timeLimitMinutes=60)
    assert len(await watched.after(60)) == 1
    assert (await watched.stops())["reason"] == "time_limit"


async def test_one_that_ends_the_charge_before_it_answers_gives_our_reason(watched: Watched, gateway: Gateway) -> None:
    async def end(command: Any) -> str:
        await watched.stops()
        return "Accepted"

    gateway.answer = end
    await watched.limited(timeLimitMinutes=60)
    assert len(await watched.after(60)) == 1
    assert (await watched.here.only_session())["reason"] == "time_limit"


async def test_one_that_is_away_is_asked_when_it_is_back(watched: Watched, gateway: Gateway) -> None:
    gateway.answer = StationOffline()
    await watched.limited(timeLimitMinutes=60)
    assert len(await watched.after(60)) == 1
    gateway.answer = "Accepted"
    assert len(await watched.after(2)) == 1


async def test_only_what_runs_is_stopped_and_once(watched: Watched) -> None:
    key = (await watched.here.only_session())["id"]
    async with watched.here.system.database.begin() as tx:
        assert [await stop_for(tx, key, "balance_exceeded") for _ in range(2)] == [True, False]
        assert not await stop_for(tx, key, "time_limit")
    assert len(await watched.after(0.5)) == 1
    assert (await watched.stops())["reason"] == "balance_exceeded"
    async with watched.here.system.database.begin() as tx:
        assert not await stop_for(tx, key, "balance_exceeded")


OPEN = {"monday": [{"start": "06:00", "end": "20:00"}]}


def hours(now: datetime, minutes: float, **more: Any) -> dict[str, Any]:
    """Open from midnight to so many minutes after now, on this day of the week, in UTC."""
    end = now + timedelta(minutes=minutes)
    day = f"{now:%A}".lower()
    return {"isAlwaysOpen": False, "hours": {day: [{"start": "00:00", "end": f"{end:%H:%M}"}]}} | more


@pytest.fixture
def noon(later: Later) -> datetime:
    """The clock at noon of a day, UTC."""
    later.clock._now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return later.clock.now()


async def test_a_charge_ends_when_its_location_closes(
    given: Given, later: Later, gateway: Gateway, noon: datetime
) -> None:
    closes = hours(noon, 60, stopSessionOutsideWorkingHours=True)
    there = await given.location(workingHours=closes, timezone="UTC")
    watched = await begun(given, later, gateway, locationId=there["id"])
    assert await watched.after(59.5) == []
    assert await watched.after(0.5) == [str(watched.number)]
    assert (await watched.stops())["reason"] == "working_hours_exceeded"


async def test_one_that_lets_run_on_what_runs_does(
    given: Given, later: Later, gateway: Gateway, noon: datetime
) -> None:
    there = await given.location(workingHours=hours(noon, 60), timezone="UTC")
    watched = await begun(given, later, gateway, locationId=there["id"])
    assert await watched.after(120) == []


async def test_for_some_it_is_always_open(given: Given, later: Later, gateway: Gateway, noon: datetime) -> None:
    group = (await given.user_group())["id"]
    closes = hours(noon, 60, stopSessionOutsideWorkingHours=True, alwaysOpenForUserGroupIds=[group])
    there = await given.location(workingHours=closes, timezone="UTC")
    watched = await begun(given, later, gateway, {"userGroupIds": [group]}, locationId=there["id"])
    assert await watched.after(120) == []


@pytest.mark.parametrize(("utc", "late"), [("2026-03-30T17:59:59", False), ("2026-03-30T18:00:00", True)])
def test_it_closes_by_its_own_clock(utc: str, late: bool) -> None:
    """The Monday after the clocks went forward."""
    row = {"working_hours": {"isAlwaysOpen": False, "hours": OPEN}, "timezone": "Europe/Berlin", "user_id": None}
    assert _is_late(row, datetime.fromisoformat(utc).replace(tzinfo=UTC)) is late
