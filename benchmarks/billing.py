"""Billing benchmark: sessions that have a price are billed end to end with the embedded gateway, as a share of the bare
statements of the same run; then documents get their PDF, as a share of what typst alone does.

Run it with `scripts/bench billing`.
"""

import argparse
import asyncio
import statistics
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import uvloop
from parts.billing.documents import documents
from parts.billing.replay import Log, replayed
from parts.billing.world import PRICE, World, world
from parts.processes import data_folder
from sqlalchemy import text

from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.billing.documents.files.making import DocumentFiles
from ohmstead.rooms.billing.ledger import faults
from ohmstead.rooms.billing.room import BACKGROUND
from ohmstead.rooms.charging.durable_facts import SessionPriced
from ohmstead.store import engine

FLOOR = 0.3
WITHIN_S = 600.0
_WORK = [work for work in BACKGROUND if work is not DocumentFiles]  # files are measured by themselves
_LEFT = text("""
SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM session WHERE payment_status IS DISTINCT FROM 'paid')""")
_WHOLE = text(f"""
SELECT (SELECT count(*) FROM payment_transaction WHERE status = 'finalized' AND captured = {PRICE}) AS paid,
       (SELECT count(*) FROM embedded_payment WHERE captured = {PRICE}) AS charged,
       (SELECT count(*) FROM embedded_payment) AS payments""")


async def billed(dsn: str, folder: Path, sessions: int, log: Log) -> tuple[float, float]:
    """All are told to be priced, and paid in the end; s of the clock on the wall, and of CPU of this process."""
    engine._prepare = log.prepare
    system = await System(Settings(data_dir=folder, port=0, ocpp_port=0), dsn, SystemClock()).start()
    try:
        async with AsyncExitStack() as stack:
            works = [system.outbox, *(work(system.database, system.clock) for work in _WORK)]
            async with system.database.begin() as tx:
                for key in range(1, sessions + 1):
                    tx.tell(SessionPriced(id=key, charge_point_id=key, evse_id=key))
            log.seen.clear()
            wall, cpu = time.perf_counter(), time.process_time()
            for work in works:
                stack.push_async_callback(_ended, asyncio.create_task(work.run()))
            await _paid(system)
            found = time.perf_counter() - wall, time.process_time() - cpu
        await _whole(system, sessions)
        return found
    finally:
        await system.stop()


async def _ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _paid(system: System) -> None:
    async with asyncio.timeout(WITHIN_S):
        left = 1
        while left:
            await asyncio.sleep(0.2)
            async with system.database.read() as tx:
                left = await tx.value(_LEFT)


async def _whole(system: System, sessions: int) -> None:
    """Each was paid once, and the ledger adds up."""
    async with system.database.read() as tx:
        row = await tx.one(_WHOLE)
        wrong = await faults(tx)
    if wrong or row is None or tuple(row) != (sessions, sessions, sessions):
        raise RuntimeError(f"{row} of {sessions}; {wrong}")


async def in_turns(there: World, folder: Path, sessions: int, rounds: int) -> None:
    """Both sides, each on a copy of its own."""
    ours: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    for number in range(rounds + 1):  # the first one warms up
        log = Log()
        mine = await billed(await there.copy(), folder, sessions, log)
        limit = await replayed(await there.copy(), log)
        if number:
            ours.append(mine), bare.append(limit)
    print(f"{sessions} sessions, each held on a card, captured, posted and told; "
          f"{len(log.seen) / sessions:.1f} statements for each")  # fmt: skip
    print(f"{'':<20} {'ours':>8} {'bare':>8} {'ratio':>6}   target {FLOOR}")
    for at, name in enumerate(("a second", "for each CPU-second")):
        rates = [statistics.median(sessions / one[at] for one in side) for side in (ours, bare)]
        ratio = statistics.median(limit[at] / mine[at] for mine, limit in zip(ours, bare, strict=True))
        print(f"{name:<20} {rates[0]:>8.0f} {rates[1]:>8.0f} {ratio:>6.2f}", flush=True)


async def main(sessions: int, rounds: int, pdfs: int) -> None:
    with data_folder() as folder:
        async with world(folder) as there:
            await there.fill(sessions)
            await in_turns(there, folder, sessions, rounds)
            await documents(await there.copy(), pdfs, rounds)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--sessions", type=int, default=1_000, help="of a round")
    options.add_argument("--documents", type=int, default=300, help="of a round")
    options.add_argument("--rounds", type=int, default=5, help="of both sides")
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.sessions, given.rounds, given.documents))
