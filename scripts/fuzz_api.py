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
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ohmstead.app.logs import configure
from ohmstead.app.rooms import OPERATIONS
from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.operator.admins import create_token
from ohmstead.store.cluster import Cluster
from ohmstead.store.migrate import migrate
from tests.client import Client
from tests.conftest import served
from tests.fuzz import Fuzz, Report
from tests.given import Given

BOUNDLESS = {
    "rate_limit_per_minute": 10**6, "rate_limit_per_day": 10**9, "api_refusals_per_minute": 10**6,
    "open_calls_per_minute": 10**6,
}  # fmt: skip


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Given]:
    """A system that serves, and makers for it."""
    async with AsyncExitStack() as stack:
        cluster = Cluster(folder / "cluster", throwaway=True)
        dsn = await cluster.start("fuzz")
        stack.push_async_callback(cluster.destroy)
        await migrate(dsn)
        system = await System(Settings(data_dir=folder, port=0, ocpp_port=0, **BOUNDLESS), dsn, SystemClock()).start()
        stack.push_async_callback(system.stop)
        base = await stack.enter_async_context(served(system.api.app))
        async with system.database.begin() as tx:
            api = Client(base, await create_token(tx, system.vault, "fuzz", ["*"]))
        stack.push_async_callback(api.close)
        yield Given(system, api)


async def main(seed: int, pattern: str, examples: int, folder: Path) -> int:
    begun, report = time.monotonic(), Report()
    async with running(folder) as given, Fuzz(given, seed, examples) as fuzz:
        for operation in OPERATIONS:
            if re.search(pattern, f"{operation.method} {operation.path}"):
                report.found.append(await fuzz.tried(operation))
                print(report.found[-1], flush=True)
    print(f"\n{report}\nseed {seed}, {time.monotonic() - begun:.0f} s")
    return 1 if report.faults else 0


if __name__ == "__main__":
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--seed", type=int, default=1)
    cli.add_argument("--operations", default="", metavar="REGEX", help="of `METHOD /path`; without it all")
    cli.add_argument("--examples", type=int, default=50, help="random requests of each operation, beside the others")
    given = cli.parse_args()
    configure("error", False)
    with tempfile.TemporaryDirectory() as scratch, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(given.seed, given.operations, given.examples, Path(scratch))))
