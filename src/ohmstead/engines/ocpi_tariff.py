"""What a session costs by a tariff of OCPI 2.x, as a roaming peer sent it.

Covers: ENERGY, TIME (charging), PARKING_TIME (idle) and FLAT (once a session); per kind the first element whose
restrictions hold at the moment: clock, dates and days of the week of the location, kWh and seconds since the start, and
power as the average of a stretch; step sizes, VAT by component, `min_price` and `max_price`. Elements for reservations
price no charging. Refuses (`Unpriced`): restrictions on current, prices that contain tax (`tax_included`), a bound
without VAT over several rates of it. Whether a tariff is valid on a day is for the caller.

A step size holds once for a session, for what it sums up to: energy by the step where the last of it flowed, time by
that of its last kind, charging or parked; the time of the other kind is not rounded. The rest up to the step is paid at
the price of that last part."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from ohmstead.engines.pricing.model import Stretch
from ohmstead.engines.wall_clock import DAY_MIN, minutes, shown

Kind = Literal["ENERGY", "FLAT", "PARKING_TIME", "TIME"]
_ONE = {"ENERGY": 1000, "FLAT": 1, "PARKING_TIME": 3600, "TIME": 3600}  # Wh, times and seconds that a price is for
_WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


class Unpriced(ValueError):
    """The tariff says what cannot be priced; the text tells what."""


class Component(Struct, frozen=True):
    """`price` without VAT per kWh, hour or session; `step_size` in Wh or seconds; `vat` in %, None for none."""

    type: Kind
    price: Decimal
    step_size: int = 1
    vat: Decimal | None = None


class Restrictions(Struct, frozen=True):
    """Starts and least values are in, ends and most values out."""

    start_time: str | None = None
    end_time: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: list[str] = field(default_factory=list)
    reservation: str | None = None


class Element(Struct, frozen=True):
    price_components: list[Component]
    restrictions: Restrictions | None = None


class Price(Struct, frozen=True):
    excl_vat: Decimal
    incl_vat: Decimal | None = None


class OcpiTariff(Struct, frozen=True):
    """The members of a tariff object that its price needs; others are left aside when one is decoded."""

    elements: list[Element]
    min_price: Price | None = None
    max_price: Price | None = None
    tax_included: str | None = None


class OcpiLine(Struct, frozen=True):
    """One price of a kind. `volume` is what is paid for, steps included, in kWh, hours, or sessions."""

    type: Kind
    price: Decimal
    vat: Decimal | None
    volume: Fraction

    @property
    def cost(self) -> Fraction:
        """Without VAT, exact."""
        return Fraction(self.price) * self.volume

    @property
    def cost_with_vat(self) -> Fraction:
        return self.cost * (1 + Fraction(self.vat or 0) / 100)


class OcpiCost(Struct, frozen=True):
    """Each sum is exact and rounded once."""

    lines: tuple[OcpiLine, ...]
    excl_vat: Decimal
    incl_vat: Decimal


class _Slice(Struct, frozen=True):
    """A part of the session in which nothing changes. `wh` and `s` as they have been before it."""

    start: datetime
    length_s: Fraction
    wh: int
    parked: bool
    kw: Fraction
    wh_before: int
    s_before: Fraction


class _Part(Struct):
    component: Component
    volume: Fraction


def ocpi_cost(tariff: OcpiTariff, stretches: Sequence[Stretch], zone: ZoneInfo, digits: int) -> OcpiCost:
    """What a session costs that consists of these stretches, in order and without gaps, at a location in a zone, in a
    currency of so many digits. Raises Unpriced."""
    _refuse(tariff)
    parts = list(_parts(tariff, list(_slices(tariff, stretches, zone)), zone))
    _round_to_step([part for part in parts if part.component.type == "ENERGY" and part.volume])
    timed = [part for part in parts if part.component.type in ("TIME", "PARKING_TIME") and part.volume]
    _round_to_step([part for part in timed if part.component.type == timed[-1].component.type])
    lines = _lines(parts)
    return _bounded(tariff, lines, digits)


def _refuse(tariff: OcpiTariff) -> None:
    restrictions = [one.restrictions for one in tariff.elements if one.restrictions]
    if any(one.min_current is not None or one.max_current is not None for one in restrictions):
        raise Unpriced("A restriction on current cannot be held against a meter's energy.")
    if tariff.tax_included == "YES":
        raise Unpriced("Prices that contain tax are not priced.")


# Slices


def _slices(tariff: OcpiTariff, stretches: Sequence[Stretch], zone: ZoneInfo) -> Iterator[_Slice]:
    """The stretches, cut wherever a restriction may begin or end to hold."""
    restrictions = [one.restrictions for one in tariff.elements if one.restrictions]
    total_wh, begun = 0, stretches[0].start if stretches else None
    for stretch in stretches:
        borders = {stretch.start, stretch.end, *_moments(stretch, restrictions, zone, begun or stretch.start, total_wh)}
        inside = sorted(moment for moment in borders if stretch.start <= moment <= stretch.end)
        for of, to in pairwise(inside) if len(inside) > 1 else [(stretch.start, stretch.end)]:
            wh = _until(stretch, to) - _until(stretch, of)
            before = total_wh + _until(stretch, of), _seconds(of - (begun or of))
            yield _Slice(of, _seconds(to - of), wh, stretch.idle, _kw(stretch), *before)
        total_wh += stretch.energy_wh


def _moments(
    stretch: Stretch, restrictions: Iterable[Restrictions], zone: ZoneInfo, begun: datetime, wh: int
) -> Iterator[datetime]:
    clocks = {0, DAY_MIN}
    length = stretch.end - stretch.start
    for one in restrictions:
        clocks |= {minutes(clock) for clock in (one.start_time, one.end_time) if clock}
        yield from (begun + timedelta(seconds=s) for s in (one.min_duration, one.max_duration) if s is not None)
        for border in (ceil(kwh * 1000) - wh for kwh in (one.min_kwh, one.max_kwh) if kwh is not None):
            if 0 < border < stretch.energy_wh:  # the first microsecond at which it has flowed
                yield stretch.end - length * (stretch.energy_wh - border) // stretch.energy_wh
    yield from (one[0] for one in shown(zone, stretch.start, stretch.end, lambda _: _spans(clocks)))


def _spans(clocks: set[int]) -> Iterator[tuple[int, int, None]]:
    return ((of, to, None) for of, to in pairwise(sorted(clocks)))


def _until(stretch: Stretch, moment: datetime) -> int:
    """Whole Wh from its start on; the end has the rest."""
    if moment == stretch.end:
        return stretch.energy_wh
    return floor(stretch.energy_wh * _seconds(moment - stretch.start) / _seconds(stretch.end - stretch.start))


def _seconds(length: timedelta) -> Fraction:
    return Fraction(length // timedelta(microseconds=1), 10**6)


def _kw(stretch: Stretch) -> Fraction:
    seconds = _seconds(stretch.end - stretch.start)
    return stretch.energy_wh * 3600 / seconds / 1000 if seconds else Fraction(0)


# Prices


def _parts(tariff: OcpiTariff, slices: Sequence[_Slice], zone: ZoneInfo) -> Iterator[_Part]:
    """What is to be paid for, in order of time."""
    flat = False
    for one in slices:
        for kind, volume in (("ENERGY", one.wh), ("PARKING_TIME" if one.parked else "TIME", one.length_s), ("FLAT", 1)):
            component = _component(tariff, kind, one, zone)
            if component is None or (kind == "FLAT" and flat):
                continue
            flat = flat or kind == "FLAT"
            yield _Part(component, Fraction(volume))


def _component(tariff: OcpiTariff, kind: str, one: _Slice, zone: ZoneInfo) -> Component | None:
    """Of the first element that prices the kind and holds."""
    for element in tariff.elements:
        for component in element.price_components:
            if component.type == kind and (element.restrictions is None or _holds(element.restrictions, one, zone)):
                return component
    return None


def _holds(given: Restrictions, one: _Slice, zone: ZoneInfo) -> bool:
    here = one.start.astimezone(zone)
    return (
        given.reservation is None
        and _clock_holds(given, here.hour * 60 + here.minute)
        and _within(here.date(), given.start_date, given.end_date)
        and (not given.day_of_week or _WEEK[here.weekday()] in given.day_of_week)
        and _within(Fraction(one.wh_before, 1000), _exact(given.min_kwh), _exact(given.max_kwh))
        and _within(one.s_before, given.min_duration, given.max_duration)
        and _within(one.kw, _exact(given.min_power), _exact(given.max_power))
    )


def _clock_holds(given: Restrictions, now: int) -> bool:
    begin, until = minutes(given.start_time or "00:00"), minutes(given.end_time or "24:00")
    return begin <= now < until if begin < until else now >= begin or now < until


def _within(value: date | Fraction, least: date | Fraction | int | None, most: date | Fraction | int | None) -> bool:
    return (least is None or value >= least) and (most is None or value < most)  # type: ignore[operator]


def _exact(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)


def _round_to_step(parts: Sequence[_Part]) -> None:
    """All of them together, up to a whole number of the last one's steps, which that one has to pay."""
    if parts and (step := parts[-1].component.step_size) > 1:
        parts[-1].volume += -sum((part.volume for part in parts), Fraction(0)) % step


