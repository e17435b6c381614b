"""Transactions benchmark: events of OCPP 2.0.1 for each CPU-second, as a share of a server that stores nothing.

Two hundred stations in the middle of a charge send one TransactionEvent (Updated, with a whole meter reading) after
another, to the node and to a bare server in turns; afterwards every acknowledged reading has to be in the database. Run
it with `scripts/bench transactions`.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack

import msgspec
import uvloop
from parts.comparison import measure, report
from parts.plant import furnish, stored
from parts.processes import HERE, data_folder, node, serving
from parts.stations import Station, connect
from parts.stations_v201 import StationV201

from ohmstead.app.demo.plant import Client

STATIONS = 200
FLOOR = 0.45
MOST_MS = 0.4  # CPU of the node for one message


async def charging(url: str, identities: list[str]) -> list[Station]:
    """Stations in the middle of a charge."""
    stations = await connect(url, identities, StationV201)
    await asyncio.gather(*(station.introduce() for station in stations))
    return stations


async def main(rounds: int, seconds: float) -> None:
    with data_folder() as folder:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(node(folder))
            bare = await stack.enter_async_context(serving(HERE / "bare_ocpp.py"))
            base, ocpp_url, token, dsn = server.said
            api = Client(base, token)
            stack.push_async_callback(api.close)
            identities = list(await furnish(api, "busy", STATIONS, "ocpp 2.0.1"))
            ours, limit = await charging(ocpp_url, identities), await charging(bare.said[0], identities)
            size = len(msgspec.json.encode([2, "1000", *ours[0].metering()]))
            found, acknowledged = await measure((server, ours), (bare, limit), rounds, seconds)
            print(f"TransactionEvents of {size} bytes from {STATIONS} stations, one outstanding each")
            report(found, FLOOR, MOST_MS)
            await asyncio.gather(*(station.close() for station in ours + limit))
            rows = await stored(dsn) - STATIONS  # each start told of a reading, too
            print(f"acknowledged {acknowledged}, stored {rows}: {acknowledged - rows} missing")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=float, default=4.0, help="of each burst")
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.rounds, given.seconds))
