"""A crowd comes by its plan; the meter sees it together with the building."""

import itertools
from datetime import timedelta

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.fleet import Fleet, Habits, visits
from ohmstead.simulator.settings import Settings
from ohmstead.simulator.site import Building, Load, Meter, Reading, add
from ohmstead.simulator.station_v16 import StationV16
from tests.simulator.central import Central
from tests.simulator.conftest import MONDAY, Maker, idle
from tests.simulator.test_offline import FAR_FUTURE

HABITS = Habits(mean_gap_s=600, mean_stay_s=3600, tags=("A", "B", "C"))


def alone(make: Maker, count: int, clock: ManualClock) -> list[StationV16]:
    """Stations whose central system is not there, and which let everybody in."""
    rotations = itertools.cycle(("RST", "STR", "TRS"))
    return [
        make(
            f"CP{number}",
            url="ws://127.0.0.1:9",
            clock=clock,
            rotation=next(rotations),
            settings=Settings(allows_unknown_offline=True),
            patience=FAR_FUTURE,
        )
        for number in range(count)
    ]


async def half_a_day(make: Maker, seed: int) -> tuple[int, int, list[float]]:
    clock = ManualClock(MONDAY)
    stations = alone(make, 5, clock)
    for station in stations:
        await station.start()
    fleet = Fleet(stations, clock, seed, HABITS)
    fleet.start()
    for _ in range(12):
        await clock.advance(3600)
    await fleet.stop()
    return fleet.arrivals, fleet.departures, [round(station.energy_wh(1), 6) for station in stations]


async def test_a_seed_decides_the_day(make: Maker):
    first, again, other = [await half_a_day(make, seed) for seed in (1, 1, 2)]
    assert first == again
    assert first != other
    arrivals, departures, energies = first
    assert arrivals - len(energies) <= departures <= arrivals
    assert arrivals > 25
    assert all(energy > 5_000 for energy in energies)


def test_the_plan_of_a_connector_is_mixed_and_its_own():
    plan = [*itertools.islice(visits("1 CP1 1", HABITS), 300)]
    assert plan == [*itertools.islice(visits("1 CP1 1", HABITS), 300)]
    assert {visit.model.phases for visit in plan} == {1, 2, 3}
    assert {visit.tag for visit in plan} == {"A", "B", "C"}
    assert sum(visit.stay_s for visit in plan) / 300 == pytest.approx(3600, rel=0.2)
    assert sum(visit.gap_s for visit in plan) / 300 == pytest.approx(600, rel=0.2)
    assert all(10 <= visit.soc <= 85 and 0 < visit.reaction_s <= 5 for visit in plan)


async def test_a_crowd_charges_with_its_cards(central: Central, make: Maker, clock: ManualClock):
    station = make(connectors=2)
    await station.start()
    await idle(station)
    fleet = Fleet([station], clock, 4, Habits(mean_gap_s=60, mean_stay_s=10_000, tags=("A",)))
    fleet.start()
    await clock.advance(0)
    while fleet.arrivals < 2:
        await clock.advance(10)
    await central.hear("StartTransaction", 2)
    await idle(station)
    await fleet.stop()
    assert {start["idTag"] for start in central.all("StartTransaction")} == {"A"}
    assert fleet.turned_away == 0


async def test_the_meter_sees_the_building_and_the_stations(make: Maker, clock: ManualClock):
    stations = alone(make, 3, clock)
    for station in stations:
        await station.start()
    fleet, seen = Fleet(stations, clock, 1, Habits(mean_gap_s=60, mean_stay_s=9000, tags=("A",))), list[Reading]()

    async def report(reading: Reading) -> None:
        seen.append(reading)
        assert reading.stations == add(*(station.site_draw() for station in stations))

    meter = Meter(clock, stations, report, building=Building(Load(), seed=3), interval_s=10)
    fleet.start()
    meter.start()
    await clock.advance(0)
    for _ in range(60):
        await clock.advance(60)
    await meter.stop()
    await fleet.stop()
    assert len(seen) == 361
    assert [r.at - MONDAY for r in seen[:3]] == [timedelta(seconds=s) for s in (0, 10, 20)]
    for reading in seen:
        assert reading.total == pytest.approx(add(reading.building, reading.stations))
    assert max(sum(reading.stations) for reading in seen) > 10


def test_a_building_is_restless_within_its_bounds():
    load = Load(base_a=(10, 20, 30), at_most_a=35)

    def life(seed: int) -> list[tuple[float, float, float]]:
        building, draws = Building(load, seed), []
        for _ in range(5000):
            building.advance(60)
            draws.append(building.draw)
        return draws

    draws = life(1)
    assert draws == life(1) != life(2)
    assert all(0 <= amps <= 35 for draw in draws for amps in draw)
    means = [sum(draw[phase] for draw in draws) / len(draws) for phase in range(3)]
    assert means[0] == pytest.approx(10 + load.step_a / 2, abs=2)
    assert means[0] < means[1] < means[2]
