"""OCPP benchmark: meter values for each CPU-second of the node, as a share of a server that stores nothing.

The limit is a bare `websockets` server that parses and answers; ours is the whole node, which answers a message once it
is durable. Two hundred stations charge on each side, in turns; afterwards every acknowledged message has to be in the
database. Run it with `scripts/bench ocpp`.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack

import msgspec
import uvloop
from parts.comparison import measure, report
from parts.plant import furnish, stored
from parts.processes import HERE, Server, data_folder, node, serving
from parts.stations import Station, connect, meter_values

from ohmstead.app.demo.plant import Client

STATIONS = 200
IDLE = 1000
FLOOR = 0.35
MOST_MS = 0.6  # CPU of the node for one message


async def charging(url: str, identities: list[str]) -> list[Station]:
    """Stations in the middle of a charge."""
    stations = await connect(url, identities)
    for station in stations:
        await station.introduce()
    return stations


async def idle_memory(server: Server, api: Client) -> None:
    """What a connection costs that says nothing."""
    identities = list(await furnish(api, "idle", IDLE))
    before = server.resident_mb()
    stations = await connect(server.said[1], identities)
    print(f"{len(stations)} idle connections: {1e3 * (server.resident_mb() - before) / len(stations):.0f} kB each")
    await asyncio.gather(*(station.close() for station in stations))


async def main(rounds: int, seconds: float) -> None:
    with data_folder() as folder:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(node(folder))
            bare = await stack.enter_async_context(serving(HERE / "bare_ocpp.py"))
            base, ocpp_url, token, dsn = server.said
            api = Client(base, token)
            stack.push_async_callback(api.close)
            identities = list(await furnish(api, "busy", STATIONS))
            ours, limit = await charging(ocpp_url, identities), await charging(bare.said[0], identities)
            found, acknowledged = await measure((server, ours), (bare, limit), rounds, seconds)
            size = len(msgspec.json.encode([2, "1000", "MeterValues", meter_values(1, 1, 1)]))
            print(f"messages of {size} bytes from {STATIONS} stations, one outstanding each")
            report(found, FLOOR, MOST_MS)
            await asyncio.gather(*(station.close() for station in ours + limit))
            await idle_memory(server, api)
            rows = await stored(dsn)
            print(f"acknowledged {acknowledged}, stored {rows}: {acknowledged - rows} missing")
            print(f"memory of the node: {server.resident_mb():.0f} MB")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=float, default=4.0, help="of each burst")
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.rounds, given.seconds))