def _lines(parts: Iterable[_Part]) -> tuple[OcpiLine, ...]:
    sums = defaultdict[tuple[Kind, Decimal, Decimal | None], Fraction](Fraction)
    for part in parts:
        one = part.component
        sums[one.type, one.price, one.vat] += part.volume / _ONE[one.type]
    return tuple(OcpiLine(*key, volume) for key, volume in sums.items() if volume)


def _bounded(tariff: OcpiTariff, lines: tuple[OcpiLine, ...], digits: int) -> OcpiCost:
    excl, incl = sum((one.cost for one in lines), Fraction(0)), sum((one.cost_with_vat for one in lines), Fraction(0))
    for bound, choose in ((tariff.min_price, max), (tariff.max_price, min)):
        if bound is not None:
            with_vat = _with_vat(bound, lines)
            excl, incl = choose(excl, Fraction(bound.excl_vat)), choose(incl, with_vat)
    return OcpiCost(lines, _rounded(excl, digits), _rounded(incl, digits))


def _with_vat(bound: Price, lines: Sequence[OcpiLine]) -> Fraction:
    if bound.incl_vat is not None:
        return Fraction(bound.incl_vat)
    rates = {one.vat or Decimal(0) for one in lines}
    if len(rates) > 1:
        raise Unpriced("A least or greatest price without VAT is one of several rates.")
    return Fraction(bound.excl_vat) * (1 + Fraction(max(rates, default=Decimal(0))) / 100)


def _rounded(value: Fraction, digits: int) -> Decimal:
    """Half up, by magnitude."""
    units = floor(abs(value) * 10**digits + Fraction(1, 2))
    return Decimal(units if value >= 0 else -units).scaleb(-digits)
