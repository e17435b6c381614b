"""Items: what a line of a document is for, as the row has it: words come when it is written in a language."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from ohmstead.kit.views import stamp


def session(place: str | None, begin: datetime, end: datetime | None, energy_wh: float) -> dict[str, Any]:
    """A charge."""
    kwh = Decimal(str(energy_wh)) / 1000
    return {"kind": "session", "place": place, "kwh": f"{kwh.normalize():f}", **_period(begin, end)}


def subscription(name: Any, begin: datetime, end: datetime) -> dict[str, Any]:
    """A period of a plan, whose name is in several languages."""
    return {"kind": "subscription", "name": name, **_period(begin, end)}


def custom_fee(description: str) -> dict[str, Any]:
    """A fee beside charging."""
    return {"kind": "custom_fee", "reason": description}


def top_up() -> dict[str, Any]:
    """An amount for the balance."""
    return {"kind": "top_up"}


def adjustment(of: dict[str, Any]) -> dict[str, Any]:
    """More, or less, of what another document names."""
    return of | {"kind": "adjustment"}


def _period(begin: datetime, end: datetime | None) -> dict[str, Any]:
    return {"from": stamp(begin), "to": stamp(end) if end is not None else None}
