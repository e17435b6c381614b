"""A clock that was set: it goes on from a moment at its speed; sockets and certificates go by the machine's."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ohmstead.kit.clock import ManualClock, SetClock, SystemClock

BEGIN = datetime(2027, 1, 31, 8, tzinfo=UTC)


async def test_it_goes_on_from_where_it_was_set_at_its_speed() -> None:
    clock, machine = SetClock(BEGIN, 3_600), SystemClock()
    began = machine.now()
    await clock.sleep(180)
    passed = (machine.now() - began).total_seconds()
    assert passed > 0.04, "it sleeps by itself"
    assert timedelta(seconds=180) <= clock.now() - BEGIN <= timedelta(seconds=3_600 * (passed + 0.5))


@pytest.mark.parametrize("clock", [SystemClock(3_600), SetClock(BEGIN, 3_600)])
async def test_nobody_is_woken_before_time(clock: SystemClock) -> None:
    """Also not by the part of a ms that the event loop does not count, which is seconds of a fast clock."""
    for _ in range(20):
        until = clock.now() + timedelta(seconds=90.3)
        await clock.sleep(90.3)
        assert clock.now() >= until


async def test_what_is_real_stays_real() -> None:
    clock = SetClock(BEGIN, 3_600)
    assert abs(clock.real.now() - SystemClock().now()) < timedelta(seconds=5)
    waiting = asyncio.create_task(clock.real.sleep(60))
    await clock.sleep(120)
    assert not waiting.done(), "60 s of the machine's are not over"
    waiting.cancel()


def test_a_clock_that_was_not_set_is_real_itself() -> None:
    for clock in (SystemClock(), SystemClock(25), ManualClock(BEGIN)):
        assert clock.real is clock


def test_it_is_set_in_any_zone() -> None:
    assert SetClock(datetime.fromisoformat("2027-01-31T09:00:00+01:00")).now().tzinfo is UTC
