"""From what began in each charging period to lines, and to their parts of the periods."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import get_args

from msgspec import Struct

from ohmstead.engines.pricing.model import Line, LineType, Unit
from ohmstead.engines.pricing.shares import fine, half_up, shared
from ohmstead.engines.pricing.spans import Quantity
from ohmstead.engines.pricing.terms import PER_KWH, Charge

ORDER = {name: place for place, name in enumerate(get_args(LineType))}
PER_MINUTE = ("charging_time", "power_levels_time", "idle_time")


class Part(Struct):
    """What of a charge arose in one period: Wh, units or minutes, and their exact price."""

    quantity: Quantity
    exact: int


class Total(Struct):
    """A charge in all of the session: its parts by the number of their period, and the rounded price in cents."""

    charge: Charge
    parts: dict[int, Part] = {}
    cents: int = 0
    net: int = 0

    @property
    def exact(self) -> int:
        return sum(part.exact for part in self.parts.values())


class Limited(Struct, frozen=True):
    """A fee whose limit took something away: its lines, and what they cost in all."""

    lines: Collection[str]
    amount: Decimal


class Totals:
    """The totals of a session, gathered in order of time. `places`: the digits of the currency's amounts."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._found: dict[Charge, Total] = {}

    def add(self, period: int, charge: Charge, quantity: Quantity, raw: Decimal | None = None) -> None:
        """`raw` where the price is not the product of the charge's and the quantity."""
        exact = _times(charge.exact, quantity) if raw is None else fine(raw, self._places)
        total = self._found.get(charge) or self._found.setdefault(charge, Total(charge))
        part = total.parts.get(period)
        if part is None:
            total.parts[period] = Part(quantity, exact)
        else:
            part.quantity, part.exact = part.quantity + quantity, part.exact + exact

    def in_order(self) -> list[Total]:
        return sorted(self._found.values(), key=lambda total: ORDER[total.charge.type])

    def round(self, limits: Sequence[Limited]) -> int:
        """Round each line; their sum in cents. Lines under a limit that was reached share it."""
        for total in self._found.values():
            total.cents = half_up(total.exact)
        for limit in limits:
            lines = [total for total in self.in_order() if total.charge.type in limit.lines]
            whole = half_up(fine(limit.amount, self._places))
            for total, cents in zip(lines, shared(whole, [each.exact for each in lines]), strict=True):
                total.cents = cents
        return sum(total.cents for total in self._found.values())

    def round_last(self, charge: Charge) -> int:
        """Round a line that was added after the others; its cents."""
        total = self._found[charge]
        total.cents = half_up(total.exact)
        return total.cents

    def without_tax(self, percentage: Decimal | None) -> int:
        """Take the tax out of the sum, once; each line gets its part of the rest. The rest in cents."""
        tax, over = (percentage or Decimal(0)).as_integer_ratio()
        keeps, of = 100 * over, 100 * over + tax
        totals = self.in_order()
        net = half_up(sum(total.cents for total in totals) * keeps, of)
        for total, cents in zip(totals, shared(net, [total.cents * keeps for total in totals], of), strict=True):
            total.net = cents
        return net

    def amount(self, cents: int) -> Decimal:
        return Decimal(cents).scaleb(-self._places)

    def lines(self) -> tuple[Line, ...]:
        return tuple(
            self._line(each.charge, sum(part.quantity for part in each.parts.values()), each.cents, each.net)
            for each in self.in_order()
        )

    def by_period(self) -> Mapping[int, list[Line]]:
        """The parts of the lines by the number of their period; they add up to the lines."""
        found = dict[int, list[Line]]()
        for total in self.in_order():
            prices = shared(total.cents, [part.exact for part in total.parts.values()])
            sign = -1 if total.cents < 0 else 1
            nets = shared(total.net, [cents * total.net * sign for cents in prices], abs(total.cents) or 1)
            for (period, part), cents, net in zip(total.parts.items(), prices, nets, strict=True):
                found.setdefault(period, []).append(self._line(total.charge, part.quantity, cents, net))
        return found

    def _line(self, charge: Charge, quantity: Quantity, cents: int, net: int) -> Line:
        unit: Unit = "kwh" if charge.type in PER_KWH else "minute" if charge.type in PER_MINUTE else "session"
        counted = Decimal(quantity) / 1000 if unit == "kwh" else Decimal(quantity)
        price, without = self.amount(cents), self.amount(net)
        return Line(charge.type, unit, charge.unit_price, counted, price, without, charge.minutes)


def _times(exact: int, quantity: Quantity) -> int:
    if isinstance(quantity, int):
        return exact * quantity
    counted, of = quantity.as_integer_ratio()
    return exact * counted // of
