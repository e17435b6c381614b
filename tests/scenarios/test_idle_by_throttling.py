"""A vehicle that gets nothing because another has the cable to itself is never idle, whatever its meter says."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.charging.pricing.marks import marks_of
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.places import fleet, place
from tests.scenarios.waiting import becomes, shows, until

SPEED = 40.0  # simulated s a second
VERSIONS = ("1.6", "2.0.1")


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


async def test_who_waits_for_power_is_not_idle(site: Live) -> None:
    card = await fleet(site)
    await asyncio.gather(*(_waits_for_power(site, card, version) for version in VERSIONS))


async def _waits_for_power(site: Live, card: str, version: str) -> None:
    circuit = await site.given.circuit(maxCurrent=8)
    first = await place(site, f"{version}-1", circuit=circuit, version=version)
    await first.charges(card)
    await until(first.station, lambda one: one.offered(1) >= 6)
    second = await place(site, f"{version}-2", circuit=circuit, version=version)
    second.station.plug(1, Vehicle(3, 32, soc=10))
    await second.station.present_tag(1, card)
    waiting = await second.session("active")
    key, began = int(waiting["id"]), datetime.fromisoformat(waiting["startedAt"])
    await becomes(lambda: _kinds(site, key), lambda found: "withheld" in found)
    path, query = f"/resources/sessions/v1.0/{key}", "withChargingPeriods=true"
    shown = await shows(site.api, path, lambda data: _told_until(data) > began + timedelta(minutes=7), query)
    assert shown["energy"] < 100
    assert {one["state"] for one in shown["chargingPeriods"]} == {"charging"}


async def test_who_is_full_stays_idle_when_others_get_what_it_left(site: Live) -> None:
    """Its station says SuspendedEVSE then, for its limit is 0."""
    card = await fleet(site)
    await asyncio.gather(*(_is_full(site, card, version) for version in VERSIONS))


async def _is_full(site: Live, card: str, version: str) -> None:
    circuit = await site.given.circuit(maxCurrent=8)
    full = await place(site, f"{version}-1", circuit=circuit, version=version)
    full.station.plug(1, Vehicle(3, 32, soc=100))
    await full.station.present_tag(1, card)
    await until(full.station, lambda one: one.offered(1) >= 6)
    waiting = await place(site, f"{version}-2", circuit=circuit, version=version)
    waiting.station.plug(1, Vehicle(3, 32, soc=10))
    await waiting.station.present_tag(1, card)
    await until(waiting.station, lambda one: one.offered(1) >= 6)
    session = await full.session("active")
    key, began = int(session["id"]), datetime.fromisoformat(session["startedAt"])
    path, query = f"/resources/sessions/v1.0/{key}", "withChargingPeriods=true"
    shown = await shows(site.api, path, lambda data: _told_until(data) > began + timedelta(minutes=9), query)
    assert {"released", "suspended_ev"} <= await _kinds(site, key)
    assert [one["state"] for one in shown["chargingPeriods"]][-1:] == ["idle"]
    assert len(shown["chargingPeriods"]) <= 2


async def _kinds(site: Live, key: int) -> set[str]:
    """Of the marks of a session."""
    async with site.system.database.read() as tx:
        return {mark.kind for mark in (await marks_of(tx, [key]))[key]}


def _told_until(session: dict[str, Any]) -> datetime:
    periods = session["chargingPeriods"]
    return datetime.fromisoformat(periods[-1]["stoppedAt"] if periods else session["startedAt"])
