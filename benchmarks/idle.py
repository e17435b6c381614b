"""Idle benchmark: five thousand charge points that say nothing but heartbeats, for ten minutes of their time.

The node's clock and the stations' run ten times as fast. What a connection costs in memory, what a heartbeat costs in
CPU, and whether anybody was lost. Run it with `scripts/bench idle`.
"""

import argparse
import asyncio
import time
from contextlib import AsyncExitStack

import uvloop
from parts.plant import asked, furnish
from parts.processes import Burst, data_folder, metered, node
from parts.stations import Station, connect

from ohmstead.app.api_client import ApiClient
from ohmstead.kit.clock import Clock, SystemClock

STATIONS = 5000
MOST_KB = 25
MINUTES = 10.0
SPEED = 10.0
AT_ONCE = 20


class Idlers:
    """Stations that come, boot, and send the heartbeats that they were told to send; their answers' latencies in s."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url, self._clock, self._room = url, clock, asyncio.Semaphore(AT_ONCE)
        self._beating: list[asyncio.Task[None]] = []
        self.stations: list[Station] = []
        self.burst = Burst()

    async def come(self, identity: str) -> None:
        """Connect and boot; heartbeats go on by themselves from then on."""
        async with self._room:
            [station] = await connect(self._url, [identity])
            interval_s = (await station.boot())["interval"]
        self.stations.append(station)
        self._beating.append(asyncio.create_task(self._beat(station, interval_s)))

    async def _beat(self, station: Station, interval_s: float) -> None:
        while not station.gone.is_set():
            await self._clock.sleep(interval_s)
            sent = time.perf_counter()
            await station.call("Heartbeat", {})
            self.burst.latencies.append(time.perf_counter() - sent)

    async def leave(self) -> None:
        """Close every line that is still there."""
        for task in self._beating:
            task.cancel()
        await asyncio.gather(*self._beating, return_exceptions=True)
        await asyncio.gather(*(station.close() for station in self.stations if not station.gone.is_set()))

    async def idle(self, minutes: float) -> Burst:
        """So many minutes of the stations' time; the heartbeats in it."""
        self.burst = Burst()
        await self._clock.sleep(60 * minutes)
        return self.burst


async def main(minutes: float) -> None:
    with data_folder() as folder:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(node(folder, BENCH_SPEED=str(SPEED)))
            base, ocpp_url, token, dsn = server.said
            api = ApiClient(base, token)
            stack.push_async_callback(api.close)
            identities = list(await furnish(api, "idle", STATIONS))
            before, idlers = server.resident_mb(), Idlers(ocpp_url, SystemClock(SPEED))
            await asyncio.gather(*map(idlers.come, identities))
            there = server.resident_mb()
            burst = await metered(server, lambda: idlers.idle(minutes))
            lost = sum(station.gone.is_set() for station in idlers.stations)
            known = await asked(dsn, "SELECT count(*) FROM charge_point WHERE connected")
            report(burst, minutes, lost, known)
            memory(before, there, server.resident_mb())
            await idlers.leave()


def report(burst: Burst, minutes: float, lost: int, known: int) -> None:
    """What became of them."""
    print(f"{STATIONS} idle charge points for {minutes:.0f} minutes of theirs, at {SPEED:.0f} times the speed")
    cost = 1e3 * burst.cpu / len(burst.latencies)
    print(f"heartbeats: {len(burst.latencies)} answered, {burst.per_second():.0f}/s, {cost:.2f} ms of CPU each, "
          f"p99 {burst.percentile(0.99):.0f} ms")  # fmt: skip
    print(f"lost: {lost}; connected by what the database says: {known}")


def memory(before: float, there: float, after: float) -> None:
    """MB of the node as it was without them, with them, and after their idle time."""
    come, stayed = (1e3 * (now - before) / STATIONS for now in (there, after))
    print(
        f"memory of a connection: {come:.1f} kB when all had booted (target {MOST_KB} kB), {stayed:.1f} kB at the end"
    )
    print(f"memory of the node: {before:.0f} MB without them, {after:.0f} MB with them")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--minutes", type=float, default=MINUTES, help="of the stations' time")
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.minutes))
