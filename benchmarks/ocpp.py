"""OCPP benchmark: meter values for each CPU-second of the node, as a share of a server that stores nothing.

The limit is a bare `websockets` server that parses and answers; ours is the whole node, which answers a message once it
is durable. Two hundred stations charge on each side, in turns; afterwards every acknowledged message has to be in the
database. Run it with `scripts/bench ocpp`.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack
from functools import partial

import asyncpg
import msgspec
import uvloop
from parts.processes import HERE, Burst, Rounds, Server, data_folder, median, metered, node, serving
from parts.stations import Station, charge, connect, meter_values

from ohmstead.app.demo.plant import Client

STATIONS = 200
IDLE = 1000
FLOOR = 0.35
MOST_MS = 0.6  # CPU of the node for one message


async def furnish(api: Client, site: str, count: int) -> list[str]:
    """Charge points that charge whoever comes; their OCPP identities."""
    name = [{"locale": "en", "translation": "Car park"}]
    location = (await api.make("/resources/locations/v2.0", {"name": name, "country": "AT"}))["id"]
    for number in range(count):
        body = {
            "name": f"Bay {number}", "type": "public", "locationId": location, "autoStartWithoutAuthorization": True,
            "network": {"id": f"{site}-{number}", "protocol": "ocpp 1.6"},
        }  # fmt: skip
        await api.make("/resources/charge-points/v2.0", body)
    return [f"{site}-{number}" for number in range(count)]


async def charging(url: str, identities: list[str]) -> list[Station]:
    """Stations in the middle of a charge."""
    stations = await connect(url, identities)
    for station in stations:
        await station.introduce()
    return stations


async def stored(dsn: str) -> int:
    """Rows of meter values: each message tells of one moment."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval("SELECT count(*) FROM meter_value")
    finally:
        await connection.close()


async def measure(
    ours: tuple[Server, list[Station]], limit: tuple[Server, list[Station]], rounds: int, seconds: float
) -> tuple[Rounds, int]:
    """Both sides in turn; how many messages of ours were acknowledged, those of the warm-up included."""
    found, acknowledged = Rounds(), 0
    for number in range(-1, rounds):
        mine, bare = [await metered(server, partial(charge, stations, seconds)) for server, stations in (ours, limit)]
        acknowledged += len(mine.latencies)
        if number >= 0:
            found.ours.append(mine)
            found.limit.append(bare)
    return found, acknowledged


def report(found: Rounds) -> None:
    """The figures of the load."""
    cost = 1e3 / median(found.ours, Burst.per_cpu_second)
    p50, p99 = (median(found.ours, lambda burst: burst.percentile(share)) for share in (0.5, 0.99))  # noqa: B023
    size = len(msgspec.json.encode([2, "1000", "MeterValues", meter_values(1, 1, 1)]))
    print(f"messages of {size} bytes from {STATIONS} stations, one outstanding each")
    print(f"ratio to the bare server per CPU-second: {found.ratio():.2f} (target {FLOOR})")
    print(f"per CPU-second: ours {median(found.ours, Burst.per_cpu_second):.0f}, "
          f"bare {median(found.limit, Burst.per_cpu_second):.0f}")  # fmt: skip
    print(f"CPU of the node for one message: {cost:.2f} ms (target {MOST_MS})")
    print(f"messages/s: {median(found.ours, Burst.per_second):.0f}; latency p50 {p50:.0f} ms, p99 {p99:.0f} ms")


async def idle_memory(server: Server, api: Client) -> None:
    """What a connection costs that says nothing."""
    identities = await furnish(api, "idle", IDLE)
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
            identities = await furnish(api, "busy", STATIONS)
            ours, limit = await charging(ocpp_url, identities), await charging(bare.said[0], identities)
            found, acknowledged = await measure((server, ours), (bare, limit), rounds, seconds)
            report(found)
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
