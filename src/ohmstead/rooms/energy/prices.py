"""Prices: what a kWh costs at an electricity rate, moment by moment: as the operator wrote it, or as a market said.

`prices_of` is the one place that says so, for plans and for bills. What a rate of a type is asked is a `PriceProvider`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Column, ForeignKey, Numeric, UniqueConstraint, bindparam, select

from ohmstead.engines.wall_clock import minutes, shown
from ohmstead.kit.db import Row, Statement, Tx, table, timestamp
from ohmstead.rooms.energy.rates import TYPES, electricity_rate, price_day

imported_price = table(  # what a market said; slots of a rate do not overlap
    "imported_price",
    Column("electricity_rate_id", ForeignKey(electricity_rate.c.id, ondelete="CASCADE"), nullable=False),
    timestamp("starts_at", nullable=False),
    timestamp("ends_at", nullable=False),
    Column("price", Numeric, nullable=False),
    UniqueConstraint("electricity_rate_id", "starts_at"),
)

_own, _key = imported_price.c, bindparam("rate", type_=BigInteger)
_RATE = Statement(select(electricity_rate).where(electricity_rate.c.id == _key))
_DAYS = Statement(select(price_day).where(price_day.c.electricity_rate_id == _key))
_IMPORTED = Statement(
    select(_own.starts_at, _own.ends_at, _own.price)
    .where(_own.electricity_rate_id == _key, _own.ends_at > bindparam("start"), _own.starts_at < bindparam("end"))
    .order_by(_own.starts_at)
)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Price:
    """[start, end), and what a kWh costs then, with tax."""

    start: datetime
    end: datetime
    per_kwh: Decimal


@dataclass(frozen=True, slots=True)
class RatePrices:
    """What is known of the prices of a rate, in order of time. A hole stays one: who plans takes it for dear, who bills
    takes the `default` that the operator named for it."""

    known: tuple[Price, ...]
    default: Decimal

    def billed(self, start: datetime, end: datetime) -> list[Price]:
        """All of [start, end), with the default price in the holes."""
        found, here = list[Price](), start
        for price in self.known:
            if price.end <= here or price.start >= end:
                continue
            if price.start > here:
                found.append(Price(here, price.start, self.default))
            found.append(Price(max(here, price.start), min(price.end, end), price.per_kwh))
            here = found[-1].end
        return [*found, Price(here, end, self.default)] if here < end else found


class PriceProvider(Protocol):
    """Knows the prices of some rates."""

    async def prices(self, tx: Tx, rate: Row, start: datetime, end: datetime, zone: ZoneInfo) -> Sequence[Price]:
        """Those of [start, end) in order, no two at the same time; nothing where it knows none. `zone` is that of the
        place where the energy is drawn."""
        ...


class OperatorsPrices:
    """What the operator wrote: periods by the clock on the wall, and the default price in between."""

    async def prices(self, tx: Tx, rate: Row, start: datetime, end: datetime, zone: ZoneInfo) -> Sequence[Price]:
        days = await tx.all(_DAYS, rate=rate["id"])
        of_day = {row["date"] or row["week_day"]: row["periods"] for row in days}
        usual = Decimal(rate["default_price"])
        return [Price(*one) for one in shown(zone, start, end, lambda day: _layered(of_day, day, usual))]


class ImportedPrices:
    """What a market said, as it was imported."""

    async def prices(self, tx: Tx, rate: Row, start: datetime, end: datetime, zone: ZoneInfo) -> Sequence[Price]:
        rows = await tx.all(_IMPORTED, rate=rate["id"], start=start, end=end)
        return [Price(max(row[0], start), min(row[1], end), Decimal(row[2])) for row in rows]


PROVIDERS: Mapping[str, PriceProvider] = {TYPES[0]: OperatorsPrices()} | dict.fromkeys(TYPES[1:], ImportedPrices())
"""By the type of the rate."""


async def prices_of(tx: Tx, rate_id: int, start: datetime, end: datetime, zone: ZoneInfo) -> RatePrices | None:
    """The prices of a rate in [start, end); None where there is no such rate."""
    rate = await tx.one(_RATE, rate=rate_id)
    if rate is None:
        return None
    known = await PROVIDERS[rate["type"]].prices(tx, rate, start, end, zone)
    return RatePrices(tuple(known), Decimal(rate["default_price"]))


def _layered(
    of_day: Mapping[Any, list[dict[str, Any]]], day: date, usual: Decimal
) -> Iterator[tuple[int, int, Decimal]]:
    """The prices of a whole day by its minutes: periods of its date, where there are none those of its week day, and
    elsewhere the usual price."""
    layers = [of_day.get(day, ()), of_day.get(_WEEK[day.weekday()]) or of_day.get("any") or ()]
    periods = [
        [(minutes(one["startsAt"]), minutes(one["endsAt"]), Decimal(str(one["price"]))) for one in layer]
        for layer in layers
    ]
    borders = sorted({0, 1440, *(border for layer in periods for one in layer for border in one[:2])})
    for of, to in pairwise(borders):
        covering = (price for layer in periods for begin, until, price in layer if begin <= of < until)
        yield of, to, next(covering, usual)
