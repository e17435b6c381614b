"""The node and the bare server under the same load of messages, in turns, and what is said of them."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import NamedTuple

import uvloop

from ohmstead.app.api_client import ApiClient
from parts.plant import furnish, stored
from parts.processes import HERE, Burst, Rounds, Server, data_folder, median, metered, node, serving
from parts.stations import Station, charge

STATIONS = 200
Side = tuple[Server, list[Station]]
Charging = Callable[[str, list[str]], Awaitable[list[Station]]]
"""Stations in the middle of a charge, at an address, by their identities."""


class Sides(NamedTuple):
    """The node and the bare server, two hundred stations charging at each; `api` is the node's."""

    api: ApiClient
    ours: Side
    limit: Side

    async def missing(self, acknowledged: int, besides: int = 0) -> str:
        """Send the stations away, and say how much of what was acknowledged is in the database, which holds so many
        readings `besides`."""
        await asyncio.gather(*(station.close() for station in self.ours[1] + self.limit[1]))
        rows = await stored(self.ours[0].said[3]) - besides
        return f"acknowledged {acknowledged}, stored {rows}: {acknowledged - rows} missing"


@asynccontextmanager
async def both_sides(charging: Charging, protocol: str = "ocpp 1.6") -> AsyncIterator[Sides]:
    """Both servers, each a process of its own, until the block ends."""
    with data_folder() as folder:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(node(folder))
            bare = await stack.enter_async_context(serving(HERE / "bare_ocpp.py"))
            base, ocpp_url, token, _ = server.said
            api = ApiClient(base, token)
            stack.push_async_callback(api.close)
            identities = list(await furnish(api, "busy", STATIONS, protocol))
            ours, limit = await charging(ocpp_url, identities), await charging(bare.said[0], identities)
            yield Sides(api, (server, ours), (bare, limit))


def run(main: Callable[[int, float], Awaitable[None]], about: str | None) -> None:
    """A benchmark from the command line: `main` of so many rounds of so many s."""
    options = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=float, default=4.0, help="of each burst")
    given = options.parse_args()

    async def measured() -> None:
        await main(given.rounds, given.seconds)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measured())


async def measure(ours: Side, limit: Side, rounds: int, seconds: float) -> tuple[Rounds, int]:
    """Both sides in turn; how many messages of ours were acknowledged, those of the warm-up included."""
    found, acknowledged = Rounds(), 0
    for number in range(-1, rounds):
        mine, bare = [await metered(server, partial(charge, stations, seconds)) for server, stations in (ours, limit)]
        acknowledged += len(mine.latencies)
        if number >= 0:
            found.ours.append(mine)
            found.limit.append(bare)
    return found, acknowledged


def report(found: Rounds, floor: float, most_ms: float) -> None:
    """The figures of the load: the share of the limit (at least `floor`), CPU a message (at most `most_ms`)."""
    cost = 1e3 / median(found.ours, Burst.per_cpu_second)
    p50, p99 = (median(found.ours, lambda burst: burst.percentile(share)) for share in (0.5, 0.99))  # noqa: B023
    print(f"ratio to the bare server per CPU-second: {found.ratio():.2f} (target {floor})")
    print(f"per CPU-second: ours {median(found.ours, Burst.per_cpu_second):.0f}, "
          f"bare {median(found.limit, Burst.per_cpu_second):.0f}")  # fmt: skip
    print(f"CPU of the node for one message: {cost:.2f} ms (target {most_ms})")
    print(f"messages/s: {median(found.ours, Burst.per_second):.0f}; latency p50 {p50:.0f} ms, p99 {p99:.0f} ms")
