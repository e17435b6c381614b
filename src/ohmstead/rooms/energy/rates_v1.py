"""Electricity rates as version 1.0 of the API speaks of them: with all their prices inline, in intervals of 15, 30 or
60 minutes. It shows and writes the days that version 2.0 has below a rate."""

import datetime
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import ARRAY, BigInteger, Boolean, any_, bindparam, delete, insert, select

from ohmstead.engines.electricity_prices import WEEK
from ohmstead.engines.wall_clock import DAY_MIN, minutes
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.money import Percent
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Deprecated, Id, Opt, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.energy.rates import KwhPrice, electricity_rate, price_day, rates
from ohmstead.rooms.operator.taxes import tax, taxes

GRANULARITIES = (60, 30, 15)
_WORDS = dict(zip(WEEK, ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), strict=True))
_DAYS = {word: day for day, word in _WORDS.items()}
_Time = Annotated[str, Meta(pattern=r"^\d{2}:\d{2}:\d{2}$(?!\n)", description="Local time, hours:minutes:seconds.")]


class Element(View):
    start_at: _Time
    end_at: Annotated[_Time, Meta(description="One interval later; 24:00:00 and 00:00:00 are midnight.")]
    price: Opt[KwhPrice | None] = UNSET


class IntervalPricing(View):
    week_days: list[Literal[tuple(_DAYS)]]  # type: ignore[valid-type]
    elements: Opt[list[Element]] = UNSET


class SpecialPricing(View):
    special_pricing_name: str
    valid_on: list[datetime.date]
    elements: Opt[list[Element]] = UNSET


class ElectricityRateV1(View):
    id: Id
    name: Annotated[str, Meta(min_length=1)]
    utility_id: Opt[int | None] = UNSET
    pricing_granularity_in_minutes: Annotated[
        Literal[GRANULARITIES], Meta(description="How long every interval is that has a price.")  # type: ignore[valid-type]
    ]
    default_price_per_kwh: KwhPrice
    tax_id: Opt[Annotated[Deprecated[int], Meta(description="Shown while its percentage is the rate's.")]] = UNSET
    tax_percentage: Opt[Annotated[Percent, Meta(description="The tax that all prices contain, %.")]] = UNSET
    interval_pricing: Opt[list[IntervalPricing] | None] = UNSET
    interval_special_pricing: Opt[list[SpecialPricing] | None] = UNSET


_own, _day = electricity_rate.c, price_day.c
_ids, _key = bindparam("ids", type_=ARRAY(BigInteger)), bindparam("key", type_=BigInteger)
_SAID = Statement(
    select(_own.id, _own.pricing_granularity_in_minutes, tax.c.id.label("tax_id"))
    .outerjoin(tax, (tax.c.id == _own.tax_id) & (tax.c.percentage == _own.tax_percentage))
    .where(_own.id == any_(_ids))
)
_PRICES = Statement(
    select(_day.electricity_rate_id, _day.week_day, _day.date, _day.name, _day.periods)
    .where(_day.electricity_rate_id == any_(_ids))
    .order_by(_day.date, _day.id)
)
_of_week = _day.date.is_(None) == bindparam("of_week", type_=Boolean)
_GONE = Statement(delete(price_day).where(_day.electricity_rate_id == _key, _of_week))


async def _shown(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, dict[str, Any]]:
    """What of rates is not in version 2.0's own answer."""
    of_rate: dict[int, list[Row]] = {id: [] for id in ids}
    for row in await tx.all(_PRICES, ids=ids):
        of_rate[row["electricity_rate_id"]].append(row)
    found = {}
    for row in await tx.all(_SAID, ids=ids):
        days = of_rate[row["id"]]
        step = _step(row["pricing_granularity_in_minutes"] or GRANULARITIES[0], days)
        found[row["id"]] = {
            "pricing_granularity_in_minutes": step,
            "interval_pricing": _week(days, step),
            "interval_special_pricing": _special(days, step),
        } | ({"tax_id": row["tax_id"]} if row["tax_id"] is not None else {})
    return found


