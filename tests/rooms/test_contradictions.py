"""Charges that are open where their station says that nobody charges: asked about after a grace, and closed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.control import Contradictions
from ohmstead.rooms.charging.facts import ChargeStarted
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import Booted, Connected
from ohmstead.rooms.devices.stations import (
    Command,
    GetTransactionStatus,
    Outcome,
    StationRefused,
    StationSilent,
    TriggerMessage,
    stations,
)
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.hardware_status import HardwareStatus
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Site, energy, site, tag

BOTH = [TriggerMessage(message=name, evse_network_id=1) for name in ("StatusNotification", "MeterValues")]
REFUSED = StationRefused("NotSupported")


class Asked:
    """Stations that answer in one way, and do `then` before."""

    def __init__(self) -> None:
        self.answer: str | Outcome | Exception = "Accepted"
        self.then: Callable[[Command], Awaitable[Any]] | None = None
        self.asked: list[Command] = []

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        self.asked.append(command)
        if self.then is not None:
            await self.then(command)
        if isinstance(self.answer, Exception):
            raise self.answer
        return Outcome(status=self.answer) if isinstance(self.answer, str) else self.answer

    def connected(self, charge_point_id: int) -> bool:
        return True


@pytest.fixture
async def line() -> AsyncIterator[Asked]:
    found = Asked()
    stations.provide(found)
    yield found
    stations.provide(None)


@pytest.fixture
async def here(given: Given, line: Asked) -> Site:
    """A station where somebody began to charge a minute ago, and 200 Wh were read."""
    found = await site(given)
    await _connected_at(found, found.system.clock.now() - timedelta(hours=1))
    await found.status("charging")
    began = found.system.clock.now() - timedelta(minutes=1)
    await found.starts(await tag(given), began)
    await found.meters(energy(found.system.clock.now(), 1200))
    return found


class Watch:
    """Contradictions as they are looked for, so many minutes after now."""

    def __init__(self, here: Site) -> None:
        self.clock = ManualClock(here.system.clock.now())
        self.work = Contradictions(here.system.database, self.clock)

    async def after(self, minutes: float) -> int:
        await self.clock.advance(minutes * 60)
        return await self.work.ask()


async def _connected_at(here: Site, at: datetime, version: str = "1.6") -> None:
    await here.tells(
        presence.connected, Connected(charge_point_id=here.id, version=version, remote_ip="::1", at=at)
    )  # fmt: skip


async def _boots(here: Site) -> None:
    at = here.system.clock.now() + timedelta(seconds=1)  # it is kept in whole seconds
    fact = Booted(charge_point_id=here.id, vendor="V", model="M", received_at=at)
    async with here.system.database.begin() as tx:
        await presence.booted(tx, fact, interval_s=60)


@pytest.mark.parametrize("status", ["available", "finishing", "reserved", "unavailable"])
async def test_what_its_station_says_is_over_is_over_once_it_was_asked(
    here: Site, line: Asked, status: HardwareStatus
) -> None:
    before = here.system.clock.now()
    await here.status(status)
    watch = Watch(here)
    assert await watch.after(1.9) == 0
    assert line.asked == []
    assert await watch.after(0.2) == 0
    assert line.asked == BOTH
    assert await watch.after(0.2) == 0
    assert await watch.after(0.4) == 1
    assert line.asked == BOTH
    row = await here.only_session()
    assert (row["status"], row["reason"], row["energy_wh"]) == ("finished", "charge_point_timeout", 200)
    assert before <= row["stopped_at"] <= here.system.clock.now()


@pytest.mark.parametrize("status", ["charging", "suspendedEV", "suspendedEVSE", "faulted", "preparing"])
async def test_what_may_be_in_a_charge_ends_none(here: Site, line: Asked, status: HardwareStatus) -> None:
    await here.status("available")
    await here.status(status)
    assert await Watch(here).after(600) == 0
    assert line.asked == []


@pytest.mark.parametrize("answer", [REFUSED, "Rejected", "NotImplemented"])
async def test_a_station_that_cannot_be_asked_is_believed(here: Site, line: Asked, answer: Any) -> None:
    line.answer = answer
    await here.status("available")
    assert await Watch(here).after(2.1) == 1


async def test_one_that_does_not_answer_is_asked_again(here: Site, line: Asked) -> None:
    line.answer = StationSilent(60)
    await here.status("available")
    watch = Watch(here)
    assert [await watch.after(minutes) for minutes in (2.1, 0.5, 0.6)] == [0, 0, 0]
    assert line.asked == BOTH[:1] * 2
    assert (await here.only_session())["status"] == "active"


async def test_a_charge_whose_register_rises_is_alive_whatever_is_said(here: Site, line: Asked) -> None:
    await here.status("available")
    watch = Watch(here)
    await here.meters(energy(here.system.clock.now(), 1210))
    async with here.system.database.begin() as tx:  # as if it had been read half a minute ago
        await tx.run(update(session).values(meter_at=watch.clock.now() + timedelta(minutes=2)))
    assert await watch.after(3.9) == 0
    assert line.asked == []
    assert await watch.after(0.2) == 0
    assert line.asked == BOTH


async def test_a_reading_that_names_the_transaction_speaks_for_it(here: Site, line: Asked) -> None:
    number = (await here.only_session())["transaction_id"]
    await here.status("finishing")

    async def meters(command: Command) -> None:
        if isinstance(command, TriggerMessage) and command.message == "MeterValues":
            await here.meters(energy(here.system.clock.now(), 1200), transaction=number)
            assert (await here.only_session())["named_at"] is not None
            async with here.system.database.begin() as tx:  # as if it had come in at the watch's time
                await tx.run(update(session).values(named_at=watch.clock.now()))

    line.then = meters
    watch = Watch(here)
    for _ in range(6):
        assert await watch.after(1) == 0
    assert (await here.only_session())["status"] == "active"
    assert line.asked == BOTH * 3  # at 2, 4 and 6 minutes


async def test_an_idle_meter_speaks_for_nothing(here: Site, line: Asked) -> None:
    await here.status("available")
    await here.meters(energy(here.system.clock.now(), 1200))
    watch = Watch(here)
    await watch.after(2.1)
    assert await watch.after(0.6) == 1


async def test_one_that_charges_after_all_stays(here: Site, line: Asked) -> None:
    await here.status("available")
    watch = Watch(here)
    await watch.after(2.1)
    assert line.asked == BOTH
    await here.status("suspendedEV")
    assert await watch.after(60) == 0
    assert (await here.only_session())["status"] == "active"


@pytest.mark.parametrize("status", ["available", "preparing"])
async def test_a_boot_that_forgot_it_has_time_for_its_queue(given: Given, line: Asked, status: HardwareStatus) -> None:
    """The state is the same as before the charge, so only the boot makes it a contradiction."""
    here = await site(given)
    await here.status(status)
    now = here.system.clock.now()
    await here.starts(await tag(given), now)
    await here.meters(energy(now, 1000))
    assert await Watch(here).after(60) == 0
    assert line.asked == []
    await _boots(here)
    await here.status(status)
    watch = Watch(here)
    await watch.after(2.9)
    assert line.asked == []
    await watch.after(0.2)
    assert line.asked == BOTH
    assert await watch.after(0.6) == 1
    assert (await here.only_session())["stopped_at"] <= now  # the last that was heard of it


async def test_a_boot_that_says_no_state_is_asked_for_it_and_ends_nothing(here: Site, line: Asked) -> None:
    await _boots(here)
    watch = Watch(here)
    assert [await watch.after(minutes) for minutes in (3.1, 3, 3)] == [0, 0, 0]
    assert line.asked == BOTH[:1]


async def test_the_queue_of_one_that_comes_back_goes_first(here: Site, line: Asked) -> None:
    await here.status("available")
    await _connected_at(here, here.system.clock.now() + timedelta(minutes=5))
    watch = Watch(here)
    await watch.after(7.9)
    assert line.asked == []
    await watch.after(0.2)
    assert line.asked == BOTH


async def test_a_late_stop_completes_it_and_a_later_one_goes_on(here: Site, line: Asked, api: Client) -> None:
    line.answer = REFUSED
    number, began = (await here.only_session())["transaction_id"], here.system.clock.now()
    await here.status("available")
    watch = Watch(here)
    assert await watch.after(2.1) == 1
    path = f"/actions/charge-point/v1.0/{here.id}/start/1"
    line.answer = "Accepted"
    assert (await api.post(path)).body["success"]  # the EVSE is free
    await here.stops(number, began, 1250)
    closed, _ = await here.sessions()
    assert (closed["energy_wh"], closed["status"], closed["reason"]) == (250, "finished", "local")


async def test_what_extends_one_is_not_ended_by_what_was_said_before(here: Site, line: Asked) -> None:
    line.answer = REFUSED
    number = (await here.only_session())["transaction_id"]
    await here.status("available")
    watch = Watch(here)
    assert await watch.after(2.1) == 1
    later = here.system.clock.now() + timedelta(seconds=1)
    await here.meters(energy(later, 1300), transaction=number)
    assert [row["status"] for row in await here.sessions()] == ["finished", "active"]
    assert await watch.after(60) == 0
    await here.status("finishing")
    assert await watch.after(60) == 1


async def test_a_charge_of_2_0_1_whose_end_was_never_told_is_asked_about(given: Given, line: Asked) -> None:
    here = await site(given)
    now = here.system.clock.now()
    await _connected_at(here, now - timedelta(hours=1), "2.0.1")
    start = ChargeStarted(
        charge_point_id=here.id, evse_network_id=1, id_tag=await tag(given), meter_wh=1000,
        at=now - timedelta(minutes=1), reservation_id=None, ref="tx-1/0", received_at=now, transaction_ref="tx-1",
    )  # fmt: skip
    await here.tells(flow.charge_started, start)
    await here.status("charging")
    await here.status("available")
    watch = Watch(here)
    question = GetTransactionStatus(transaction_ref="tx-1")
    for goes_on, closed in ((True, 0), (False, 1)):
        line.answer = Outcome(status="Accepted", goes_on=goes_on)
        assert await watch.after(2.1) == closed
    assert line.asked == [question] * 2


async def test_stations_are_asked_at_the_same_time(given: Given, line: Asked) -> None:
    sites = [await site(given) for _ in range(4)]
    for here in sites:
        await _connected_at(here, here.system.clock.now() - timedelta(hours=1))
        await here.status("charging")
        await here.starts(await tag(given), here.system.clock.now())
        await here.status("available")
    together = asyncio.Barrier(len(sites))

    async def waits(command: Command) -> None:
        async with asyncio.timeout(20):
            await together.wait()

    line.then, line.answer = waits, REFUSED
    assert await Watch(sites[0]).after(2.1) == len(sites)


async def test_a_station_that_is_away_is_left_to_the_day_it_has(here: Site, line: Asked) -> None:
    await here.status("available")
    async with here.system.database.begin() as tx:
        await tx.run(update(charge_point).values(connected=False))
    assert await Watch(here).after(60) == 0
    assert line.asked == []
