"""The import of prices: what a feed delivers is kept once, whatever it delivers again, and its faults are told.

The feed there is reads a folder. One that asks a service of the network would be one more class with `deliveries`.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy import BigInteger, Column, Integer, Text, UniqueConstraint, bindparam, delete, insert, select

from ohmstead.engines.electricity_prices import NEARLY, Price, closed
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Statement, Tx, as_columns, table, timestamp, unnested_rows
from ohmstead.kit.faults import log_failure
from ohmstead.rooms.energy.price_files import SUFFIXES, Contents, contents
from ohmstead.rooms.energy.prices import imported_price
from ohmstead.rooms.energy.rates import TYPES, electricity_rate

log = structlog.get_logger("ohmstead.energy")
EVERY_S = 60.0
SHOWN = 20
LARGEST = 16 * 2**20  # bytes of a file

price_delivery = table(  # what was taken in, so that it is not again
    "price_delivery",
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),  # SHA-256
    Column("prices", Integer, nullable=False),
    Column("faults", Integer, nullable=False),
    timestamp("taken_at", nullable=False),
    UniqueConstraint("name", "digest"),
)

_own, _said = imported_price.c, price_delivery.c
_KNOWN = Statement(
    select(_said.id).where(_said.name == bindparam("name"), _said.digest == bindparam("digest", type_=Text))
)
_TAKEN = Statement(
    insert(price_delivery).values(
        {name: bindparam(name) for name in ("name", "digest", "prices", "faults", "taken_at")}
        | {"created_at": bindparam("now"), "updated_at": bindparam("now")}
    )
)
_MARKETS = Statement(select(electricity_rate.c.id).where(electricity_rate.c.type != TYPES[0]).with_for_update())
_REPLACED = Statement(
    delete(imported_price)
    .where(
        _own.electricity_rate_id == bindparam("rate", type_=BigInteger),
        _own.ends_at > bindparam("start"),
        _own.starts_at < bindparam("end"),
    )
    .returning(_own.starts_at, _own.ends_at, _own.price)
)
_NAMES = ("electricity_rate_id", "starts_at", "ends_at", "price", "created_at", "updated_at")
_told = unnested_rows(**{name: imported_price.c[name].type for name in _NAMES})
_KEEP = Statement(insert(imported_price).from_select(list(_NAMES), select(*(_told.c[name] for name in _NAMES))))


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that holds prices: the same name and content are the same delivery."""

    name: str
    raw: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()


class PriceFeed(Protocol):
    """Where prices come from."""

    def deliveries(self) -> AsyncIterator[Delivery]:
        """All there is, what was delivered before as well, the oldest first."""
        ...


class PriceFolder:
    """The files of a folder, by their names; what is still being written has another suffix."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[int, int]] = {}

    async def deliveries(self) -> AsyncIterator[Delivery]:
        for path, state in await asyncio.to_thread(self._changed):
            if state[1] > LARGEST:
                log.warning("price file is too large", file=path.name, bytes=state[1])
            else:
                yield Delivery(path.name, await asyncio.to_thread(path.read_bytes))
            self._seen[path.name] = state  # once it was taken in

    def _changed(self) -> list[tuple[Path, tuple[int, int]]]:
        """The files that changed since they were read last, with when that was and their size."""
        found: list[tuple[Path, tuple[int, int]]] = []
        for path in sorted(self._folder.iterdir()):
            if path.suffix in SUFFIXES and path.is_file():
                state = path.stat().st_mtime_ns, path.stat().st_size
                if self._seen.get(path.name) != state:
                    found.append((path, state))
        return found


Told = Callable[[int, int], None]
"""Hears of each delivery how many prices it had, and how many faults."""


class PriceImport:
    """Takes in what a feed delivers, one delivery in one transaction."""

    def __init__(self, database: Database, clock: Clock, feed: PriceFeed, told: Told) -> None:
        self._database, self._clock, self._feed, self._told = database, clock, feed, told

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.take_new()
            except Exception as error:
                log_failure(log, "prices not imported", error)
            await self._clock.sleep(EVERY_S)

    async def take_new(self) -> None:
        """Take in what is new."""
        async for delivery in self._feed.deliveries():
            async with self._database.begin() as tx:
                known = await tx.value(_KNOWN, name=delivery.name, digest=delivery.digest)
                if known is None:
                    await self._take(tx, delivery)

    async def _take(self, tx: Tx, delivery: Delivery) -> None:
        found = contents(delivery.name, delivery.raw)
        await keep(tx, found)
        count, faults = len(found.slots), len(found.faults)
        await tx.run(
            _TAKEN, name=delivery.name, digest=delivery.digest, prices=count, faults=faults, taken_at=tx.now, now=tx.now
        )
        tx.after_commit(lambda: self._tell(delivery.name, found))

    def _tell(self, name: str, found: Contents) -> None:
        if found.faults:
            lines = [f"line {line}: {why}" for line, why in found.faults[:SHOWN]]
            log.warning("faults in prices", file=name, faults=lines, more=max(0, len(found.faults) - SHOWN))
        log.info("prices imported", file=name, prices=len(found.slots))
        self._told(len(found.slots), len(found.faults))


async def keep(tx: Tx, found: Contents) -> None:
    """Keep the prices of a delivery in place of what is known for the same time. Of rates that follow no market it
    takes none, and says so."""
    markets = {row[0] for row in await tx.all(_MARKETS)}
    for line, slot in list(found.slots):
        if slot.electricity_rate_id not in markets:
            found.slots.remove((line, slot))
            found.refuse(line, f"There is no electricity rate {slot.electricity_rate_id} that follows a market.")
    by_rate: dict[int, list[Price]] = {}
    for _, slot in found.slots:
        by_rate.setdefault(slot.electricity_rate_id, []).append(Price(slot.starts_at, slot.ends_at, slot.price))
    for rate_id, prices in by_rate.items():
        await _replace(tx, rate_id, closed(prices))


async def _replace(tx: Tx, rate_id: int, prices: list[Price]) -> None:
    span = {"start": prices[0].start - NEARLY, "end": prices[-1].end + NEARLY}
    before = [Price(row[0], row[1], row[2]) for row in await tx.all(_REPLACED, rate=rate_id, **span)]
    every = closed([*prices, *_besides(before, prices)])
    rows = [
        {"electricity_rate_id": rate_id, "starts_at": one.start, "ends_at": one.end, "price": one.per_kwh,
         "created_at": tx.now, "updated_at": tx.now}
        for one in every
    ]  # fmt: skip
    await tx.run(_KEEP, **as_columns(rows))


def _besides(before: Iterable[Price], prices: list[Price]) -> list[Price]:
    """What of the known prices the new ones leave standing."""
    left = list(before)
    for new in prices:
        rest = [one for one in left if one.end <= new.start or one.start >= new.end]
        for one in left:
            if one not in rest:
                rest += [
                    part for part in (replace(one, end=new.start), replace(one, start=new.end)) if part.start < part.end
                ]
        left = rest
    return left
