"""What sessions cost, as the API shows it: fees, charging periods, and what was due between the marks of the clock.

A session whose price is final shows what is stored of it; of one that runs it is worked out.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from msgspec import convert
from sqlalchemy import ARRAY, BigInteger, bindparam, func, select

from ohmstead.engines.idle import IdleRules
from ohmstead.engines.pricing import Covered
from ohmstead.engines.pricing.model import Line, Stretch
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.money import Precision
from ohmstead.kit.views import stamp
from ohmstead.rooms.charging.pricing.covered import covers_of
from ohmstead.rooms.charging.pricing.derived import Derived, derived
from ohmstead.rooms.charging.pricing.kept import KeptPeriod, KeptPrice, kept_price
from ohmstead.rooms.charging.pricing.reading import NEEDED
from ohmstead.rooms.charging.pricing.tables import session_price
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.tariffs.snapshot_terms import SnapshotTerms, terms_of_snapshots

_price = session_price.c
_ids = bindparam("ids", type_=ARRAY(BigInteger))
_SESSIONS = Statement(
    select(
        *NEEDED, session.c.billing_status, session.c.amount_with_tax, session.c.amount_without_tax,
        func.coalesce(_price.priced["idle"], _price.run["idle"]).label("idle"),
        _price.priced["covered"].label("covered"),
    )
    .outerjoin(session_price, _price.session_id == session.c.id)
    .where(session.c.id == _ids.any_())
)  # fmt: skip
_KEPT = Statement(
    select(_price.session_id, _price.lines, _price.periods).where(
        _price.session_id == _ids.any_(), _price.periods.is_not(None)
    )
)
BILLED = ("completed", "suspended")
"""Billing statuses of sessions that have a final price."""


async def sessions_of(tx: Tx, ids: Sequence[int]) -> list[Row]:
    """What is known of the prices of sessions."""
    return await tx.all(_SESSIONS, ids=list(ids))


async def derived_of(tx: Tx, rows: Sequence[Row]) -> dict[int, Derived]:
    """What rows of `sessions_of` cost, worked out."""
    rules = {row["id"]: convert(row["idle"], IdleRules) for row in rows if row["idle"]}
    covered = {row["id"]: convert(row["covered"], list[Covered]) for row in rows if row["covered"]}
    running = await covers_of(tx, [row for row in rows if row["billing_status"] not in BILLED])
    return await derived(tx, rows, rules, covered | {key: list(cover.windows) for key, cover in running.items()})


async def kept_prices(tx: Tx, ids: Sequence[int]) -> dict[int, KeptPrice]:
    """The final prices of sessions, as they are stored."""
    return {key: kept_price(lines, periods) for key, lines, periods in await tx.all(_KEPT, ids=list(ids))}


async def breakdowns(tx: Tx, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The fees of the sessions that are billed."""
    rows = [row for row in await sessions_of(tx, ids) if row["billing_status"] in BILLED]
    tariffs, kept = await _tariffs(tx, rows), await kept_prices(tx, ids)
    shown: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        lines = kept[row["id"]].lines if row["id"] in kept else ()
        shown[row["id"]] = [_whole_fee(line, tariffs[row["tariff_snapshot_id"]]) for line in lines]
    return shown


async def charging_periods(tx: Tx, ids: Sequence[int], broken_down: bool) -> dict[int, list[dict[str, Any]]]:
    """The charging periods of each session, with the fees of those that are billed where that is asked for."""
    rows, kept = await sessions_of(tx, ids), await kept_prices(tx, ids)
    tariffs = await _tariffs(tx, rows)
    unkept = [row for row in rows if row["id"] not in kept]
    worked_out = await derived_of(tx, unkept) if unkept else {}
    shown: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        key, tariff = row["id"], tariffs.get(row["tariff_snapshot_id"])
        if tariff is None:
            shown[key] = list(_unpriced(worked_out[key].stretches))
            continue
        periods = (kept[key] if key in kept else _worked_out(worked_out[key])).periods
        with_fees = broken_down and row["billing_status"] in BILLED
        shown[key] = list(_periods(periods, tariff if with_fees else None))
    return shown


