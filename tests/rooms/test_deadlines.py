"""Deadlines as wishes of load management: of the session they are told of, for as long as they make sense."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ohmstead.rooms.charging.needs import Needs
from ohmstead.rooms.power.deadlines import Deadline, by_bookings, by_operators, by_vehicles
from ohmstead.rooms.power.management.wishes import SessionState, Wanted, wish_sources
from tests.given import Given
from tests.rooms.charges import T0, later, site, tag
from tests.rooms.told_needs import booked, path, vehicle

NOW = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
HOUR = timedelta(hours=1)
STATE = SessionState(7, NOW - HOUR, 3000.0, None, 16.0, 6.0, 3, 230.0)
NOTHING = Needs("vehicle", 7, 1, NOW, None, None, 0.0, None, None, None, 0.0)


def wanted(needs: Needs, state: SessionState = STATE) -> Wanted:
    return Deadline(needs).at(NOW, state)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, Wanted()),
        ({"departure_at": NOW + HOUR}, Wanted(departure=NOW + HOUR)),
        ({"departure_at": NOW}, Wanted()),  # it should be gone, and is there
        ({"energy_wh": 5000.0}, Wanted(energy_wh=2000.0)),
        ({"energy_wh": 5000.0, "delivered_wh": 2500.0}, Wanted(energy_wh=4500.0)),
        ({"energy_wh": 5000.0, "delivered_wh": 3500.0}, Wanted(energy_wh=5000.0)),  # the register was set back
        ({"energy_wh": 1000.0}, Wanted(energy_wh=0.0)),  # it has had it all
        ({"min_current": 8.0, "max_current": 10.0}, Wanted(cap=10.0, least=8.0)),
        ({"min_current": 20.0, "max_current": 32.0}, Wanted(cap=32.0)),  # more than the EVSE gives
        ({"max_current": 5.0}, Wanted()),  # with which no car charges
        ({"min_current": 10.0, "max_current": 8.0}, Wanted(least=10.0)),
    ],
)
def test_what_is_wanted_at_a_moment(told: dict, found: Wanted) -> None:
    assert wanted(replace(NOTHING, **told)) == found


def test_another_session_wants_nothing_of_it() -> None:
    needs = replace(NOTHING, departure_at=NOW + HOUR, energy_wh=5000.0, max_current=10.0)
    assert wanted(needs, replace(STATE, session_id=8)) == Wanted()


async def test_every_source_is_asked_about_the_sessions_of_a_tree(given: Given) -> None:
    here = await site(given, evses=2)
    for number in (1, 2):
        await here.starts(await tag(given), number=number, wh=1000 * number)
    first, second = await here.sessions()
    assert (await given.api.put(path(first["id"]), {"energyWh": 9000})).status == 200
    await vehicle(here, energy_wh=1000, departure_at=later(3000))
    await vehicle(here, energy_wh=2000, number=2)
    await booked(given, here, second, T0 + timedelta(days=3))
    async with here.system.database.read() as tx:
        every = await wish_sources.of(tx, here.evses)
        alone = [await load(tx, here.evses) for load in (by_operators, by_vehicles, by_bookings)]
    assert [[wish.source for wish in every[id]] for id in here.evses] == [
        ["operator", "vehicle"],
        ["vehicle", "booking"],
    ]
    assert [set(found) for found in alone] == [{here.evses[0]}, set(here.evses), {here.evses[1]}]
    seen = replace(STATE, session_id=second["id"], energy_wh=0.0)
    assert [wish.at(T0, seen) for wish in every[here.evses[1]]] == [
        Wanted(energy_wh=2000.0), Wanted(departure=T0 + timedelta(days=3)),
    ]  # fmt: skip


async def test_of_a_session_that_is_over_nobody_wishes_anything(given: Given) -> None:
    here = await site(given)
    number, _ = await here.starts(await tag(given))
    await vehicle(here, energy_wh=1000)
    await here.stops(number, later(60), 1500)
    async with here.system.database.read() as tx:
        assert await wish_sources.of(tx, here.evses) == {}
