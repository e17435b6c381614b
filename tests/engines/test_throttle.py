"""Holding back: addresses that were refused too often, without harm to those beside them, in bounded memory."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ohmstead.engines.throttle import Throttle
from ohmstead.kit.clock import ManualClock

HOME, AWAY = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 1, tzinfo=UTC))


def refused(throttle: Throttle, address: str, *identities: str) -> None:
    for identity in identities:
        throttle.refused(address, identity)


async def test_an_address_is_held_back_until_the_minute_is_over(clock: ManualClock) -> None:
    throttle = Throttle(clock, 3)
    refused(throttle, HOME, "A", "B")
    assert not throttle.holds_back(HOME, "C")
    refused(throttle, HOME, "C")
    assert throttle.holds_back(HOME, "C")
    assert throttle.holds_back(HOME, "D")
    assert not throttle.holds_back(AWAY, "C")
    await clock.advance(59)
    assert throttle.holds_back(HOME, "D")
    await clock.advance(1)
    assert not throttle.holds_back(HOME, "D")


def test_who_was_let_in_before_goes_on_unless_it_is_refused_itself(clock: ManualClock) -> None:
    throttle = Throttle(clock, 3)
    throttle.admitted(HOME, "GOOD")
    refused(throttle, HOME, "A", "B", "C", "GOOD", "GOOD")
    assert not throttle.holds_back(HOME, "GOOD")
    assert throttle.holds_back(HOME, "NEW")
    throttle.admitted(HOME, "GOOD")
    refused(throttle, HOME, "GOOD", "GOOD")
    assert not throttle.holds_back(HOME, "GOOD"), "each admission forgives"
    refused(throttle, HOME, "GOOD")
    assert throttle.holds_back(HOME, "GOOD")


def test_an_ipv6_network_is_one_address(clock: ManualClock) -> None:
    throttle = Throttle(clock, 2)
    refused(throttle, "2001:db8:1:2::1", "A")
    refused(throttle, "2001:db8:1:2:ffff::7", "B")
    assert throttle.holds_back("2001:db8:1:2:3:4:5:6", "C")
    assert not throttle.holds_back("2001:db8:1:3::1", "C")
    refused(throttle, "2001:db8::1", "A", "B")
    assert throttle.holds_back("2001:db8::2%eth0", "C")
    refused(throttle, "::ffff:10.0.0.1", "A", "B")
    assert not throttle.holds_back("::ffff:10.0.0.2", "C")


def test_memory_is_bounded(clock: ManualClock, monkeypatch: Any) -> None:
    monkeypatch.setattr("ohmstead.engines.throttle.MOST_REMEMBERED", 100)
    throttle = Throttle(clock, 1)
    for number in range(1000):
        throttle.refused(f"10.0.{number // 250}.{number % 250}", "X")
        throttle.admitted(HOME, f"CP{number}")
    assert len(throttle._counts) == len(throttle._known) == 100
    assert throttle.holds_back("10.0.3.249", "X")


async def test_how_long_to_wait_is_told(clock: ManualClock) -> None:
    throttle = Throttle(clock, 2)
    refused(throttle, HOME, "A")
    assert throttle.left_s(HOME, "A") == 0, "it is not held back yet"
    await clock.advance(20)
    refused(throttle, HOME, "A")
    assert throttle.left_s(HOME, "A") == throttle.left_s(HOME, "B") == 40
    assert throttle.left_s(AWAY, "A") == 0
    await clock.advance(40)
    assert throttle.left_s(HOME, "A") == 0
