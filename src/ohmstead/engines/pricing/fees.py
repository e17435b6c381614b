"""Fees: what a tariff type makes of its fields. A price is a decimal, or depends on the window that it is asked in."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct

from ohmstead.engines.pricing.fields import Conditions, KwhLevel, UnitLevel
from ohmstead.engines.wall_clock import minutes

Label = dict[str, str | Decimal]
DAY_MINUTES = 1440


class Now(NamedTuple):
    """A window: what the clock at the place shows where it begins, the electricity's price per kWh through it, and
    whether the driver asked for all the power there is."""

    date: date
    minute: int
    rate: Decimal | None = None
    boosted: bool = False


Price = Decimal | None | Callable[[Now], Decimal | None]


class PowerLevel(NamedTuple):
    """What minutes cost whose average power is at most `up_to_kw`, in the regular time and after it."""

    up_to_kw: Decimal
    regular: Decimal
    excess: Decimal


class Fees(Struct, frozen=True, kw_only=True):
    """Prices are per kWh, per unit of time or (idle) per minute; None: there is no such fee. A fee that is `locked`
    has the price of the window in which the session starts. `borders` are the minutes of the day at which prices may
    change."""

    flat: Decimal | None = None
    connection: Price = None
    energy: Price = None
    energy_levels: Sequence[KwhLevel] = ()
    service: Price = None
    duration: Price = None
    duration_levels: Sequence[UnitLevel] = ()
    idle: Price = None
    idle_levels: Sequence[UnitLevel] = ()
    power_levels: Sequence[PowerLevel] = ()
    regular_minutes: Decimal | None = None
    locked: frozenset[str] = frozenset()
    borders: tuple[int, ...] = ()
    label: Callable[[Now], Label] = lambda now: {}
    conditions: Callable[[Now], Conditions | None] = lambda now: None


def within(minute: int, start: int, end: int) -> bool:
    """Whether a minute of the day lies in [start, end), which may go over midnight; where they are equal always."""
    return start <= minute < end if start < end else minute >= start or minute < end


def midnight_is_the_end(text: str) -> int:
    """The end of a period as a minute of the day: `00:00` and `23:59` mean midnight, as `24:00` does."""
    return DAY_MINUTES if text in ("00:00", "23:59") else minutes(text)


def asked(price: Price, now: Now) -> Decimal | None:
    return price(now) if callable(price) else price
