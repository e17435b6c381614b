"""What the tests of prices are given: terms as a snapshot has them, and sessions in a few words."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ohmstead.engines.pricing import Line, SessionPrice, Stretch, Terms, price_of, terms_of

BERLIN = ZoneInfo("Europe/Berlin")


def content(kind: str, pricing: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The content of a snapshot, as JSON has it. `more`: tax (%), rate, zone, day and night (starts), amounts."""
    tariff = {"id": 1, "type": kind, "pricing": pricing}
    tariff |= {"dayTariffStart": more.get("day", "06:00"), "nightTariffStart": more.get("night", "22:00")}
    return {
        "tariff": tariff,
        "currency": {"code": "EUR", "amounts": more.get("amounts", 2), "prices": 5},
        "tax": {"id": 1, "percentage": more["tax"]} if "tax" in more else None,
        "zone": more.get("zone", "Europe/Berlin"),
        "electricityRate": more.get("rate"),
    }


def terms(kind: str, pricing: dict[str, Any], **more: Any) -> Terms:
    return terms_of(content(kind, pricing, **more))


def at(text: str) -> datetime:
    """A moment on Berlin's clock, or with a Z in UTC: `2026-10-24 21:00`. Without a date it is a Tuesday."""
    moment = datetime.fromisoformat(text.rstrip("Z") if len(text) > 9 else f"2026-11-24 {text}")
    return moment.replace(tzinfo=UTC) if text.endswith("Z") else moment.replace(tzinfo=BERLIN).astimezone(UTC)


def stretches(start: str, *parts: tuple[Any, ...]) -> list[Stretch]:
    """Each part is its minutes (or the moment of its end), its kWh, and `idle` or `boosted` where it is that."""
    found, here = list[Stretch](), at(start)
    for lasting, kwh, *state in parts:
        end = at(lasting) if isinstance(lasting, str) else here + timedelta(minutes=lasting)
        found.append(Stretch(here, end, round(kwh * 1000), "idle" in state, "boosted" in state))
        here = end
    return found


def priced(the: Terms, start: str, *parts: tuple[Any, ...], **more: Any) -> SessionPrice:
    return price_of(the, at(start), stretches(start, *parts), **more)


def lines(price: SessionPrice) -> list[tuple[str, ...]]:
    """`type`, `quantity x unit price`, `price` of each line."""
    return [(one.type, f"{one.quantity.normalize():f} x {one.unit_price.normalize():f}", f"{one.price:f}")
            for one in price.lines]  # fmt: skip


def adds_up(price: SessionPrice) -> bool:
    """Whether lines are the amount, and periods the lines, with and without tax; and quantities likewise."""
    assert sum(one.price for one in price.lines) == price.amount
    assert sum(one.net for one in price.lines) == price.net
    assert sum(one.amount for one in price.periods) == price.amount
    parts = [part for period in price.periods for part in period.lines]
    for line in price.lines:
        same = [one for one in parts if _key(one) == _key(line)]
        assert sum(part.price for part in same) == line.price
        assert sum(part.net for part in same) == line.net
        assert sum(part.quantity for part in same) == line.quantity
    return True


def _key(line: Line) -> tuple:
    return line.type, line.unit_price, line.minutes
