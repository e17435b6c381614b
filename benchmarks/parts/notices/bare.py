"""The limit of `bench notices`: an aiohttp client that posts the same bodies, as many at once, and keeps no account."""

import asyncio
import time
from collections.abc import Iterator

import aiohttp

from parts.processes import Burst

AT_ONCE = 8
_HEADERS = {"Content-Type": "application/json"}


async def posted(url: str, bodies: list[bytes]) -> Burst:
    """Post them all, from this process."""
    burst, left = Burst(), iter(bodies)
    async with aiohttp.ClientSession(headers=_HEADERS) as session:
        begun, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(_post(session, url, left, burst) for _ in range(AT_ONCE)))
        burst.wall, burst.cpu = time.perf_counter() - begun, time.process_time() - cpu
    return burst


async def _post(session: aiohttp.ClientSession, url: str, left: Iterator[bytes], burst: Burst) -> None:
    for body in left:
        sent = time.perf_counter()
        async with session.post(url, data=body) as answer:
            answer.raise_for_status()
            await answer.read()
        burst.latencies.append(time.perf_counter() - sent)
