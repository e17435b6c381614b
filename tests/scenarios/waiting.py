"""Waiting in scenarios: for what is so, never for an amount of time; and how long is too long."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ohmstead.kit.clock import Clock
from ohmstead.simulator.station import Station
from tests.client import Client

Found = TypeVar("Found")
TOO_LONG_S = 20.0  # of the wall, on a machine that has other things to do
FIRST_PAUSE_S, MOST_PAUSE_S = 0.04, 0.12  # between two looks: one through the API takes 5 ms of CPU


async def happens(clock: Clock, predicate: Callable[[], bool], within_s: float) -> bool:
    """Whether it comes true within so many seconds of the clock."""
    for _ in range(round(within_s)):
        if predicate():
            return True
        await clock.sleep(1.0)
    return predicate()


async def until(station: Station, predicate: Callable[[Station], bool]) -> None:
    """Wait for a station; TimeoutError where it takes too long."""
    async with asyncio.timeout(TOO_LONG_S):
        await station.until(predicate)


async def shows(api: Client, path: str, holds: Callable[[Any], bool], query: str = "") -> Any:
    """Read through the API until its `data` is as it should be; AssertionError with what it was instead."""
    return await becomes(lambda: _data(api, path, query), holds)


async def becomes(read: Callable[[], Awaitable[Found]], holds: Callable[[Found], bool]) -> Found:
    """Look again and again until what is found is as it should be; AssertionError with what it was instead."""
    deadline, pause_s = time.monotonic() + TOO_LONG_S, FIRST_PAUSE_S
    while not holds(found := await read()):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(pause_s)
        pause_s = min(1.1 * pause_s, MOST_PAUSE_S)
    return found


async def _data(api: Client, path: str, query: str) -> Any:
    answer = await api.get(path, query)
    assert answer.status == 200, answer.body
    return answer.data
