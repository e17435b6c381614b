"""Transactions benchmark: events of OCPP 2.0.1 for each CPU-second, as a share of a server that stores nothing.

Two hundred stations in the middle of a charge send one TransactionEvent (Updated, with a whole meter reading) after
another, to the node and to a bare server in turns; afterwards every acknowledged reading has to be in the database. Run
it with `scripts/bench transactions`.
"""

import asyncio

import msgspec
from parts.comparison import STATIONS, both_sides, measure, report, run
from parts.stations import Station, connect
from parts.stations_v201 import StationV201

FLOOR = 0.45
MOST_MS = 0.4  # CPU of the node for one message


async def charging(url: str, identities: list[str]) -> list[Station]:
    """Stations in the middle of a charge."""
    stations = await connect(url, identities, StationV201)
    await asyncio.gather(*(station.introduce() for station in stations))
    return stations


async def main(rounds: int, seconds: float) -> None:
    async with both_sides(charging, "ocpp 2.0.1") as sides:
        size = len(msgspec.json.encode([2, "1000", *sides.ours[1][0].metering()]))
        found, acknowledged = await measure(sides.ours, sides.limit, rounds, seconds)
        print(f"TransactionEvents of {size} bytes from {STATIONS} stations, one outstanding each")
        report(found, FLOOR, MOST_MS)
        print(await sides.missing(acknowledged, besides=STATIONS))  # each start told of a reading, too


if __name__ == "__main__":
    run(main, __doc__)
