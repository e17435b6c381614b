"""Obedience: who draws more than it may is found out on a busy site too, and nobody else ever is."""

import itertools
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.engines.dlm.allowance import Allowance
from ohmstead.engines.dlm.lateness import Lateness
from ohmstead.engines.dlm.obedience import Obedience
from tests.engines.dlm.busy import RATING, Busy, Falling, Meter, Swinging, anything, low

WISHES: dict[str, Callable[[], Callable[[random.Random], float]]] = {
    "anything": lambda: anything,
    "low": lambda: low,
    "swinging": Swinging,
    "falling": Falling,
}
METERS = {
    "fresh": Meter(),
    "every 5 s": Meter(5.0),
    "always 30 s late": Meter(late=lambda dice: 30.0),
    "always 50 s late": Meter(late=lambda dice: 50.0),
    "up to 30 s late": Meter(late=lambda dice: dice.uniform(0, 30)),
    "a mean": Meter(averages=True),
    "a mean of a minute": Meter(60.0, averages=True),
    "once a minute, up to a minute late": Meter(60.0, late=lambda dice: dice.uniform(0, 60)),
}


def ignores(limit: float, now: float) -> float:
    """It accepts every limit, and draws what it likes."""
    return RATING


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("wishes", WISHES)
def test_the_honest_are_never_convicted_however_their_meters_lag(wishes: str, meter: str) -> None:
    """Whatever their limits do, and though one answer in ten is lost after the limit was taken."""
    for seed in range(3):
        busy = Busy(seed, WISHES[wishes](), meter=METERS[meter], loses_answers=0.1).run(1800)
        assert max(busy.drawn) > 10
        assert busy.found_at is None, busy.verdicts


@pytest.mark.parametrize("every", [5.0, 10.0, 15.0])
@pytest.mark.parametrize(("wishes", "most"), [("low", 95), ("falling", 95), ("anything", 110), ("swinging", 125)])
def test_on_a_busy_site_who_ignores_its_limits_is_found_out(wishes: str, most: int, every: float) -> None:
    """Within so many seconds above; the last is the worst there is: half of the time it may draw what it draws."""
    for seed in range(6):
        busy = Busy(seed, WISHES[wishes](), takes=ignores, meter=Meter(every)).run(900)
        assert busy.found_at is not None
        assert 30 < busy.over <= most, seed


def test_one_that_reports_once_a_minute_is_found_out_where_its_limit_stays_low() -> None:
    for seed in range(6):
        busy = Busy(seed, low, takes=ignores, meter=Meter(60.0)).run(900)
        assert busy.found_at is not None
        assert busy.over <= 210


def test_a_limit_of_another_hour_is_no_excuse() -> None:
    """The change of a limit below the draw does not begin anew what was counted."""
    obedience = Obedience()
    obedience.allowance.expect([(0.0, 10.0)])
    verdicts = []
    for now in range(60, 200, 15):
        obedience.allowance.expect([(float(now), 10.0 + now % 7)])
        verdicts.append(obedience.observe(float(now), RATING))
    assert "convicted" in verdicts[:4]


def test_an_answer_lost_on_a_raise_convicts_nobody() -> None:
    """It took 20 A, drew them and was not heard; then it is told so again and again."""
    busy = Busy(1, lambda dice: 20.0, loses_answers=1.0).run(900)
    assert busy.drawn[-1] == 20.0
    assert busy.verdicts == []


def test_a_queue_of_old_samples_convicts_nobody() -> None:
    """After a silence it tells what it drew under the limit of then, by its own clock that is an hour ahead."""
    obedience, lateness = Obedience(), Lateness()
    obedience.allowance.expect([(0.0, RATING)])
    for now in range(0, 300, 15):
        obedience.observe(float(now), RATING, lateness.age(float(now), now + 3600.0))
    obedience.allowance.expect([(300.0, 6.0)])
    for now in range(600, 680, 10):  # each sent now, and 400 s old
        verdict = obedience.observe(float(now), RATING, lateness.age(float(now), now - 400 + 3600.0))
        assert verdict is None
    assert obedience.obeys


@pytest.mark.parametrize(
    ("told", "ages"),
    [
        ([0.0, 15.0, 30.0], [0.0, 0.0, 0.0]),
        ([-20.0, -5.0, 10.0], [20.0, 20.0, 20.0]),  # right, and late
        ([3600.0, 3615.0, 3600.0], [0.0, 0.0, 30.0]),  # ahead
        ([-7200.0, -7185.0, -7200.0], [0.0, 0.0, 30.0]),  # hours behind
    ],
)
def test_the_age_of_a_sample_is_told_by_clocks_that_are_wrong(told: list[float], ages: list[float]) -> None:
    lateness = Lateness()
    assert [lateness.age(15.0 * number, at) for number, at in enumerate(told)] == ages


