"""Spans: what a run remembers of each charging period, and how it is written down between two additions."""

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from ohmstead.engines.pricing.fees import Label
from ohmstead.engines.pricing.model import LineType
from ohmstead.engines.pricing.terms import Charge, Terms

Quantity = int | Decimal
"""Wh, units or minutes; the bounds of a level may lie between two Wh."""


class Span(Struct):
    """A charging period: how much of each charge began in it, and (`raw`) what it costs where a limit may cut it."""

    start: datetime
    end: datetime
    idle: bool
    label: Label
    energy_wh: int = 0
    quantities: dict[Charge, Quantity] = {}
    raw: dict[Charge, Decimal] = {}

    def count(self, charge: Charge, quantity: Quantity) -> None:
        self.quantities[charge] = self.quantities.get(charge, 0) + quantity


class SavedCharge(Struct, array_like=True):
    type: LineType
    unit_price: Decimal
    minutes: int
    quantity: int | Decimal
    raw: Decimal | None = None


class SavedSpan(Struct, array_like=True):
    """As JSON has it: names of the label apart from its numbers."""

    start: datetime
    end: datetime
    idle: bool
    energy_wh: int
    names: dict[str, str]
    numbers: dict[str, Decimal]
    charges: list[SavedCharge]


def saved(span: Span) -> SavedSpan:
    names = {name: value for name, value in span.label.items() if isinstance(value, str)}
    numbers = {name: value for name, value in span.label.items() if isinstance(value, Decimal)}
    charges = [
        SavedCharge(each.type, each.unit_price, each.minutes, quantity, span.raw.get(each))
        for each, quantity in span.quantities.items()
    ]
    return SavedSpan(span.start, span.end, span.idle, span.energy_wh, names, numbers, charges)


def restored(one: SavedSpan, terms: Terms) -> Span:
    span = Span(one.start, one.end, one.idle, {**one.names, **one.numbers}, one.energy_wh)
    for each in one.charges:
        charge = terms.charge(each.type, each.unit_price, each.minutes)
        span.quantities[charge] = each.quantity
        if each.raw is not None:
            span.raw[charge] = each.raw
    return span