def _step(wanted: int, days: list[Row]) -> int:
    """The intervals in which all prices can be told, at most those wanted. Version 2.0 knows periods that fit none."""
    borders = {minutes(one[end]) for day in days for one in day["periods"] for end in ("startsAt", "endsAt")}
    fitting = (step for step in GRANULARITIES if step <= wanted and all(border % step == 0 for border in borders))
    return next(fitting, GRANULARITIES[-1])


def _week(days: list[Row], step: int) -> list[dict[str, Any]]:
    """Week days with the same prices are told together."""
    of_day = {row["week_day"]: _elements(row, step) for row in days if row["week_day"] and row["periods"]}
    found: list[dict[str, Any]] = []
    for day, word in _WORDS.items():
        if elements := of_day.get(day, of_day.get("any")):
            _together(found, {"elements": elements}, "weekDays", word)
    return found


def _special(days: list[Row], step: int) -> list[dict[str, Any]]:
    """Dates of one name with the same prices likewise; what version 2.0 made is called by its date."""
    found: list[dict[str, Any]] = []
    for row in days:
        if row["date"] is not None and row["periods"]:
            date = row["date"].isoformat()
            same = {"specialPricingName": row["name"] or date, "elements": _elements(row, step)}
            _together(found, same, "validOn", date)
    return found


def _together(found: list[dict[str, Any]], same: dict[str, Any], name: str, day: str) -> None:
    alike = next((one for one in found if all(one[part] == value for part, value in same.items())), None)
    if alike is None:
        found.append({name: [day], **same})
    else:
        alike[name].append(day)


def _elements(day: Row, step: int) -> list[dict[str, Any]]:
    found = []
    for one in day["periods"]:
        start, until = minutes(one["startsAt"]), minutes(one["endsAt"])
        while start < until:
            end = min(start - start % step + step, until)
            found.append({"startAt": _time(start), "endAt": _time(end), "price": one["price"]})
            start = end
    return found


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}:00"


def upgrade(body: dict[str, Any]) -> dict[str, Any]:
    """v1.0 -> v2.0; the prices are taken by `take_prices`."""
    if "default_price_per_kwh" in body:
        body["default_price"] = body.pop("default_price_per_kwh")
    return body


def downgrade(fields: dict[str, Any]) -> dict[str, Any]:
    """v2.0 -> v1.0."""
    same = {name: fields[name] for name in ("id", "name", "utility_id")}
    taxed = {} if fields["tax_percentage"] is None else {"tax_percentage": fields["tax_percentage"]}
    return same | taxed | {"default_price_per_kwh": fields["default_price"]} | fields["prices"]


rates.versions.append(
    Version(
        "v1.0",
        ElectricityRateV1,
        pages=Pages.EITHER,
        upgrade=upgrade,
        downgrade=downgrade,
        deprecated=True,
        updates_by_put=True,
        required_on_update=("name", "pricing_granularity_in_minutes", "default_price_per_kwh"),
        field_names={"defaultPrice": "defaultPricePerKwh"},
        filters=tuple(one for one in rates.filters if one.name == "utilityId"),
        includes=(Include("prices", _shown, always=True),),
    )
)
rates.refer(tax_id=taxes)


@rates.writing
async def a_tax_says_the_percentage(write: Write) -> None:
    """Where no percentage is given beside it. A percentage that is no longer its own has no tax."""
    named = write.referred("tax_id")
    if named is not None:
        write.values.setdefault("tax_percentage", named["percentage"])
    elif write.gives("tax_percentage"):
        write.values["tax_id"] = None


@rates.writing
async def take_prices(write: Write) -> None:
    """What a body of 1.0 says of prices, kept until the rate is there."""
    step = write.values.get("pricing_granularity_in_minutes")
    if step is None:
        return
    said = {
        True: write.values.pop("interval_pricing", UNSET),
        False: write.values.pop("interval_special_pricing", UNSET),
    }
    given = {of_week: one or [] for of_week, one in said.items() if one is not UNSET}
    await _what_stays_fits(write, step, given)
    write.extras["days"] = {
        of_week: _taken(write, step, "intervalPricing" if of_week else "intervalSpecialPricing", pricings)
        for of_week, pricings in given.items()
    }


