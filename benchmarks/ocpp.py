"""OCPP benchmark: meter values for each CPU-second of the node, as a share of a server that stores nothing.

The limit is a bare `websockets` server that parses and answers; ours is the whole node, which answers a message once it
is durable. Two hundred stations charge on each side, in turns; afterwards every acknowledged message has to be in the
database. Run it with `scripts/bench ocpp`.
"""

import asyncio

import msgspec
from parts.comparison import STATIONS, both_sides, measure, report, run
from parts.plant import furnish
from parts.processes import Server
from parts.stations import Station, connect, meter_values

from ohmstead.app.api_client import ApiClient

IDLE = 1000
FLOOR = 0.45
MOST_MS = 0.4  # CPU of the node for one message


async def charging(url: str, identities: list[str]) -> list[Station]:
    """Stations in the middle of a charge."""
    stations = await connect(url, identities)
    for station in stations:
        await station.introduce()
    return stations


async def idle_memory(server: Server, api: ApiClient) -> None:
    """What a connection costs that says nothing."""
    identities = list(await furnish(api, "idle", IDLE))
    before = server.resident_mb()
    stations = await connect(server.said[1], identities)
    print(f"{len(stations)} idle connections: {1e3 * (server.resident_mb() - before) / len(stations):.0f} kB each")
    await asyncio.gather(*(station.close() for station in stations))


async def main(rounds: int, seconds: float) -> None:
    async with both_sides(charging) as sides:
        found, acknowledged = await measure(sides.ours, sides.limit, rounds, seconds)
        size = len(msgspec.json.encode([2, "1000", "MeterValues", meter_values(1, 1, 1)]))
        print(f"messages of {size} bytes from {STATIONS} stations, one outstanding each")
        report(found, FLOOR, MOST_MS)
        print(await sides.missing(acknowledged))
        await idle_memory(sides.ours[0], sides.api)
        print(f"memory of the node: {sides.ours[0].resident_mb():.0f} MB")


if __name__ == "__main__":
    run(main, __doc__)
