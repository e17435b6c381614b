#!/usr/bin/env python3
"""Tries the API with requests that nobody would think of: no answer may be a 5xx or otherwise than its document says.

A database, a server and a token of its own; charge points agree, refuse, or are not there. Everything that is tried
follows from the seed.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ohmstead.app.logs import configure
from ohmstead.app.rooms import OPERATIONS
from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.stations import stations
from ohmstead.rooms.operator.admins import create_token
from ohmstead.store.cluster import Cluster
from ohmstead.store.migrate import migrate
from tests.client import Client
from tests.conftest import served
from tests.fuzz import Fuzz, Moody, Rows, furnished
from tests.given import Given
from tests.rooms.charges import Gateway
from tests.rooms.partner_walk import World

BOUNDLESS = {"rate_limit_per_minute": 10**6, "rate_limit_per_day": 10**9, "api_refusals_per_minute": 10**6}


async def main(seed: int, pattern: str, examples: int, folder: Path) -> int:
    chosen = [one for one in OPERATIONS if re.search(pattern, f"{one.method} {one.path}")]
    statuses: Counter[int] = Counter()
    begun, faults, unreached = time.monotonic(), 0, []
    async with AsyncExitStack() as stack:
        cluster = Cluster(folder / "cluster", throwaway=True)
        dsn = await cluster.start("fuzz")
        stack.push_async_callback(cluster.destroy)
        await migrate(dsn)
        system = await System(Settings(data_dir=folder, port=0, ocpp_port=0, **BOUNDLESS), dsn, SystemClock()).start()
        stack.push_async_callback(system.stop)
        base = await stack.enter_async_context(served(system.api.app))
        gateway = Gateway()
        stack.callback(stations.provide(gateway))
        async with system.database.begin() as tx:
            token = await create_token(tx, system.vault, "fuzz", ["*"])
        api = Client(base, token)
        stack.push_async_callback(api.close)
        world = await World(Given(system, api)).make()
        gateway.answer = Moody().answer
        rows = await Rows.kept(dsn)
        fuzz = Fuzz(furnished(world, OPERATIONS), base, token, seed, examples)
        for operation in chosen:
            found = await fuzz.tried(operation, rows)
            print(found, flush=True)
            statuses += found.statuses
            faults += len(found.faults)
            unreached += [found.name] if not found.succeeded else []
    total = statuses.total()
    print(f"\n{len(chosen)} operations, {total} requests in {time.monotonic() - begun:.0f} s, seed {seed}")
    print("answers: " + ", ".join(f"{status} {count / total:.1%}" for status, count in sorted(statuses.items())))
    if unreached:
        print(f"never succeeded: {len(unreached)}\n  " + "\n  ".join(unreached))
    print(f"faults: {faults}")
    return 1 if faults else 0


if __name__ == "__main__":
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--seed", type=int, default=1)
    cli.add_argument("--operations", default="", metavar="REGEX", help="of `METHOD /path`; without it all")
    cli.add_argument("--examples", type=int, default=50, help="random requests of each operation, beside the others")
    given = cli.parse_args()
    configure("error", False)
    with tempfile.TemporaryDirectory() as scratch, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(given.seed, given.operations, given.examples, Path(scratch))))
