"""Charges of 2.x stations that came back and say nothing of them: asked about, and closed only on a clear word."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.control import SilentSessionProbe
from ohmstead.rooms.charging.facts import ChargeStarted
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import Connected, Disconnected
from ohmstead.rooms.devices.stations import (
    Command,
    GetTransactionStatus,
    Outcome,
    StationRefused,
    StationSilent,
    stations,
)
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Site, energy, site, tag


class Asked:
    """Stations that answer what they are told of every transaction."""

    def __init__(self) -> None:
        self.answer: Outcome | Exception = Outcome(status="Accepted", goes_on=False)
        self.commands: list[Command] = []

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        self.commands.append(command)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def connected(self, charge_point_id: int) -> bool:
        return True


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    found = Asked()
    stations.provide(found)
    yield found
    stations.provide(None)


@pytest.fixture
async def here(given: Given) -> Site:
    """A station that was away after a charge of its had begun, and that has been back for two minutes."""
    found = await site(given)
    now = given.system.clock.now()
    began = now - timedelta(minutes=20)
    start = ChargeStarted(
        charge_point_id=found.id, evse_network_id=1, id_tag=await tag(given), meter_wh=1000, at=began,
        reservation_id=None, ref="tx-1/0", received_at=began, transaction_ref="tx-1",
    )  # fmt: skip
    await found.tells(flow.charge_started, start)
    await found.meters(energy(now - timedelta(minutes=10), 1500))
    async with given.system.database.begin() as tx:
        await tx.run(update(session).values(updated_at=now - timedelta(minutes=10)))
    await found.tells(presence.disconnected, Disconnected(charge_point_id=found.id, at=now))
    back = Connected(charge_point_id=found.id, version="2.0.1", remote_ip="::1", at=now - timedelta(minutes=2))
    await found.tells(presence.connected, back)
    return found


def watch(here: Site, minutes: float = 0) -> tuple[SilentSessionProbe, ManualClock]:
    clock = ManualClock(here.system.clock.now() + timedelta(minutes=minutes))
    return SilentSessionProbe(here.system.database, clock), clock


async def test_one_that_the_station_knows_nothing_of_is_closed_where_it_was_last_heard_of(
    here: Site, asked: Asked, api: Client
) -> None:
    silences, _ = watch(here)
    assert await silences.ask() == 1
    assert asked.commands == [GetTransactionStatus(transaction_ref="tx-1")]
    row = await here.only_session()
    assert (row["status"], row["reason"], row["energy_wh"]) == ("finished", "charge_point_timeout", 500)
    assert row["stopped_at"] == row["metered_at"]
    assert await silences.ask() == 0
    assert len(asked.commands) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Outcome(status="Accepted", goes_on=True),
        Outcome(status="Accepted", goes_on=False, untold=True),
        Outcome(status="Accepted"),
        StationSilent(60),
    ],
)
async def test_without_a_clear_word_it_stays_open_and_is_asked_about_again(
    here: Site, asked: Asked, answer: Any
) -> None:
    asked.answer = answer
    silences, clock = watch(here)
    assert await silences.ask() == await silences.ask() == 0
    assert len(asked.commands) == 1
    await clock.advance(61)
    asked.answer = Outcome(status="Accepted", goes_on=False)
    assert await silences.ask() == 1


async def test_a_station_that_cannot_be_asked_is_left_alone(here: Site, asked: Asked) -> None:
    asked.answer = StationRefused("NotSupported")
    silences, clock = watch(here)
    await silences.ask()
    await clock.advance(3600)
    await silences.ask()
    assert len(asked.commands) == 1
    assert (await here.only_session())["status"] == "active"


async def test_one_that_is_heard_of_is_not_asked_about(here: Site, asked: Asked) -> None:
    await here.meters(energy(here.system.clock.now(), 1700))
    silences, _ = watch(here)
    await silences.ask()
    assert asked.commands == []


async def test_a_station_has_a_minute_to_tell_and_1_6_is_never_asked(here: Site, asked: Asked) -> None:
    early, _ = watch(here, -1.5)
    await early.ask()
    back = Connected(charge_point_id=here.id, version="1.6", remote_ip="::1", at=here.system.clock.now())
    await here.tells(presence.connected, back)
    later, _ = watch(here, 10)
    await later.ask()
    assert asked.commands == []
