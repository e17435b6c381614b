"""What is learned of how an EVSE follows its limits: never less than it takes, never from what proves nothing."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.dlm.response import BASE, GAP, LATE, MOST, Response
from ohmstead.engines.dlm.steps import ceiled, floored

EVERY = 15  # s between samples


def follows(response: Response, steps: list[tuple[int, float]], until: int, lag: int, every: int = EVERY, at: int = 7):
    """A car that takes all it may and comes down `lag` s late, under limits that began at moments."""
    taught = []
    for now in range(until + 1):
        for since, amps in steps:
            if since == now:
                response.limited(now, amps)
        if now % every == at % every:
            in_force = [amps for n, (since, amps) in enumerate(steps)
                        if since <= now and (n + 1 == len(steps) or steps[n + 1][0] > now - lag)]  # fmt: skip
            if in_force and response.observe(now, max(in_force)):
                taught.append(now)
    return taught


def test_one_that_comes_down_in_time_teaches_nothing():
    response = Response()
    assert follows(response, [(0, 32.0), (100, 16.0), (200, 8.0)], 300, lag=5) == []
    assert (response.reaction, response.step) == (BASE, None)


def test_the_slowest_decrease_counts_from_its_first_time_on():
    """libocpp #811: it follows 30 s after accepting."""
    response = Response()
    assert follows(response, [(0, 32.0), (100, 16.0)], 150, lag=30) == [142]
    assert response.reaction == 42
    assert follows(response, [(200, 32.0), (300, 16.0)], 400, lag=30) == []


@given(lag=st.integers(0, 100), at=st.integers(0, 14), down=st.floats(6, 28))
def test_what_is_learned_is_never_less_than_it_takes(lag: int, at: int, down: float):
    """Where a sample shows that it is late; and never more than a sample's gap beyond that."""
    response = Response()
    follows(response, [(0, 32.0), (100, down)], 260, lag, at=at)
    seen = [now for now in range(100, 100 + lag) if now % EVERY == at]
    if seen and seen[-1] - 100 > BASE + LATE:
        assert lag <= response.reaction <= max(lag, seen[-1] - 100) + EVERY
    else:
        assert response.reaction == BASE


@given(
    st.lists(st.tuples(st.integers(20, 50), st.sampled_from([6.0, 10.0, 16.0, 24.0, 32.0])), min_size=2, max_size=30)
)
def test_limits_that_change_all_the_time_hide_no_reaction_and_invent_none(changes: list[tuple[int, float]]):
    steps, now = [(0, 32.0)], 0
    for gap, amps in changes:
        now += gap
        if amps != steps[-1][1]:
            steps.append((now, amps))
    prompt, slow = Response(), Response()
    follows(prompt, steps, now + 60, lag=5)
    follows(slow, steps, now + 60, lag=40)
    assert prompt.reaction == BASE
    assert slow.reaction == BASE or 20 <= slow.reaction <= 40 + EVERY


def test_a_chain_of_decreases_is_followed_step_by_step():
    response = Response()
    follows(response, [(0, 32.0), (100, 20.0), (120, 10.0)], 200, lag=30)
    assert 30 <= response.reaction <= 30 + EVERY


def test_a_draw_that_never_comes_down_proves_no_reaction():
    response = Response()
    response.limited(0, 32)
    response.observe(1, 32)
    response.limited(10, 10)
    assert not any(response.observe(now, 32) for now in range(15, 600, 5))
    assert response.reaction == BASE
    response.limited(600, 32)
    response.limited(630, 10)
    assert not response.observe(635, 10)


def test_what_was_raised_again_before_it_came_down_is_not_known():
    response = Response()
    response.limited(0, 32)
    response.observe(1, 32)
    response.limited(10, 10)
    response.observe(25, 32)
    response.limited(30, 32)
    assert not response.observe(40, 20)
    assert response.reaction == BASE


def test_an_outlier_is_outlived_by_decreases_that_were_seen_to_be_quick():
    response = Response()
    follows(response, [(0, 32.0), (100, 16.0)], 200, lag=60)
    assert response.reaction > 60
    start = 300
    for _ in range(20):
        response.limited(start, 32)
        response.observe(start + 50, 32)
        response.limited(start + 60, 16)
        response.observe(start + 66, 16)
        start += 120
    assert BASE <= response.reaction <= 6


def test_long_gaps_between_samples_do_not_make_it_longer_than_it_can_be_told():
    response = Response()
    follows(response, [(0, 32.0), (61, 16.0)], 400, lag=20, every=60, at=15)
    assert response.reaction == 14 + GAP


def test_what_happened_in_another_session_explains_nothing():
    response = Response()
    response.limited(0, 32)
    response.observe(1, 32)
    response.limited(10, 10)
    response.observe(20, 32)
    response.forget()
    response.limited(25, 10)
    assert not response.observe(30, 10)
    assert response.reaction == BASE


@pytest.mark.parametrize(("limit", "draw", "step"), [(12.6, 13.0, 1.0), (12.2, 12.5, 0.5), (12.6, 14.0, 2.0)])
def test_one_that_rounds_up_is_found_out(limit: float, draw: float, step: float):
    """openWB core #1962."""
    response = Response()
    response.limited(0, limit)
    assert [now for now in range(0, 90, 15) if response.observe(now, draw)] == [60]
    assert response.step == step


@pytest.mark.parametrize("draws", [[12.6], [12.0], [12.8], [13.0, 12.6], [13.4], [12.6, 13.0, 13.0, 13.0, 12.0]])
def test_what_else_is_drawn_is_no_rounding(draws: list[float]):
    response = Response()
    response.limited(0, 12.6)
    for n in range(40):
        response.observe(10 + 15 * n, draws[n % len(draws)])
    assert response.step is None


@given(limit=st.integers(60, 320).map(lambda tenths: tenths / 10), step=st.sampled_from([0.5, 1.0, 2.0]))
def test_once_learned_what_is_sent_is_kept_as_it_is(limit: float, step: float):
    """Whatever it takes: the loop of learning and sending ends below the limit that is wanted."""
    response, now, sent = Response(), 0.0, limit
    for _ in range(4):
        response.limited(now, sent)
        for _ in range(8):
            now += 15
            response.observe(now, ceiled(sent, step))
        sent = floored(limit, response.step or 0.1)
    assert ceiled(sent, step) <= limit + 0.1 + 1e-6


def test_lessons_survive_and_history_does_not():
    response = Response()
    follows(response, [(0, 32.0), (100, 16.0)], 200, lag=30)
    response.step = 1.0
    again = Response.restored(json.loads(json.dumps(response.record())))
    assert (again.reaction, again.step) == (response.reaction, 1.0)
    assert not again.observe(210, 32)
    assert Response.restored(None).reaction == BASE


@given(st.lists(st.tuples(st.booleans(), st.floats(0.1, 60), st.floats(0, 64)), max_size=60))
def test_whatever_is_told_the_bounds_hold(events: list[tuple[bool, float, float]]):
    response, now = Response(), 0.0
    for is_limit, pause, amps in events:
        now += pause
        if is_limit:
            response.limited(now, amps)
        else:
            response.observe(now, amps)
        assert BASE <= response.reaction <= MOST
        assert math.isfinite(response.reaction)
        assert response.step in (None, 0.5, 1.0, 2.0)
    assert len(response.record()["times"]) <= 20
