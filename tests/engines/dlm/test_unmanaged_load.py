"""Unmanaged load: never too small, whatever the order of reports and however broken the meter."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.engines.dlm.hours import Hours
from ohmstead.engines.dlm.margin import A_DAY, ABOVE, DEFAULT, LEAST, Margin
from ohmstead.engines.dlm.unmanaged import ManagedDraw, UnmanagedLoad

NONE = (0.0, 0.0, 0.0)
A_WEEK = 7 * A_DAY


def test_the_meter_less_what_the_stations_drew():
    load = UnmanagedLoad(margin=5.0)
    load.report(100.0, (40.0, 20.0, 3.0), (16.0, 6.0, 6.0))
    now = load.at(105.0)
    assert now.amps == (24.0, 14.0, 0.0)
    assert now.fresh == (True, True, True)
    assert now.leaves((63.0, 18.0, 63.0)) == (34.0, 0.0, 58.0)


def test_the_least_draw_within_the_window_counts():
    draw = ManagedDraw(window=30.0)
    for at, amps in ((0.0, 6.0), (20.0, 10.0), (50.0, 16.0), (70.0, 16.0)):
        draw.measured(at, (amps, 0.0, amps))
    assert draw.least(79.0) == (10.0, 0.0, 10.0)
    assert draw.least(85.0) == (16.0, 0.0, 16.0)


def test_a_lower_limit_lowers_the_draw_before_the_station_says_so():
    draw = ManagedDraw()
    draw.measured(0.0, (16.0, 16.0, 0.0))
    draw.limited(5.0, 6.0)
    assert draw.least(10.0) == (6.0, 6.0, 0.0)


def test_a_silent_station_draws_nothing_for_certain():
    draw = ManagedDraw(window=30.0)
    assert draw.least(0.0) == NONE
    draw.measured(0.0, (16.0, math.nan, -4.0))
    assert draw.least(10.0) == (16.0, 0.0, 0.0)
    assert draw.least(90.0) == (16.0, 0.0, 0.0)
    assert draw.least(91.0) == NONE


@settings(max_examples=60)
@given(st.data())
def test_stations_and_meter_out_of_step_never_hide_unmanaged_load(data):
    """Limits change the draw at will, the car itself now and then; the station samples late, the meter never."""
    draw, load = ManagedDraw(window=30.0), UnmanagedLoad(period=10.0)
    truth, unmanaged, settled = 0.0, data.draw(st.floats(0, 50)), 0
    for second in range(0, 300, 5):
        if data.draw(st.booleans()):
            truth = data.draw(st.floats(0, 32))
            draw.limited(second, truth)
        elif second >= settled + 60 and data.draw(st.booleans()):
            truth, settled = data.draw(st.floats(0, 32)), second
        if second % 15 == 0 or data.draw(st.booleans()):
            draw.measured(second, (truth, 0.0, 0.0))
        if second % 10 == 0:
            load.report(second, (unmanaged + truth, 0.0, 0.0), draw.least(second))
            assert load.at(second).amps[0] >= unmanaged - 1e-9


def test_a_fall_is_believed_when_it_has_lasted_a_rise_at_once():
    load = UnmanagedLoad()
    for second, amps in ((0, 20.0), (10, 8.0), (20, 8.0), (30, 8.0)):
        load.report(second, (amps, 0.0, 0.0), NONE)
    assert load.at(30).amps[0] == 20.0
    load.report(40, (8.0, 0.0, 0.0), NONE)
    assert load.at(40).amps[0] == 8.0
    load.report(50, (9.0, 0.0, 0.0), NONE)
    assert load.at(50).amps[0] == 9.0


def test_a_silent_meter_leaves_the_reserve():
    load = UnmanagedLoad(period=10.0, reserved=25.0, margin=5.0)
    assert load.at(0.0).amps == (25.0, 25.0, 25.0)
    load.report(0.0, (3.0, 3.0, 3.0), NONE)
    assert load.at(30.0).amps == (3.0, 3.0, 3.0)
    stale = load.at(30.1)
    assert (stale.amps, stale.margin, stale.fresh) == ((25.0, 25.0, 25.0), NONE, (False, False, False))


def test_without_a_reserve_the_worst_known_counts():
    load = UnmanagedLoad(margin=4.0)
    assert load.at(0.0).leaves((63.0, 63.0, 63.0)) == NONE
    load.report(0.0, (30.0, 1.0, 0.0), NONE)
    load.report(7200.0, (10.0, 1.0, 0.0), NONE)
    assert load.at(7300.0).amps == (30.0, 5.0, 4.0)
    assert load.at(A_DAY + 3599).amps == (30.0, 5.0, 4.0)
    assert load.at(A_DAY + 3601).amps == (14.0, 5.0, 4.0)


def test_a_silent_meter_is_never_taken_for_an_empty_circuit():
    load = UnmanagedLoad(margin=0.0)
    load.report(0.0, NONE, NONE)
    assert load.at(60.0).amps == (LEAST, LEAST, LEAST)


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf, -12.0])
def test_a_broken_line_is_stale_alone(broken):
    load = UnmanagedLoad(reserved=20.0)
    load.report(0.0, (8.0, 8.0, 8.0), NONE)
    load.report(40.0, (9.0, broken, 9.0), NONE)
    assert load.at(41.0).amps == (9.0, 20.0, 9.0)


def test_export_of_a_signed_meter_is_no_load_and_no_extra_room():
    load = UnmanagedLoad(signed=True, reserved=20.0)
    load.report(0.0, (-12.0, -1.0, 4.0), (0.0, 6.0, 6.0))
    assert load.at(1.0).amps == NONE
    assert load.at(1.0).fresh == (True, True, True)


def test_an_old_report_does_not_replace_a_newer_one():
    load = UnmanagedLoad()
    load.report(20.0, (8.0, 8.0, 8.0), NONE)
    load.report(10.0, (1.0, 1.0, 1.0), NONE)
    assert load.at(21.0).amps == (8.0, 8.0, 8.0)


def observed(loads, every: float = 30.0, weeks: int = 1) -> Margin:
    """What was observed from the same hour on in each of so many weeks."""
    margin = Margin(reaction=40.0)
    for week in range(weeks):
        for number, amps in enumerate(loads):
            margin.observe(week * A_WEEK + every * number, amps)
    return margin


def test_the_margin_is_a_default_until_a_day_was_seen_then_what_was_needed():
    day = int(A_DAY / 30.0)
    assert observed([5.0] * day).at(A_DAY, 5.0) == DEFAULT
    assert observed([5.0] * (day + 1)).at(A_DAY, 5.0) == LEAST
    assert observed([5.0, 5.0, 5.0, 16.7] * day).at(4 * A_DAY, 5.0) == 12.0
    assert observed(([5.0] * 600 + [25.0] * 600) * 10).at(4 * A_DAY, 5.0) == LEAST


def test_a_pinned_margin_stays():
    assert Margin(reaction=40.0, pinned=7.0).at(0.0, 5.0) == 7.0


def test_old_rises_fade():
    margin = observed([0.0, 20.0] * 30_000)
    assert margin.at(30.0 * 60_000, 0.0) == 20.0
    for number in range(400_000):
        margin.observe(2e6 + 30.0 * number, 0.0)
    assert margin.at(2e6 + 30.0 * 400_000, 0.0) == ABOVE


HOUR_OF = [10.0] * 30 + [22.0] * 30 + [10.0] * 30 + [22.0] * 30  # A, one each 30 s


def test_two_weeks_on_the_margin_is_what_this_hour_of_the_week_needs():
    margin = observed(HOUR_OF, weeks=2)
    now = 2 * A_WEEK + 60.0
    assert margin.at(now, 10.0) == 12.0, "it rose by so much"
    assert margin.at(now, 15.0) == 7.0 + ABOVE, "it never was above 22 A"
    assert margin.at(now, 22.0) == ABOVE
    assert margin.at(now, 30.0) == ABOVE
    assert margin.at(now + 3600.0, 10.0) == DEFAULT, "nothing is known of this hour"


def test_the_hours_before_and_after_count_for_clocks_are_changed():
    margin = observed([10.0] * 120 + HOUR_OF + [10.0] * 120, weeks=2)
    for hour in range(3):
        assert margin.at(2 * A_WEEK + 3600.0 * hour, 10.0) == 12.0


def test_one_week_is_not_enough_and_an_hour_with_few_samples_is_none():
    assert observed(HOUR_OF).at(A_WEEK + 60.0, 10.0) == DEFAULT
    assert observed(HOUR_OF[:20], weeks=3).at(3 * A_WEEK + 60.0, 10.0) == DEFAULT


def test_what_happens_today_counts_at_once():
    margin = observed([10.0] * 120, weeks=2)
    begin = 2 * A_WEEK
    assert margin.at(begin, 10.0) == ABOVE
    margin.observe(begin, 10.0)
    margin.observe(begin + 10.0, 18.0)
    assert margin.at(begin + 20.0, 10.0) == 8.0


def test_a_month_is_remembered():
    margin = observed([10.0, 40.0] * 60)
    for week in range(1, 6):
        for number in range(120):
            margin.observe(week * A_WEEK + 30.0 * number, 10.0)
        if week >= 2:
            assert margin.at((week + 1) * A_WEEK, 10.0) == (30.0 if week < 4 else ABOVE), week


def test_hours_survive_a_restart():
    before = UnmanagedLoad()
    for week in range(2):
        for number in range(120):
            before.report(week * A_WEEK + 30.0 * number, (HOUR_OF[number], 0.0, 0.0), NONE)
    known = [Hours(), Hours(), Hours()]
    for line, hours in enumerate(before.hours):
        for number in hours.changed:
            known[line].know(number, hours[number])
    after = UnmanagedLoad(hours=known)
    after.report(2 * A_WEEK, (22.0, 0.0, 0.0), NONE)
    assert after.at(2 * A_WEEK).margin[0] == ABOVE
    assert UnmanagedLoad().at(2 * A_WEEK).fresh[0] is False
    assert max(after.at(2 * A_WEEK + 1000.0).amps) == 22.0 + LEAST


def test_a_meter_has_a_period_of_its_own():
    often, seldom = UnmanagedLoad(reserved=40.0), UnmanagedLoad(reserved=40.0)
    for number in range(30):
        often.report(5.0 * number, (8.0, 8.0, 8.0), NONE)
        seldom.report(60.0 * number + (20.0 if number == 9 else 0.0), (8.0, 8.0, 8.0), NONE)
    assert (often.period, seldom.period) == (5.0, 60.0)
    assert often.at(5.0 * 29 + 15.0).fresh[0]
    assert not often.at(5.0 * 29 + 16.0).fresh[0]
    assert seldom.at(60.0 * 29 + 180.0).fresh[0]
    assert not seldom.at(60.0 * 29 + 181.0).fresh[0]
    assert seldom._lines[0].margin.reaction - often._lines[0].margin.reaction == 55.0


def test_a_car_that_starts_is_no_new_load_of_the_building():
    draw, load = ManagedDraw(window=30.0), UnmanagedLoad(period=5.0, margin=0.0)
    load.report(0, (10.0, 0.0, 0.0), draw.least(0), draw.most(0))
    draw.raised(2, (16.0, 0.0, 0.0))
    for second in range(5, 60, 5):
        if second % 15 == 0:
            draw.measured(second, (16.0, 0.0, 0.0))
        load.report(second, (26.0, 0.0, 0.0), draw.least(second), draw.most(second))
        assert load.at(second).amps[0] == 10.0


def test_a_rise_of_the_building_is_not_taken_for_a_car_that_had_its_time():
    draw, load = ManagedDraw(window=30.0), UnmanagedLoad(period=5.0, margin=0.0)
    draw.raised(0, (32.0, 0.0, 0.0))
    for second in range(0, 60, 5):
        draw.measured(second, (16.0, 0.0, 0.0))
        load.report(second, (26.0, 0.0, 0.0), draw.least(second), draw.most(second))
    load.report(60, (36.0, 0.0, 0.0), draw.least(60), draw.most(60))
    assert load.at(60).amps[0] == 20.0


def test_a_rise_behind_a_starting_car_is_seen_when_the_window_has_passed():
    draw, load = ManagedDraw(window=30.0), UnmanagedLoad(period=5.0, margin=0.0, window=30.0)
    load.report(0, (10.0, 0.0, 0.0), draw.least(0), draw.most(0))
    draw.raised(2, (16.0, 0.0, 0.0))
    for second in range(5, 55, 5):
        draw.measured(second, (8.0, 0.0, 0.0))  # the car takes half, the building the other half
        load.report(second, (26.0, 0.0, 0.0), draw.least(second), draw.most(second))
    assert load.at(50).amps[0] == 18.0


def test_the_learned_margin_covers_the_time_a_rise_may_hide():
    near, far = (UnmanagedLoad(period=5.0, tick=5.0, window=window) for window in (8.0, 30.0))
    assert far._lines[0].margin.reaction - near._lines[0].margin.reaction == 22.0


def test_the_margin_covers_the_slowest_that_has_to_follow():
    """A rise over a minute is none for those that follow in 5 s, and one for a station that needs 60 s."""
    prompt, slow = UnmanagedLoad(), UnmanagedLoad()
    slow.followed_within(60.0)
    for load in (prompt, slow):
        for step in range(20_000):
            load.report(10.0 * step, (step % 24 / 2, 0.0, 0.0), (0.0, 0.0, 0.0))
    at = 10.0 * 20_000
    assert prompt.at(at).margin[0] < slow.at(at).margin[0]


def test_a_rise_that_may_hide_behind_silent_stations_is_reckoned_with():
    load = UnmanagedLoad()
    load.report(0, (40.0, 0.0, 0.0), (20.0, 0.0, 0.0), (20.0, 0.0, 0.0))
    for second in range(3600, 3700, 10):
        load.report(second, (30.0, 0.0, 0.0), (20.0, 0.0, 0.0), (20.0, 0.0, 0.0))
    assert load.at(3700).amps[0] == 10.0
    for second in range(3700, 3900, 10):
        load.report(second, (30.0, 0.0, 0.0), NONE, (60.0, 0.0, 0.0), silent=(60.0, 0.0, 0.0))
        assert load.at(second).amps[0] == (10.0 if second <= 3760 else 20.0), second
    load.report(3890, (30.0, 0.0, 0.0), NONE, (60.0, 0.0, 0.0), silent=(6.0, 0.0, 0.0))
    assert load.at(3890).amps[0] == 16.0, "what a single one may draw hides no more"
    load.report(3900, (16.0, 0.0, 0.0), NONE, (60.0, 0.0, 0.0), silent=(60.0, 0.0, 0.0))
    assert load.at(3900).amps[0] == 16.0, "more than the meter says it cannot be"
    load.report(3910, (30.0, 0.0, 0.0), (20.0, 0.0, 0.0), (20.0, 0.0, 0.0))
    assert load.at(3910).amps[0] == 10.0
