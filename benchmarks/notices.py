"""Notices benchmark: webhooks from the outbox to a receiver, as a share of a bare client that posts the same bodies.

The node takes facts from its outbox, makes their bodies, signs and posts them, and keeps account of each delivery; the
limit only posts. Then how late they come at 500 a second, alone and beside an endpoint that never answers. Run it with
`scripts/bench notices`.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import uvloop
from parts.notices import bare
from parts.notices.facts import EVENT, Facts, facts
from parts.processes import HERE, Burst, Rounds, Server, data_folder, median, metered, node, serving

from ohmstead.app.api_client import ApiClient

SUBSCRIPTIONS = "/notifications/v2.0"
FLOOR, DEAD_P99_MS = 0.5, 1_000
WITHIN_S = 300.0


@dataclass
class Bench:
    """A node with a receiver that its token signs for, and what tells it facts."""

    server: Server
    receiver: str
    dead: str
    api: ApiClient
    facts: Facts

    async def subscribed(self, url: str) -> int:
        """A subscription to what is told here, once the node knows of it."""
        body = {"via": "webhook", "notifications": [EVENT], "webhook": {"callbackUrl": url}}
        id = (await self.api.make(SUBSCRIPTIONS, body))["id"]
        if url == self.receiver:
            since = await self.facts.newest()
            await self.facts.tell(1)
            await self.facts.delivered(id, since, 1, WITHIN_S)
            await self.came()
        return id

    async def came(self) -> dict[str, Any]:
        """What the receiver got since it was asked last."""
        async with aiohttp.ClientSession() as session, session.get(self.receiver) as answer:
            return await answer.json(content_type=None)

    async def whole(self, since: int, count: int) -> dict[int, float]:
        """When facts later than `since` came, by their ids: each once at least, and signed."""
        came, events = await self.came(), await self.facts.events(since)
        found = {events[id]: at for id, at in came["first"].items()}
        if len(found) != count or came["unsigned"]:
            raise RuntimeError(f"{len(found)} of {count} came, {came['unsigned']} of them not signed")
        return found


async def delivered(bench: Bench, subscription: int, since: int, count: int) -> Burst:
    """So many facts, told at once and delivered all."""
    await bench.facts.tell(count)
    await bench.facts.delivered(subscription, since, count, WITHIN_S)
    return Burst(latencies=[0.0] * count)


async def throughput(bench: Bench, rounds: int, count: int) -> None:
    """Both sides in turns."""
    subscription, found = await bench.subscribed(bench.receiver), Rounds()
    for number in range(rounds + 1):  # the first one warms up
        since = await bench.facts.newest()
        ours = await metered(bench.server, partial(delivered, bench, subscription, since, count))
        await bench.whole(since, count)
        bodies = await bench.facts.bodies(since)
        limit = await bare.posted(bench.receiver, bodies)
        await bench.came()
        if number:
            found.ours.append(ours), found.limit.append(limit)
    await bench.api.call("DELETE", f"{SUBSCRIPTIONS}/{subscription}")
    walls = median(found.ours, Burst.per_second), median(found.limit, Burst.per_second)
    cpus = median(found.ours, Burst.per_cpu_second), median(found.limit, Burst.per_cpu_second)
    print(f"{count} notifications of {sum(map(len, bodies)) // count} bytes, {bare.AT_ONCE} on their way at once")
    print(f"{'':<20} {'ours':>8} {'bare':>8} {'ratio':>6}   target {FLOOR}")
    print(f"{'for each CPU-second':<20} {cpus[0]:>8.0f} {cpus[1]:>8.0f} {found.ratio():>6.2f}")
    print(f"{'a second':<20} {walls[0]:>8.0f} {walls[1]:>8.0f} {walls[0] / walls[1]:>6.2f}", flush=True)


async def lag(bench: Bench, a_second: int, seconds: float) -> Burst:
    """How long after its fact each notification came, at a steady rate."""
    subscription, since = await bench.subscribed(bench.receiver), await bench.facts.newest()
    told = await bench.facts.pace(a_second, seconds)
    await bench.facts.delivered(subscription, since, len(told), WITHIN_S)
    came = await bench.whole(since, len(told))
    await bench.api.call("DELETE", f"{SUBSCRIPTIONS}/{subscription}")
    return Burst(latencies=[came[id] - at for id, at in told.items()])


async def lags(bench: Bench, a_second: int, seconds: float) -> None:
    """Alone, and beside an endpoint that never answers."""
    alone = await lag(bench, a_second, seconds)
    dead = await bench.subscribed(bench.dead)
    beside = await lag(bench, a_second, seconds)
    await bench.api.call("DELETE", f"{SUBSCRIPTIONS}/{dead}")
    for name, burst in (("alone", alone), ("beside a dead endpoint", beside)):
        p50, p99 = burst.percentile(0.5), burst.percentile(0.99)
        print(f"lag at {a_second}/s, {name}: p50 {p50:.0f} ms, p99 {p99:.0f} ms", flush=True)
    print(f"target beside a dead endpoint: p99 below {DEAD_P99_MS} ms")


async def main(rounds: int, count: int, a_second: int, seconds: float) -> None:
    with data_folder() as folder:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(node(folder, OHMSTEAD_PRIVATE_HOSTS="127.0.0.1"))
            base, _, token, dsn = server.said
            program = HERE / "notices" / "receiver.py"
            receiver, dead = (await stack.enter_async_context(serving(program, token))).said
            api = ApiClient(base, token)
            stack.push_async_callback(api.close)
            name = [{"locale": "en", "translation": "Car park"}]
            made = await api.make("/resources/locations/v2.0", {"name": name, "country": "AT"})
            location = await api.get(f"/resources/locations/v1.0/{made['id']}")
            told = await stack.enter_async_context(facts(dsn, location))
            bench = Bench(server, receiver, dead, api, told)
            if rounds:
                await throughput(bench, rounds, count)
            if seconds:
                await lags(bench, a_second, seconds)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=5, help="of both sides; 0: none")
    options.add_argument("--count", type=int, default=5_000, help="notifications of a round")
    options.add_argument("--rate", type=int, default=500, help="facts a second where the lag is measured")
    options.add_argument("--seconds", type=float, default=20.0, help="that it is measured; 0: it is not")
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.rounds, given.count, given.rate, given.seconds))
