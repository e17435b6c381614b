"""Billing benchmark: sessions that have a price are billed end to end with the embedded gateway, and subscriptions that
fall due renew, as shares of the bare statements of the same run; then documents get their PDF, as a share of what typst
alone does.

Run it with `scripts/bench billing`.
"""

import argparse
import asyncio
import statistics
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

import uvloop
from parts.billing import renewals
from parts.billing.documents import documents
from parts.billing.replay import Log, replayed
from parts.billing.world import PRICE, World, world
from parts.processes import data_folder
from sqlalchemy import TextClause, text

from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.billing.documents.files.making import DocumentFiles
from ohmstead.rooms.billing.ledger import faults
from ohmstead.rooms.billing.room import BACKGROUND
from ohmstead.rooms.charging.durable_facts import SessionPriced
from ohmstead.store import engine

FLOOR = 0.3
WITHIN_S, MONTH_S = 600.0, 7200.0
_WORK = [work for work in BACKGROUND if work is not DocumentFiles]  # files are measured by themselves


class Part(NamedTuple):
    """What is billed: what of it is left, and how it is counted in the end; whether it has to be told first."""

    name: str
    left: TextClause
    whole: TextClause
    told: bool = False


SESSIONS = Part(
    "sessions, each held on a card, captured, posted, told and documented",
    text("""
SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM session WHERE payment_status IS DISTINCT FROM 'paid')"""),
    text(f"""
SELECT (SELECT count(*) FROM payment_transaction WHERE status = 'finalized' AND captured = {PRICE}) AS paid,
       (SELECT count(*) FROM embedded_payment WHERE captured = {PRICE}) AS charged,
       (SELECT count(*) FROM document) AS documents"""),
    told=True,
)
RENEWALS = Part("renewals, each held on a card, captured, posted, told and documented", renewals.LEFT, renewals.WHOLE)


async def billed(dsn: str, folder: Path, count: int, part: Part, log: Log | None) -> tuple[float, float]:
    """All is paid in the end; s of the clock on the wall, and of CPU of this process."""
    if log is not None:
        engine._prepare = log.prepare
    system = await System(Settings(data_dir=folder, port=0, ocpp_port=0), dsn, SystemClock()).start()
    try:
        async with AsyncExitStack() as stack:
            works = [system.outbox, *(work(system.database, system.clock) for work in _WORK)]
            async with system.database.begin() as tx:
                for key in range(1, count + 1) if part.told else ():
                    tx.tell(SessionPriced(id=key, charge_point_id=key, evse_id=key))
            if log is not None:
                log.seen.clear()
            wall, cpu = time.perf_counter(), time.process_time()
            for work in works:
                stack.push_async_callback(_ended, asyncio.create_task(work.run()))
            await _paid(system, part, WITHIN_S if log is not None else MONTH_S)
            found = time.perf_counter() - wall, time.process_time() - cpu
        await _whole(system, count, part)
        return found
    finally:
        await system.stop()


async def _ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _paid(system: System, part: Part, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        left = 1
        while left:
            await asyncio.sleep(0.2)
            async with system.database.read() as tx:
                left = await tx.value(part.left)


async def _whole(system: System, count: int, part: Part) -> None:
    """Each was paid once, and the ledger adds up."""
    async with system.database.read() as tx:
        row = await tx.one(part.whole)
        wrong = await faults(tx)
    if wrong or row is None or {*row} != {count}:
        raise RuntimeError(f"{row} of {count}; {wrong}")


async def in_turns(there: World, folder: Path, part: Part, count: int, rounds: int) -> None:
    """Both sides, each on a copy of its own."""
    ours: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    for number in range(rounds + 1):  # the first one warms up
        log = Log()
        mine = await billed(await there.copy(), folder, count, part, log)
        limit = await replayed(await there.copy(), log)
        if number:
            ours.append(mine), bare.append(limit)
    print(f"{count} {part.name}; {len(log.seen) / count:.1f} statements for each")
    print(f"{'':<20} {'ours':>8} {'bare':>8} {'ratio':>6}   target {FLOOR}")
    for at, name in enumerate(("a second", "for each CPU-second")):
        rates = [statistics.median(count / one[at] for one in side) for side in (ours, bare)]
        ratio = statistics.median(limit[at] / mine[at] for mine, limit in zip(ours, bare, strict=True))
        print(f"{name:<20} {rates[0]:>8.0f} {rates[1]:>8.0f} {ratio:>6.2f}", flush=True)


async def month(there: World, folder: Path, count: int) -> None:
    """Ours alone: what they execute is not kept."""
    await renewals.fill(there, count)
    wall, cpu = await billed(await there.copy(), folder, count, RENEWALS, None)
    taken = f"{wall / 60:.1f} minutes, {cpu / 60:.1f} of them CPU of this process"
    print(f"{count} subscriptions renewed in {taken}; {count / wall:.0f} a second")


async def main(given: argparse.Namespace) -> None:
    with data_folder() as folder:
        async with world(folder) as there:
            await there.fill(given.sessions)
            if given.month:
                await month(there, folder, given.month)
                return
            await in_turns(there, folder, SESSIONS, given.sessions, given.rounds)
            await documents(await there.copy(), given.documents, given.rounds)
            await renewals.fill(there, given.renewals)
            await in_turns(there, folder, RENEWALS, given.renewals, given.rounds)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--sessions", type=int, default=1_000, help="of a round")
    options.add_argument("--renewals", type=int, default=1_000, help="of a round")
    options.add_argument("--documents", type=int, default=300, help="of a round")
    options.add_argument("--rounds", type=int, default=5, help="of both sides")
    options.add_argument("--month", type=int, default=0, help="renew so many at once, and nothing else")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(options.parse_args()))
