"""Prices: what a kWh costs at an electricity rate, moment by moment: as the operator wrote it, or as a market said.

`prices_of` is the one place that says so, for plans and for bills; `rate_content` is what a tariff's snapshot keeps of
it. What a rate of a type is asked is a `PriceProvider`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import BigInteger, Column, Date, ForeignKey, Numeric, UniqueConstraint, bindparam, select

from ohmstead.engines.electricity_prices import ElectricityPrices, electricity_prices
from ohmstead.kit.db import Row, Statement, Tx, table, timestamp
from ohmstead.kit.money import bounds_of, rounded
from ohmstead.rooms.energy.rates import TYPES, KwhPrice, electricity_rate, price_day
from ohmstead.rooms.operator.exchange import Exchange, exchange
from ohmstead.rooms.operator.settings import base_currency_code

log = structlog.get_logger("ohmstead.energy")

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
_DAYS = Statement(
    select(price_day.c.week_day, price_day.c.date, price_day.c.periods)
    .where(price_day.c.electricity_rate_id == _key)
    .where(price_day.c.date.is_(None) | price_day.c.date.between(bindparam("first", type_=Date), bindparam("last")))
    .order_by(price_day.c.id)
)
_IMPORTED = Statement(
    select(_own.starts_at, _own.ends_at, _own.price)
    .where(_own.electricity_rate_id == _key, _own.ends_at > bindparam("start"), _own.starts_at < bindparam("end"))
    .order_by(_own.starts_at)
)
_DAY = timedelta(days=1)
KEPT_AHEAD = timedelta(days=31)
"""How far ahead of a session's start a snapshot keeps prices; what lies further off has the default price."""


class PriceProvider(Protocol):
    """Knows the prices of some rates."""

    async def said(self, tx: Tx, rate: Row, start: datetime, end: datetime) -> Mapping[str, Any]:
        """Those of [start, end), and perhaps more, as the content of a snapshot has them."""
        ...


class OperatorsPrices:
    """What the operator wrote: periods by the clock on the wall, and the default price in between."""

    async def said(self, tx: Tx, rate: Row, start: datetime, end: datetime) -> Mapping[str, Any]:
        # the clock on the wall may show another date than that of UTC
        rows = await tx.all(_DAYS, rate=rate["id"], first=_date(start - _DAY), last=_date(end + _DAY))
        of_week, of_date = ([row for row in rows if (row[1] is None) is plain] for plain in (True, False))
        return {
            "weekDays": {row["week_day"]: row["periods"] for row in of_week},
            "dates": {row["date"].isoformat(): row["periods"] for row in of_date},
        }


class ImportedPrices:
    """What a market said, as it was imported."""

    async def said(self, tx: Tx, rate: Row, start: datetime, end: datetime) -> Mapping[str, Any]:
        rows = await tx.all(_IMPORTED, rate=rate["id"], start=start, end=end)
        return {"slots": [[row[0].isoformat(), row[1].isoformat(), row[2]] for row in rows]}


PROVIDERS: Mapping[str, PriceProvider] = {TYPES[0]: OperatorsPrices()} | dict.fromkeys(TYPES[1:], ImportedPrices())
"""By the type of the rate."""


async def prices_of(tx: Tx, rate_id: int, start: datetime, end: datetime) -> ElectricityPrices | None:
    """The prices of a rate, to be asked for those of [start, end); None where there is no such rate. Who plans takes a
    hole for dear (`known`), who bills takes the default price for it (`billed`)."""
    content = await _content(tx, rate_id, start, end)
    return None if content is None else electricity_prices(content)


async def rate_content(
    tx: Tx, rate_id: int, zone: str | None, at: datetime, currency: str | None = None
) -> dict[str, Any] | None:
    """What a snapshot of a tariff keeps of a rate: its prices from the local midnight before `at` on, in a currency
    (None: the base one, in which rates are). None where there is no such rate, or no way into the currency. Without a
    zone midnight is that of UTC."""
    local = at.astimezone(ZoneInfo(zone) if zone else UTC)
    midnight = datetime.combine(local.date(), time(), local.tzinfo).astimezone(UTC)
    content = await _content(tx, rate_id, midnight, midnight + KEPT_AHEAD)
    base = await base_currency_code(tx) if currency else None
    if content is None or base is None or currency is None or base == currency:
        return content
    into = await exchange(tx, base, currency)
    if into is None:
        log.warning("no currency rate for the prices of an electricity rate", of=base, into=currency, rate=rate_id)
        return None
    return _exchanged(content, into)


def _exchanged(content: Mapping[str, Any], into: Exchange) -> dict[str, Any]:
    """A rate's content in another currency, to as many digits as a price may have."""

    def price(value: Any) -> Decimal:
        return rounded(into(Decimal(str(value))), bounds_of(KwhPrice).places)

    def day(periods: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one | {"price": price(one["price"])} for one in periods]

    layers = {
        name: {key: day(periods) for key, periods in content[name].items()}
        for name in ("weekDays", "dates")
        if name in content
    }
    slots = {"slots": [[of, to, price(one)] for of, to, one in content["slots"]]} if "slots" in content else {}
    return {**content, "defaultPrice": price(content["defaultPrice"]), **layers, **slots}


async def _content(tx: Tx, rate_id: int, start: datetime, end: datetime) -> dict[str, Any] | None:
    rate = await tx.one(_RATE, rate=rate_id)
    if rate is None:
        return None
    said = await PROVIDERS[rate["type"]].said(tx, rate, start, end)
    default, tax = rate["default_price"], rate["tax_percentage"]
    return {"id": rate["id"], "defaultPrice": default, "taxPercentage": tax, **said}


def _date(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
