"""What a tariff asks, told before anything is charged: its prices of the next day in the order that AFIR asks for (kWh,
minute, session, other), and its idle fee."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from msgspec import Struct

from ohmstead.engines.pricing.fees import asked
from ohmstead.engines.pricing.fields import UnitLevel
from ohmstead.engines.pricing.terms import Terms, Window

About = Literal["energy", "time", "session", "other", "idle"]
_DAY = timedelta(days=1)
_USUAL_UNIT = 15  # minutes
MOST_PARTS = 4  # of a day that are told one by one; beyond that a price changes all the time
Hours = list[tuple[str, str]]
Value = tuple[Decimal, int]  # a price, and the minutes of its unit


class Item(Struct, frozen=True):
    """One price or condition. `kind` says which; the others are its figures: prices with tax in major units, numbers of
    minutes, kWh and kW, and `hours` on the clock at the place."""

    about: About
    kind: str
    prices: Mapping[str, Decimal] = {}
    numbers: Mapping[str, Decimal | int] = {}
    hours: Hours = []


class _Course(NamedTuple):
    """A price from one moment on."""

    since: datetime
    value: Value | None


def offer(terms: Terms, at: datetime) -> list[Item]:
    """All that a session costs that would start `at` a moment, UTC."""
    return [*_energy(terms, at), *_time(terms, at), *_session(terms, at), *_other(terms), *_idle(terms, at)]


def _energy(terms: Terms, at: datetime) -> Iterator[Item]:
    fees = terms.fees

    def price(window: Window) -> Value | None:
        parts = [each.unit_price for each in (window.usual.energy, window.usual.service) if each is not None]
        return (sum(parts, Decimal(0)), 1) if parts else None

    if fees.energy is not None or fees.service is not None:
        yield from _told("energy", "kwh", _course(terms, at, price, "energy"))
    for level in fees.energy_levels:
        numbers = {"first": level.first_kwh} | ({} if level.last_kwh is None else {"last": level.last_kwh})
        prices = _given(price=level.fee_per_kwh, flat=level.flat_fee)
        if prices:
            yield Item("energy", "kwh_level", prices, numbers)


def _time(terms: Terms, at: datetime) -> Iterator[Item]:
    fees, conditions = terms.fees, terms.conditions(terms.window(at).now)
    minutes = conditions.price_period_in_minutes or _USUAL_UNIT
    some = bool(fees.duration_levels)
    if fees.duration is not None:
        course = _course(terms, at, lambda window: _due(window.usual.duration, window.usual.bills_duration, minutes),
                         "duration")  # fmt: skip
        told = list(_told("time", "unit", course))
        some = any(item.prices for item in told)
        yield from told
    yield from _levels("time", fees.duration_levels, minutes)
    for level in fees.power_levels:
        prices = _given(price=level.regular, excess=level.excess if level.excess != level.regular else None)
        after = {} if fees.regular_minutes is None else {"after": fees.regular_minutes}
        if prices:
            yield Item("time", "power_level", prices, {"kw": level.up_to_kw} | after)
    if some and conditions.duration_fee_grace_period:
        yield Item("time", "free_minutes", numbers={"minutes": conditions.duration_fee_grace_period})
    if some and terms.pricing.duration_fee_limit is not None:
        yield Item("time", "limit", {"price": terms.pricing.duration_fee_limit})


def _session(terms: Terms, at: datetime) -> Iterator[Item]:
    fees, conditions = terms.fees, terms.conditions(terms.window(at).now)
    if fees.flat:
        yield Item("session", "session", {"price": fees.flat})
    connection = asked(fees.connection, terms.window(at).now)  # that of the start
    if connection:
        least = {"minutes": conditions.connection_fee_minimum_session_duration,
                 "kwh": conditions.connection_fee_minimum_session_energy}  # fmt: skip
        yield Item("session", "connection", {"price": connection}, {name: each for name, each in least.items() if each})


def _other(terms: Terms) -> Iterator[Item]:
    if terms.pricing.min_price:
        yield Item("other", "minimum", {"price": terms.pricing.min_price})


def _idle(terms: Terms, at: datetime) -> Iterator[Item]:
    fees, conditions = terms.fees, terms.conditions(terms.window(at).now)
    minutes = conditions.idle_pricing_period_in_minutes
    some = bool(fees.idle_levels)
    if fees.idle is not None:
        lasting = minutes or 1
        course = _course(terms, at, lambda window: _due(window.usual.idle, window.usual.bills_idle, lasting, lasting),
                         "idle")  # fmt: skip
        told = list(_told("idle", "unit", course))
        some = any(item.prices for item in told)
        yield from told
    yield from _levels("idle", fees.idle_levels, minutes or conditions.price_period_in_minutes or _USUAL_UNIT)
    if some and conditions.idle_fee_grace_period_minutes:
        yield Item("idle", "free_minutes", numbers={"minutes": conditions.idle_fee_grace_period_minutes})
    if some and terms.pricing.idle_fee_limit is not None:
        yield Item("idle", "limit", {"price": terms.pricing.idle_fee_limit})


def _due(price: Decimal | None, billed: bool, minutes: int, times: int = 1) -> Value | None:
    return (price * times, minutes) if price and billed else None


def _levels(about: About, levels: Sequence[UnitLevel], minutes: int) -> Iterator[Item]:
    """Units of time from a first to a last one, as minutes."""
    for level in levels:
        prices = _given(price=level.fee_per_unit, flat=level.flat_fee)
        numbers = {"minutes": minutes, "first": level.first_unit * minutes}
        if level.last_unit is not None:
            numbers["last"] = (level.last_unit + 1) * minutes
        if prices:
            yield Item(about, "unit_level", prices, numbers)


def _course(terms: Terms, at: datetime, price: Callable[[Window], Value | None], name: str) -> Iterator[_Course]:
    """How a price goes for a day. One that is locked when a session starts stays as it is then."""
    moment, until = at, at + (timedelta(0) if name in terms.fees.locked else _DAY)
    window = terms.window(moment)
    value = price(window)
    yield _Course(moment.astimezone(terms.zone), value)
    while (moment := window.end) < until:
        window = terms.window(moment)
        if price(window) != value:
            value = price(window)
            yield _Course(moment.astimezone(terms.zone), value)


def _told(about: About, kind: str, course: Iterable[_Course]) -> Iterator[Item]:
    """Each price with its hours, the one that holds now first; of many the present one, the least and the most."""
    parts: list[_Course] = list(course)
    if len(parts) == 1:
        if parts[0].value is not None:
            yield _item(about, kind, parts[0].value)
        return
    if len(parts) > MOST_PARTS + 1:
        values = [part.value[0] for part in parts if part.value is not None]
        now = parts[0].value
        prices = _given(price=now[0] if now else Decimal(0), least=min(values), most=max(values))
        yield Item(about, f"{kind}_varies", prices, {"minutes": max(part.value[1] for part in parts if part.value)})
        return
    ends = [part.since for part in parts[1:]]
    ends.append(parts[0].since + _DAY)
    hours: dict[Value, Hours] = {}
    for part, until in zip(parts, ends, strict=True):
        if part.value is not None:
            hours.setdefault(part.value, []).append((f"{part.since:%H:%M}", f"{until:%H:%M}"))
    for value, when in hours.items():
        yield _item(about, kind, value, _joined(when))


def _joined(hours: Hours) -> Hours:
    """The last part goes on where the first begins: the day was cut where it is now."""
    if len(hours) > 1 and hours[-1][1] == hours[0][0]:
        return [(hours[-1][0], hours[0][1]), *hours[1:-1]]
    return hours


def _item(about: About, kind: str, value: Value, hours: Hours | None = None) -> Item:
    return Item(about, kind, {"price": value[0]}, {"minutes": value[1]}, hours or [])


def _given(**prices: Decimal | None) -> dict[str, Decimal]:
    return {name: price for name, price in prices.items() if price is not None and (price or name in ("least", "most"))}
