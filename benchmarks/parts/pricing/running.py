"""What the running amounts of many sessions cost, where each is read once a minute; and the least that any program
would do: read what is new, and write an amount for each."""

import time
from dataclasses import dataclass
from decimal import Decimal

from ohmstead.rooms.charging.pricing.running import EVERY_S, RunningPrices
from parts.pricing.hour import START
from parts.pricing.store import Store

TARGET = 0.05
LOOKS = round(60 / EVERY_S)  # a minute; before each of them as many sessions are read
WARM = 30  # minutes that the sessions have run when it begins
WH_A_MINUTE = 160.0

_METERED = "UPDATE session SET metered_at = $3, energy_wh = $4 WHERE id BETWEEN $1 AND $2"
_NEW = "SELECT session_id, energy_wh FROM meter_value WHERE evse_id BETWEEN $1 AND $2 AND at >= $3"
_WRITE = """
UPDATE session SET electricity_cost = told.amount FROM unnest($1::bigint[], $2::numeric[]) AS told(id, amount)
WHERE session.id = told.id"""


@dataclass
class Spent:
    """s of CPU of this process: the product's and the bare program's; how many prices the product told."""

    ours: float = 0.0
    bare: float = 0.0
    told: int = 0


class Site:
    """Sessions that run on a clock that is moved."""

    def __init__(self, store: Store, sessions: int) -> None:
        self.store, self.sessions, self.minutes = store, sessions, 0
        self.prices = RunningPrices(store.database, store.clock)

    async def minute(self) -> Spent:
        """The next one: a twelfth of the meters is read, all that is due is priced, and so on."""
        spent, self.minutes = Spent(), self.minutes + 1
        for look in range(LOOKS):
            first, last = 1 + self.sessions * look // LOOKS, self.sessions * (look + 1) // LOOKS
            await self.store.clock.advance(EVERY_S)
            now, wh = self.store.clock.now(), WH_A_MINUTE * self.minutes
            await self.store.read(first, last, now, wh)
            await self.store.line.execute(_METERED, first, last, now, wh)
            began = time.process_time()
            spent.told += await self.prices.price()
            priced = time.process_time()
            rows = await self.store.line.fetch(_NEW, first, last, now)
            amounts = {row["session_id"]: Decimal("0.49") * int(row["energy_wh"]) / 1000 for row in rows}
            await self.store.line.execute(_WRITE, list(amounts), list(amounts.values()))
            spent.ours, spent.bare = spent.ours + priced - began, spent.bare + time.process_time() - priced
        return spent


async def measure(store: Store, sessions: int, minutes: int) -> None:
    """Print the share of a core."""
    await store.fill(sessions, "active", START, None, 0.0)
    site = Site(store, sessions)
    for _ in range(WARM):
        await site.minute()
    await store.settle()
    found = [await site.minute() for _ in range(minutes)]
    ours, bare, told = (sum(getattr(one, name) for one in found) for name in ("ours", "bare", "told"))
    print(f"{sessions:,} sessions that run, each read once a minute: {ours / minutes / 60:.3f} of a core (target "
          f"{TARGET}), {1e3 * ours / told:.2f} ms for each of {told:,} prices; the bare program "
          f"{bare / minutes / 60:.4f} of a core, {bare / ours:.2f} of it")  # fmt: skip
