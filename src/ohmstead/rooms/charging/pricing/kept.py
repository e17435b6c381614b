"""Kept: the price of a session as it is stored, JSON in and out."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct, convert, to_builtins

from ohmstead.engines.pricing.model import Line, SessionPrice


class KeptPeriod(Struct, frozen=True):
    """A charging period. The numbers of its label are floats, as JSON has them."""

    start: datetime
    end: datetime
    energy_wh: int
    idle: bool
    label: dict[str, Any]
    amount: Decimal
    lines: tuple[Line, ...]


class KeptPrice(Struct, frozen=True):
    """What is shown of a price: its lines and its periods."""

    lines: tuple[Line, ...]
    periods: tuple[KeptPeriod, ...]

    @classmethod
    def of(cls, price: SessionPrice) -> "KeptPrice":
        """What is kept of a price."""
        periods = (
            KeptPeriod(one.start, one.end, one.energy_wh, one.idle, _plain(one.label), one.amount, one.lines)
            for one in price.periods
        )
        return cls(price.lines, tuple(periods))

    def columns(self) -> dict[str, Any]:
        """The columns of its row."""
        return {"lines": to_builtins(self.lines), "periods": to_builtins(self.periods)}


def kept_price(lines: Any, periods: Any) -> KeptPrice:
    """From the columns of its row."""
    return convert({"lines": lines, "periods": periods}, KeptPrice)


def _plain(label: dict[str, str | Decimal]) -> dict[str, Any]:
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in label.items()}