async def _what_stays_fits(write: Write, step: int, given: Mapping[bool, Any]) -> None:
    days = [row for row in await write.tx.all(_PRICES, ids=[write.id]) if (row["date"] is None) not in given]
    if days and _step(step, days) != step:
        write.add_error("pricingGranularityInMinutes", f"There are prices that do not fit intervals of {step} minutes.")


def _taken(
    write: Write, step: int, field: str, pricings: list[IntervalPricing] | list[SpecialPricing]
) -> list[dict[str, Any]]:
    """The rows of the days that they name."""
    rows: dict[Any, dict[str, Any]] = {}
    for number, pricing in enumerate(pricings):
        place = f"{field}.{number}.elements"
        periods = list(_periods(write, step, place, pricing.elements))
        for row in _rows(pricing):
            known = rows.setdefault(row["date"] or row["week_day"], row)
            _add(write, known["periods"], periods)
    week = [rows.get(day, {}).get("periods") for day in WEEK]
    if week[0] and all(one == week[0] for one in week):  # every day alike
        return [rows["mon"] | {"week_day": "any"}]
    return [row for row in rows.values() if row["periods"]]


def _rows(pricing: IntervalPricing | SpecialPricing) -> Iterator[dict[str, Any]]:
    if isinstance(pricing, IntervalPricing):
        for word in dict.fromkeys(pricing.week_days):
            yield {"week_day": _DAYS[word], "date": None, "name": None, "periods": []}
    else:
        for date in dict.fromkeys(pricing.valid_on):
            yield {"week_day": None, "date": date, "name": pricing.special_pricing_name, "periods": []}


def _periods(
    write: Write, step: int, place: str, elements: list[Element] | UnsetType
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Periods of version 2.0 with the place where each is said. An interval without a price has the default one."""
    for number, one in enumerate([] if elements is UNSET else elements):
        start, end = _minute(one.start_at), _minute(one.end_at, end=True)
        if start is None or start % step:
            write.add_error(f"{place}.{number}.startAt", f"It must be the start of an interval of {step} minutes.")
        elif end is None or end != start + step:
            write.add_error(f"{place}.{number}.endAt", f"It must be {step} minutes after the start.")
        elif one.price is not UNSET and one.price is not None:
            period = {"startsAt": _time(start)[:5], "endsAt": _time(end)[:5], "price": one.price}
            yield f"{place}.{number}.startAt", period


def _minute(text: str, end: bool = False) -> int | None:
    """Minutes of the day; None of no such time. An end may be a second early, and midnight is the end of the day."""
    hour, minute, second = (int(part) for part in text.split(":"))
    if hour > (24 if end else 23) or minute > 59 or second not in ((0, 59) if end else (0,)):
        return None
    return (hour * 60 + minute + (second == 59)) or (DAY_MIN if end else 0)


def _add(write: Write, known: list[dict[str, Any]], periods: list[tuple[str, dict[str, Any]]]) -> None:
    starts = {one["startsAt"] for one in known}
    for place, period in periods:
        if period["startsAt"] in starts:
            write.add_error(place, "There is another price for the same time.")
        starts.add(period["startsAt"])
        known.append(period)
    known.sort(key=lambda one: one["startsAt"])


@rates.written
async def put_prices(write: Write) -> None:
    """The days that were said take the place of those there were."""
    times = {"created_at": write.tx.now, "updated_at": write.tx.now, "electricity_rate_id": write.id}
    for of_week, rows in write.extras.get("days", {}).items():
        await write.tx.run(_GONE, key=write.id, of_week=of_week)
        if rows:
            await write.tx.run(insert(price_day).values([row | times for row in rows]))
