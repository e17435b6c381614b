"""What pricing is given and what it gives: stretches of a session in, lines and charging periods out."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from ohmstead.engines.pricing.covered import Use

LineType = Literal[
    "flat", "connection", "energy_flat_fee", "energy", "service_fee", "duration_flat_fee", "charging_time",
    "power_levels_time", "idle_flat_fee", "idle_time", "min_price",
]  # fmt: skip
"""In the order in which lines are shown."""
Unit = Literal["kwh", "minute", "session"]


class Stretch(Struct, frozen=True, gc=False):
    """A part [start, end) of a session, UTC, through which energy flows evenly. `idle`: the vehicle takes nothing by
    its own doing. `boosted`: its driver asked for all the power there is."""

    start: datetime
    end: datetime
    energy_wh: int
    idle: bool = False
    boosted: bool = False


class Line(Struct, frozen=True):
    """One fee at one price. `quantity` counts units of `unit_price`; a unit of time lasts `minutes`. `price` and
    `net` (without tax) are rounded to the currency's amounts; under a limit the price may be below the product."""

    type: LineType
    unit: Unit
    unit_price: Decimal
    quantity: Decimal
    price: Decimal
    net: Decimal
    minutes: int = 1


class Period(Struct, frozen=True):
    """A charging period: through it the vehicle charged or stood idle at one price of each kind. `label` is what the
    tariff calls it, in the words of the API's pricing details (`dayPeriod`, `chargingType`, `price`, ...); `lines` are
    its parts of the session's lines, which add up to them."""

    start: datetime
    end: datetime
    energy_wh: int
    idle: bool
    label: dict[str, str | Decimal]
    amount: Decimal
    lines: tuple[Line, ...]


class SessionPrice(Struct, frozen=True):
    """What a session costs: `amount` with tax is the sum of the lines, `net` without. `tax_percentage` None: no tax.
    `covered` energy is in its periods and in no line of energy."""

    lines: tuple[Line, ...]
    amount: Decimal
    net: Decimal
    tax_percentage: Decimal | None
    periods: tuple[Period, ...]
    covered: tuple[Use, ...] = ()

    @property
    def covered_wh(self) -> int:
        return sum(each.energy_wh for each in self.covered)
