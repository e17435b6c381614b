"""Pricing benchmark: what a session costs to price, what running amounts cost, and how long it takes to price all anew.

Run it with `scripts/bench pricing`; `--only hour` measures the engine alone, without a database.
"""

import argparse
import asyncio
from pathlib import Path
from typing import Any

import uvloop
from parts.pricing import anew, hour, running
from parts.pricing.store import store
from parts.processes import data_folder


async def stored(given: argparse.Namespace) -> None:
    """The parts that need a database, each with one of its own."""
    parts: dict[str, Any] = {
        "running": lambda kept: running.measure(kept, given.active, given.minutes),
        "anew": lambda kept: anew.measure(kept, given.sessions),
    }
    for name, measure in parts.items():
        if given.only in (None, name):
            with data_folder() as folder:
                async with store(Path(folder), hour.START) as kept:
                    await measure(kept)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--only", choices=["hour", "running", "anew"], help="a part of it")
    options.add_argument("--seconds", type=float, default=1.0, help="of CPU for each figure of a type")
    options.add_argument("--active", type=int, default=1000, help="sessions that run")
    options.add_argument("--minutes", type=int, default=10, help="of their time")
    options.add_argument("--sessions", type=int, default=100_000, help="that are priced anew")
    chosen = options.parse_args()
    if chosen.only in (None, "hour"):
        hour.measure_all(chosen.seconds)
    if chosen.only != "hour":
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(stored(chosen))
