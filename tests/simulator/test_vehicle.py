"""A car takes what its battery, the pilot and IEC 61851 allow, and not a Wh more."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.simulator.vehicle import Offer, Vehicle
from tests.simulator.conftest import MONDAY


def at(seconds: float):
    return MONDAY + timedelta(seconds=seconds)


def test_energy_is_current_times_voltage_times_phases_times_time():
    car = Vehicle(3, 16, reaction_s=0)
    car.advance(at(0))
    car.offer(Offer(10, 3), at(0))
    car.advance(at(0))
    assert car.advance(at(3600)) == pytest.approx(10 * 230 * 3)


@pytest.mark.parametrize(
    ("phases", "offer", "expected"),
    [
        (3, Offer(20, 3), Offer(16, 3)),
        (1, Offer(20, 3), Offer(16, 1)),
        (3, Offer(10, 1), Offer(10, 1)),
        (2, Offer(6, 3), Offer(6, 2)),
        (3, Offer(5.9, 3), Offer(0, 0)),
    ],
)
def test_a_car_draws_the_least_of_what_both_sides_can(phases: int, offer: Offer, expected: Offer):
    car = Vehicle(phases, 16, reaction_s=0)
    car.offer(offer, at(0))
    car.advance(at(0))
    assert car.draw == expected


def test_a_car_takes_its_time_to_follow_the_pilot_but_none_to_lose_it():
    car = Vehicle(3, 16, reaction_s=4)
    car.advance(at(0))
    car.offer(Offer(16, 3), at(0))
    car.offer(Offer(8, 3), at(3))
    car.advance(at(3.9))
    assert car.draw.amps == 0
    car.advance(at(4))
    assert car.draw.amps == 16
    car.advance(at(7))
    assert car.draw.amps == 8
    car.cut()
    assert car.draw.amps == 0


def test_above_eighty_percent_it_asks_for_less_and_never_for_less_than_six():
    asked = [Vehicle(3, 16, soc=soc).appetite for soc in (79.9, 80, 85, 90, 95, 99.9, 100)]
    assert asked == [16, 16, 12, 8, 6, 6, 0]


def test_a_car_that_wants_nothing_takes_nothing():
    car = Vehicle(3, 16, reaction_s=0, wants=False)
    car.offer(Offer(16, 3), at(0))
    car.advance(at(0))
    assert car.advance(at(600)) == 0


@given(
    soc=st.floats(0, 100),
    offers=st.lists(st.tuples(st.integers(0, 3000), st.floats(0, 40), st.integers(1, 3)), max_size=6),
    looks=st.lists(st.floats(0, 20_000), max_size=30),
    reaction_s=st.floats(0, 5),
)
def test_the_energy_is_the_integral_of_the_current_however_often_one_looks(soc, offers, looks, reaction_s):
    def drive(moments: list[float]) -> tuple[float, float]:
        car, taken, summed, last = Vehicle(3, 16, battery_wh=8000, soc=soc, reaction_s=reaction_s), 0.0, 0.0, 0.0
        car.advance(at(0))
        due = sorted({(float(second), Offer(amps, phases)) for second, amps, phases in offers})
        stops = sorted({*moments, *(second for second, _ in due), 20_000.0})
        for stop in stops:
            while (change := car.next_change()) and change <= at(stop):
                power = car.power_w
                summed += power * (change - at(0) - timedelta(seconds=last)).total_seconds() / 3600
                last = (change - at(0)).total_seconds()
                taken += car.advance(change)
            summed += car.power_w * (stop - last) / 3600
            last = stop
            taken += car.advance(at(stop))
            for _, offer in (one for one in due if one[0] == stop):
                car.offer(offer, at(stop))
        assert car.soc <= 100.001
        assert taken == pytest.approx(summed, abs=0.01)
        return taken, car.soc

    assert drive(looks) == pytest.approx(drive([]), abs=0.05)
