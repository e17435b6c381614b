"""Under-draw: a car that leaves current unused is capped, and let up again when it wants more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.dlm.priority import soc_priority, weight
from ohmstead.engines.dlm.usage import Usage


def after(usage: Usage, seconds: int, offered: float, draw: float, start: int = 0) -> float | None:
    for second in range(start, start + seconds + 1, 5):
        usage.observe(second, offered, draw)
    return usage.cap


def test_a_minute_of_unused_current_sets_a_cap_just_above_the_draw():
    assert after(Usage(32.0), 55, 32.0, 9.3) is None
    assert after(Usage(32.0), 60, 32.0, 9.3) == 12.0


def test_a_car_that_takes_nearly_all_is_left_alone():
    assert after(Usage(32.0), 600, 16.0, 14.0) is None


def test_a_changed_offer_gives_the_car_time_to_follow():
    usage = Usage(32.0)
    after(usage, 55, 32.0, 10.0)
    assert after(usage, 40, 20.0, 10.0, start=56) is None
    assert after(usage, 50, 20.0, 10.0, start=56) == 12.0


def test_one_moment_of_full_use_starts_the_minute_again():
    usage = Usage(32.0)
    after(usage, 55, 32.0, 10.0)
    usage.observe(58, 32.0, 31.0)
    assert after(usage, 50, 32.0, 10.0, start=60) is None


def test_a_cap_is_not_probed_by_the_draw_it_was_set_for():
    usage = Usage(32.0)
    assert after(usage, 60, 32.0, 10.0) == 12.0
    assert after(usage, 600, 12.0, 10.2, start=65) == 12.0


def test_a_car_near_its_cap_is_let_up_in_steps_until_it_is_free():
    usage = Usage(22.0)
    assert after(usage, 60, 22.0, 10.0) == 12.0
    assert usage.observe(70, 12.0, 12.0) == 16.0
    assert usage.observe(80, 16.0, 16.0) == 20.0
    assert usage.observe(90, 20.0, 19.8) is None


def test_a_car_that_stopped_keeps_the_minimum_offered():
    usage = Usage(32.0, least=6.0)
    assert after(usage, 60, 16.0, 0.0) == 6.0
    assert after(usage, 600, 6.0, 0.0, start=65) == 6.0


def test_a_falling_draw_lowers_the_cap_further():
    usage = Usage(32.0)
    after(usage, 60, 32.0, 20.0)
    assert after(usage, 60, 22.0, 11.5, start=65) == 14.0


@given(st.lists(st.tuples(st.floats(0, 40), st.floats(allow_nan=True)), max_size=60), st.floats(6, 12))
def test_whatever_is_measured_the_cap_stays_between_the_minimum_and_the_rating(samples, least):
    usage = Usage(32.0, least)
    for tick, (offered, draw) in enumerate(samples):
        cap = usage.observe(20.0 * tick, offered, draw)
        assert cap is None or least <= cap < 32.0


def test_priorities_multiply():
    assert weight() == 1.0
    assert weight(2.0, 0.5, 3.0, 2.0, 1.5) == 9.0
    assert weight(5.0, 0.0) == 0.0
    for broken in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not negative"):
            weight(broken)


@pytest.mark.parametrize(("soc", "expected"), [(None, 1.0), (19, 4.0), (20, 1.0), (80, 1.0), (81, 0.25)])
def test_the_state_of_charge_weighs_outside_its_thresholds(soc, expected):
    assert soc_priority(soc, upper_threshold=80, high=0.25, lower_threshold=20, low=4.0) == expected
    assert soc_priority(soc) == 1.0
