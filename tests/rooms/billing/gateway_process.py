"""The worker of calls in a process of its own, over the database whose address it is given: what a server does of
payments, and starts in a quarter of its time."""

import asyncio
import sys

from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.billing.gateways.embedded import EmbeddedGateway
from ohmstead.rooms.billing.gateways.gateway import Gateways, gateways
from ohmstead.rooms.billing.gateways.worker import GatewayCalls
from ohmstead.store.engine import PostgresDatabase


async def main(dsn: str) -> None:
    """For ever."""
    clock = SystemClock()
    database = await PostgresDatabase.connect(dsn, clock, most=4)
    embedded = EmbeddedGateway(database, clock, b"signs nothing here")
    gateways.provide(Gateways({embedded.name: embedded}, embedded.name))
    await GatewayCalls(database, clock).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
