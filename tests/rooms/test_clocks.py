"""Clocks of charge points: kept, shown, and an event when they become wrong or right."""

from typing import Any

from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.rooms.devices.events import station_event
from ohmstead.rooms.devices.events.clocks import clock_told
from ohmstead.rooms.devices.facts import ClockTold
from tests.client import Client
from tests.given import Given


async def told(system: System, point: int, drift_s: float) -> None:
    async with system.database.begin() as tx:
        await clock_told(tx, ClockTold(charge_point_id=point, drift_s=drift_s, received_at=tx.now))


async def events(system: System) -> list[tuple[Any, ...]]:
    own = station_event.c
    async with system.database.read() as tx:
        rows = await tx.all(select(own.component, own.value, own.cleared, own.tech_info).order_by(own.received_at))
    return [tuple(row) for row in rows]


async def test_a_clock_is_shown(system: System, api: Client, given: Given) -> None:
    point = (await given.charge_point())["id"]
    path = f"/resources/charge-points/v1.0/{point}/status"
    assert "clockDriftSeconds" not in (await api.get(path)).data
    await told(system, point, -3.25)
    assert (await api.get(path)).data["clockDriftSeconds"] == -3.25
    assert await events(system) == []


async def test_a_clock_that_becomes_wrong_and_right_again_is_an_event_each(system: System, given: Given) -> None:
    point = (await given.charge_point())["id"]
    for drift_s in (2, 7200.4, 7300, -5, 1):
        await told(system, point, drift_s)
    assert await events(system) == [
        ("ClockCtrlr", "7200", False, "7200 s ahead"),
        ("ClockCtrlr", "-5", True, "5 s behind"),
    ]


async def test_a_charge_point_that_is_gone_has_no_clock(system: System) -> None:
    await told(system, 999, 7200)
    assert await events(system) == []
