"""Reconnect benchmark: two thousand charge points lose their line at once, and all come back in the same moment.

Half speak OCPP 1.6, half 2.0.1, each in the middle of a charge. During the outage every charge ends. Back on the line a
charge point boots, says its status and tells the end it kept; a third of them tell it twice, as those do that heard no
answer. All have to be back in time, every end stored, and none twice. Run it with `scripts/bench reconnect`.
"""

import argparse
import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import uvloop
from parts.plant import furnish, row
from parts.processes import Burst, data_folder, node
from parts.stations import Station, connect
from parts.stations_v201 import StationV201

from ohmstead.app.api_client import ApiClient

STATIONS = 2000
MOST_S = 20.0
CHARGED_WH = 3  # by each: so many readings of 1 Wh more
OUTAGE_S = 1.0
REPEATS = 3  # every third tells its end twice
KINDS: dict[str, type[Station]] = {"ocpp 1.6": Station, "ocpp 2.0.1": StationV201}
ENDS = """
SELECT count(*) AS sessions, count(*) FILTER (WHERE status = 'finished') AS finished,
       count(*) FILTER (WHERE energy_wh = $1) AS whole, count(DISTINCT station_id) AS stations,
       (SELECT count(*) FROM charge_point WHERE connected) AS connected FROM session"""


@dataclass
class Kept:
    """The end of a charge that a station could not tell yet."""

    kind: type[Station]
    identity: str
    action: str
    payload: dict[str, Any]


async def charging(url: str, identities: list[str], kind: type[Station]) -> list[Station]:
    """Stations in the middle of a charge, some Wh on."""
    stations = await connect(url, identities, kind)

    async def begun(station: Station) -> None:
        await station.introduce()
        for _ in range(CHARGED_WH):
            await station.call(*station.metering())

    await asyncio.gather(*map(begun, stations))
    return stations


@dataclass
class Back(Burst):
    """When each was back (s), and how many connections were refused or reset on the way."""

    refused: int = 0


async def lost(stations: list[Station]) -> list[Kept]:
    """The lines break, all at once; what each station keeps to tell."""
    kept = [Kept(type(station), station.identity, *station.ending()) for station in stations]
    for station in stations:
        station.drop()
    await asyncio.gather(*(station.gone.wait() for station in stations))
    await asyncio.sleep(OUTAGE_S)
    return kept


async def insistent(url: str, kept: Kept, back: Back) -> Station:
    """A connection, however often it has to be tried."""
    while True:
        try:
            return (await connect(url, [kept.identity], kept.kind))[0]
        except ConnectionError:
            back.refused += 1


async def back(url: str, ends: list[Kept]) -> tuple[Back, list[Station]]:
    """All at once: connect, boot, status, the kept end. When each was back, counted from the moment the line was there
    again; a station is back when its status is answered."""
    burst, began = Back(), time.perf_counter()

    async def one(kept: Kept, times: int) -> Station:
        station = await insistent(url, kept, burst)
        await station.boot()
        await station.status("Available")
        burst.latencies.append(time.perf_counter() - began)
        for _ in range(times):
            await station.call(kept.action, kept.payload)
        return station

    return burst, await asyncio.gather(*(one(kept, 1 + (n % REPEATS == 0)) for n, kept in enumerate(ends)))


def report(burst: Back, told_s: float, found: Any) -> None:
    """The figures, and what is missing."""
    print(f"{STATIONS} charge points dropped, and all back at once: half OCPP 1.6, half 2.0.1")
    print(f"back: half after {burst.percentile(0.5) / 1e3:.1f} s, the last after {burst.percentile(1.0) / 1e3:.1f} s "
          f"(target {MOST_S:.0f} s); every end told after {told_s:.1f} s")  # fmt: skip
    print(f"connections refused or reset on the way: {burst.refused}")
    print(f"CPU of the node for one: {1e3 * burst.cpu / STATIONS:.2f} ms")
    print(f"ends told {STATIONS}, a third of them twice; sessions {found['sessions']}, finished {found['finished']}, "
          f"with their whole energy {found['whole']}, of {found['stations']} stations")  # fmt: skip
    print(f"connected by what the database says: {found['connected']} of {STATIONS}")


async def main() -> None:
    with data_folder() as folder:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(node(folder))
            base, url, token, dsn = server.said
            api = ApiClient(base, token)
            stack.push_async_callback(api.close)
            stations: list[Station] = []
            for number, (protocol, kind) in enumerate(KINDS.items()):
                identities = list(await furnish(api, f"lost-{number}", STATIONS // len(KINDS), protocol))
                stations += await charging(url, identities, kind)
            kept = await lost(stations)
            before, began = server.cpu_seconds(), time.perf_counter()
            burst, stations = await back(url, kept)
            told_s, burst.cpu = time.perf_counter() - began, server.cpu_seconds() - before
            report(burst, told_s, await row(dsn, ENDS, CHARGED_WH))
            await asyncio.gather(*(station.close() for station in stations))


if __name__ == "__main__":
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