def costs_between(made: Derived, borders: Sequence[datetime]) -> list[dict[str, float]] | None:
    """What was due from each border to the next; None where there is no tariff, or what is worked out is not what is
    billed: not everything may be kept that the price was made of."""
    price, row = made.price(borders[1:-1]), made.row
    if price is None or (row["billing_status"] in BILLED and row["amount_with_tax"] != price.amount):
        return None
    sums = [[Decimal(0), Decimal(0)] for _ in borders[1:]]
    for period in price.periods:
        place = min(bisect_right(borders, period.start), len(sums)) - 1
        sums[place][0] += period.amount
        sums[place][1] += sum((line.net for line in period.lines), Decimal(0))
    return [_money(*one) for one in sums]


async def _tariffs(tx: Tx, rows: Iterable[Row]) -> dict[int, SnapshotTerms]:
    ids = {row["tariff_snapshot_id"] for row in rows} - {None}
    return await terms_of_snapshots(tx, ids) if ids else {}


def _worked_out(made: Derived) -> KeptPrice:
    price = made.price()
    assert price is not None, "it has a tariff"
    return KeptPrice.of(price)


def _unpriced(stretches: Iterable[Stretch]) -> Iterator[dict[str, Any]]:
    """Periods of charging and of standing idle, where nothing has a price."""
    for number, (idle, each) in enumerate(groupby(stretches, key=lambda one: one.idle), 1):
        alike = list(each)
        energy = sum(one.energy_wh for one in alike)
        yield _period(number, alike[0].start, alike[-1].end, energy, "idle" if idle else "charging")


def _periods(periods: Iterable[KeptPeriod], tariff: SnapshotTerms | None) -> Iterator[dict[str, Any]]:
    """With the fees of a tariff, or without any."""
    for number, one in enumerate(periods, 1):
        shown = _period(number, one.start, one.end, one.energy_wh, "idle" if one.idle else "charging")
        if kind := one.label.get("dayPeriod") or (None if one.idle else one.label.get("chargingType")):
            shown["state"] += f"@{kind}"
        if one.label:
            shown["pricingDetails"] = one.label
        shown["amount"] = float(one.amount)
        if tariff is not None:
            shown["priceBreakdown"] = [_fee(line, tariff) for line in one.lines]
        yield shown


def _period(number: int, start: datetime, end: datetime, energy_wh: int, state: str) -> dict[str, Any]:
    return {
        "id": number, "energy": energy_wh, "startedAt": stamp(start), "stoppedAt": stamp(end), "state": state,
        "chargingState": state,
    }  # fmt: skip


def _whole_fee(line: Line, tariff: SnapshotTerms) -> dict[str, Any]:
    shown = _fee(line, tariff)
    return shown | {"totalPrice": shown["price"]["withTax"], "unitPrice": shown["pricePerUnit"]["withTax"]}


def _fee(line: Line, tariff: SnapshotTerms) -> dict[str, Any]:
    """A line in kWh, minutes or sessions, whatever its unit of time."""
    taxed = tariff.content["tax"]
    percentage = Decimal(taxed["percentage"]) if taxed else Decimal(0)
    shown = {
        "type": line.type, "currency": tariff.currency, "unit": line.unit,
        "pricePerUnit": _per_unit(line.unit_price / line.minutes, percentage, tariff.precision),
        "quantity": float(line.quantity * line.minutes), "price": _money(line.price, line.net),
    }  # fmt: skip
    return shown | ({"taxPercentage": float(percentage)} if taxed else {})


def _per_unit(price: Decimal, percentage: Decimal, precision: Precision) -> dict[str, float]:
    return _money(precision.price(price), precision.price(price / (1 + percentage / 100)))


def _money(with_tax: Decimal, without_tax: Decimal) -> dict[str, float]:
    return {"withTax": float(with_tax), "withoutTax": float(without_tax)}
