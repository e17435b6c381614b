"""How long it takes to price sessions that have ended, all of them anew, from their readings in the database; and the
least that any program would do: read them, and write an amount for each."""

import time
from collections import defaultdict
from decimal import Decimal

from ohmstead.rooms.charging.pricing.final import price_ended
from parts.pricing.hour import MINUTE, START, readings
from parts.pricing.store import Store

BATCH = 200  # sessions of one transaction
EACH = 5  # minutes between the readings: 12 of an hour

_READ = "SELECT session_id, energy_wh FROM meter_value WHERE evse_id BETWEEN $1 AND $2 ORDER BY evse_id, at"
_WRITE = """
UPDATE session SET electricity_cost = told.amount FROM unnest($1::bigint[], $2::numeric[]) AS told(id, amount)
WHERE session.id = told.id"""


async def measure(store: Store, sessions: int) -> None:
    """Print sessions/s: both in turns, a batch each, so that what disturbs the machine disturbs both."""
    reads = readings()[EACH - 1 :: EACH]
    await store.fill(sessions, "finished", START, reads[-1].at, reads[-1].energy_wh)
    for read in reads:
        await store.read(1, sessions, read.at, read.energy_wh)
    await store.settle()
    await store.clock.advance(2 * 60 * MINUTE.total_seconds())
    ours = limit = priced = 0.0
    for first in range(1, sessions + 1, BATCH):
        ids = range(first, min(first + BATCH, sessions + 1))
        began = time.perf_counter()
        async with store.database.begin() as tx:
            priced += len(await price_ended(tx, ids, again=True))
        done = time.perf_counter()
        await bare(store, ids)
        ours, limit = ours + done - began, limit + time.perf_counter() - done
    assert priced == sessions, f"{priced} were priced"
    print(f"{sessions:,} sessions of {len(reads)} readings priced anew from the database: {ours:.1f} s, "
          f"{sessions / ours:,.0f} a second; the bare program {limit:.1f} s, {limit / ours:.2f} of it")  # fmt: skip


async def bare(store: Store, ids: range) -> None:
    """One product for each reading, one amount for each session."""
    amounts: dict[int, Decimal] = defaultdict(Decimal)
    before: dict[int, float] = {}
    for session, wh in await store.line.fetch(_READ, ids[0], ids[-1]):
        amounts[session] += Decimal("0.49") * int(wh - before.get(session, wh)) / 1000
        before[session] = wh
    async with store.line.transaction():
        await store.line.execute(_WRITE, list(amounts), list(amounts.values()))
