"""Starts benchmark: five hundred drivers press start in the same moment; how long until each has an answer.

Five hundred connected charge points of OCPP 1.6, one order for each through the public API, all sent at once, each over
a connection of its own that is opened then. The answer comes when the charge point has accepted. Between the rounds
each one begins its charge and ends it: every order has to have become one session. Run it with `scripts/bench starts`.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack

import uvloop
from parts.http_load import once, request
from parts.plant import asked, furnish
from parts.processes import Burst, Server, data_folder, median, metered, node
from parts.stations import Station, connect

from ohmstead.app.api_client import ApiClient

STATIONS = 500
MOST_S = 1.0  # p99
ACCEPTED = {"RemoteStartTransaction": {"status": "Accepted"}, "SetChargingProfile": {"status": "Accepted"}}


async def ready(url: str, identities: list[str]) -> list[Station]:
    """Stations that are free, and agree to every start."""
    stations = await connect(url, identities)
    for station in stations:
        station.answers = ACCEPTED

    async def introduced(station: Station) -> None:
        await station.boot()
        await station.status("Available")

    await asyncio.gather(*map(introduced, stations))
    return stations


async def starts(server: Server, ids: list[int]) -> Burst:
    """An order for each, all at once; every answer has to say that it succeeded."""
    base, _, token, _ = server.said
    path = f"{base}/public-api/actions/charge-point/v1.0"
    orders = [request("POST", f"{path}/{one}/start/1", token, b"{}") for one in ids]
    return await once(base, orders, 202, b'"success":true')


async def charged(station: Station) -> None:
    """A short charge, as the order wants it."""
    station.tag = station.asked["RemoteStartTransaction"]["idTag"]
    await station.begin()
    await station.call(*station.ending())


async def main(rounds: int) -> None:
    with data_folder() as folder:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(node(folder))
            base, ocpp_url, token, dsn = server.said
            api = ApiClient(base, token)
            stack.push_async_callback(api.close)
            points = await furnish(api, "free", STATIONS)
            stations = await ready(ocpp_url, list(points))
            bursts: list[Burst] = []
            for _ in range(rounds):
                bursts.append(await metered(server, lambda: starts(server, list(points.values()))))
                await asyncio.gather(*map(charged, stations))
            report(bursts)
            done = await asked(dsn, "SELECT count(*) FROM session WHERE status = 'finished' AND remote")
            print(f"ordered {rounds * STATIONS}, charged and ended {done}: {rounds * STATIONS - done} missing")
            await asyncio.gather(*(station.close() for station in stations))


def report(bursts: list[Burst]) -> None:
    """The figures of all rounds, their median."""
    p50, p99, most = (median(bursts, lambda burst: burst.percentile(share)) for share in (0.5, 0.99, 1.0))  # noqa: B023
    print(f"{STATIONS} starts at once, each on a new connection, {len(bursts)} rounds")
    print(f"answered: p50 {p50:.0f} ms, p99 {p99:.0f} ms, the last {most:.0f} ms (target p99 {1e3 * MOST_S:.0f} ms)")
    print(f"CPU of the node for one start: {1e3 / median(bursts, Burst.per_cpu_second):.2f} ms")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.rounds))
