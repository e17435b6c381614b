"""Idle benchmark: five thousand charge points that say nothing but heartbeats, for ten minutes of their time.

The node's clock and the stations' run ten times as fast. What a connection costs in memory, what a heartbeat costs in
CPU, and whether anybody was lost. Run it with `scripts/bench idle`.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import uvloop
from parts.plant import asked, furnish
from parts.processes import Burst, Server, data_folder, metered, node
from parts.stations import Station, connect

from ohmstead.app.demo.plant import Client
from ohmstead.kit.clock import Clock, SystemClock

STATIONS = 5000
MOST_KB = 25
MINUTES = 10.0
SPEED = 10.0


async def beats(stations: Sequence[Station], intervals_s: Sequence[float], clock: Clock, minutes: float) -> Burst:
    """Every station's heartbeats for so long, spread over its interval, and the answers' latencies."""
    burst = Burst()

    async def one(station: Station, interval_s: float, offset_s: float) -> None:
        await clock.sleep(offset_s)
        for _ in range(round(60 * minutes / interval_s)):
            sent = asyncio.get_running_loop().time()
            await station.call("Heartbeat", {})
            burst.latencies.append(asyncio.get_running_loop().time() - sent)
            await clock.sleep(interval_s)

    count = len(stations)
    told = [one(*each, each[1] * number / count) for number, each in enumerate(zip(stations, intervals_s, strict=True))]
    await asyncio.gather(*told, return_exceptions=True)  # who is lost is counted by its line
    return burst


async def held(server: Server, identities: list[str]) -> tuple[list[Station], list[float]]:
    """Connected and booted; the heartbeat intervals (s) that they were told, and what it says of memory."""
    before = server.resident_mb()
    stations = await connect(server.said[1], identities)
    _memory("connected", server, before)
    intervals = [(await station.boot())["interval"] for station in stations]
    _memory("and booted", server, before)
    return stations, intervals


def _memory(when: str, server: Server, before: float) -> None:
    each_kb = 1e3 * (server.resident_mb() - before) / STATIONS
    print(f"{STATIONS} idle connections, {when}: {each_kb:.1f} kB each (target {MOST_KB} kB)")


async def main(minutes: float) -> None:
    with data_folder() as folder:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(node(folder, BENCH_SPEED=str(SPEED)))
            base, _, token, dsn = server.said
            api = Client(base, token)
            stack.push_async_callback(api.close)
            before = server.resident_mb()
            stations, intervals = await held(server, list(await furnish(api, "idle", STATIONS)))
            burst = await metered(server, lambda: beats(stations, intervals, SystemClock(SPEED), minutes))
            lost = sum(station.gone.is_set() for station in stations)
            known = await asked(dsn, "SELECT count(*) FROM charge_point WHERE connected")
            print(f"{minutes:.0f} minutes of heartbeats every {min(intervals):.0f} s, at {SPEED:.0f} times the speed: "
                  f"{len(burst.latencies)} answered, p99 {burst.percentile(0.99):.0f} ms, "
                  f"{1e3 * burst.cpu / len(burst.latencies):.2f} ms of CPU each")  # fmt: skip
            print(f"lost: {lost} of {STATIONS}; connected by what the database says: {known}")
            print(f"memory of the node: {before:.0f} MB before, {server.resident_mb():.0f} MB after")
            await asyncio.gather(*(station.close() for station in stations))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--minutes", type=float, default=MINUTES, help="of the stations' time")
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.minutes))