def test_one_that_ignores_the_first_limit_after_0_a_is_told_again_and_obeys() -> None:
    """go-e #155: it is not convicted, as a second saying is all it needs."""
    busy = Busy(3, lambda dice: 16.0)

    def takes(limit: float, now: float) -> float:
        told = len([at for at, _, _ in busy.sent if at < now - 3])
        return 0.0 if not told else RATING if told == 1 else limit

    busy.takes = takes
    busy.run(600)
    assert [verdict for _, verdict in busy.verdicts] == ["doubted"]
    assert busy.over <= 70
    assert busy.drawn[-1] == 16.0


def test_one_that_rounds_is_no_matter_of_obedience() -> None:
    """openWB #1962: 12.6 becomes 13."""
    busy = Busy(4, low, takes=lambda limit, now: float(round(limit + 0.4))).run(1800)
    assert busy.verdicts == []


def test_one_that_follows_upward_only_is_found_out() -> None:
    held = [0.0]

    def takes(limit: float, now: float) -> float:
        held[0] = max(held[0], limit)
        return held[0]

    for seed in range(4):
        held[0] = 0.0
        busy = Busy(seed, anything, takes=takes).run(900)
        assert busy.found_at is not None
        assert busy.over <= 125


# Belief


def convicted(peak: float = RATING) -> Obedience:
    obedience = Obedience()
    obedience.allowance.expect([(0.0, 10.0)])
    assert "convicted" in [obedience.observe(float(now), peak) for now in range(60, 200, 15)]
    obedience.allowance.expect([(200.0, 6.0)])
    return obedience


def samples(obedience: Obedience, draw: float, start: int, count: int = 12) -> list[str | None]:
    return [obedience.observe(float(start + 15 * number), draw) for number in range(count)]


def test_it_is_believed_again_once_its_car_kept_to_a_low_limit_for_a_minute() -> None:
    obedience = convicted()
    verdicts = samples(obedience, 6.0, 210)  # some may still describe the time before the low limit
    assert verdicts.index("believed") == 5
    assert obedience.obeys


@pytest.mark.parametrize("draw", [0.0, 0.8, 3.5, RATING])
def test_neither_silence_nor_a_car_that_hardly_charges_proves_anything(draw: float) -> None:
    assert samples(convicted(), draw, 300, 100) == [None] * 100


def test_a_limit_that_is_not_far_below_what_it_drew_proves_nothing() -> None:
    obedience = convicted(peak=12.5)
    obedience.allowance.expect([(210.0, 10.0)])
    assert samples(obedience, 10.0, 300, 40) == [None] * 40


def test_a_relapse_begins_the_proof_anew_and_the_next_takes_twice_as_long() -> None:
    obedience = convicted()
    assert samples(obedience, 6.0, 300, 2) == [None] * 2
    assert samples(obedience, RATING, 345, 1) == [None]
    assert samples(obedience, 6.0, 360).index("believed") == 3
    obedience.allowance.expect([(600.0, 10.0)])
    assert "convicted" in samples(obedience, RATING, 660)
    obedience.allowance.expect([(900.0, 6.0)])
    assert samples(obedience, 6.0, 1000).index("believed") == 6


def test_what_was_learned_survives() -> None:
    obedience = convicted()
    samples(obedience, 6.0, 300, 2)
    again = Obedience.restored(obedience.record())
    again.allowance.expect([(200.0, 6.0)])
    assert (again.obeys, again.convictions, again.peak) == (False, 1, RATING)
    assert samples(again, 6.0, 345, 4).count("believed") == 1
    assert Obedience.restored(None).obeys


# What was allowed when


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 32)), min_size=1, max_size=12),
    st.integers(0, 120),
    st.integers(0, 60),
)
def test_what_was_allowed_is_what_a_list_of_every_second_says(
    steps: list[tuple[int, int]], ago: int, long: int
) -> None:
    allowance, seconds = Allowance(), list[float]()
    moments = list(itertools.accumulate(pause for pause, _ in steps))
    for moment, (_, amps) in zip(moments, steps, strict=True):
        allowance.expect([(float(moment), float(amps)), (moment + 5.0, amps / 2)])
    for second in range(moments[-1] + 60):
        last = [(at, amps) for at, (_, amps) in zip(moments, steps, strict=True) if at <= second]
        seconds.append(float("inf") if not last else last[-1][1] / (2 if second >= last[-1][0] + 5 else 1))
    end = len(seconds) - 1
    start = max(0, end - ago)
    stop = min(end, start + long)
    assert allowance.most(float(start), float(stop)) == max(seconds[start : stop + 1])
    least = min(seconds[start : stop + 1]) if float("inf") not in seconds[start : stop + 1] else float("inf")
    assert allowance.least(float(start), float(stop)) == least
