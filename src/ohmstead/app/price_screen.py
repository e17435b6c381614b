"""The price of a session in a terminal: its slices, its fees and what they come to, as they follow from its snapshot
and its readings, beside what is stored."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table

from ohmstead.engines.pricing.model import Line, Period, SessionPrice
from ohmstead.kit.db import Row
from ohmstead.rooms.charging.pricing.derived import Derived
from ohmstead.rooms.tariffs.snapshot_terms import SnapshotTerms


def priced(row: Row, made: Derived) -> RenderableType:
    """All of it. `row` is the session's with what is stored of its price."""
    price, tariff = made.price(), made.tariff
    if price is None or tariff is None:
        return Group(_head(row), "No tariff applied where and when it began: there is nothing to pay.")
    zone = ZoneInfo(tariff.content["zone"])
    about = tariff.content["tariff"]
    said = f"Tariff {about['name']!r} ({about['type']}), snapshot {row['tariff_snapshot_id']}, clocks of {zone.key}"
    return Group(_head(row), said, _slices(price, zone), _lines(price, tariff), *_total(price, tariff))


def differences(row: Row, made: Derived) -> list[str]:
    """In what that which is stored is another than what follows; nothing where it is the same, or nothing is final."""
    price = made.price()
    if row["billing_status"] is None:
        return []
    amount, net = (Decimal(0), Decimal(0)) if price is None else (price.amount, price.net)
    found = []
    if row["amount_with_tax"] != amount:
        found.append(f"{row['amount_with_tax']} is stored with tax, {amount} follows")
    if row["amount_without_tax"] != net:
        found.append(f"{row['amount_without_tax']} is stored without tax, {net} follows")
    if price is not None and row["lines"] != price.lines:
        found.append("the fees that are stored are others")
    return found


def _head(row: Row) -> str:
    end = row["stopped_at"]
    until = "still charging" if end is None else f"to {end:%Y-%m-%d %H:%M:%S}"
    return (
        f"Session {row['id']}: {row['started_at']:%Y-%m-%d %H:%M:%S} {until} (UTC), {row['energy_wh'] / 1000:.3f} kWh"
    )


def _slices(price: SessionPrice, zone: ZoneInfo) -> Table:
    table = _table("Slices", "from", "to", "kWh", "state", "window", "fees", "amount", right=("kWh", "amount"))
    for one in price.periods:
        table.add_row(
            _shown(one.start, zone), _shown(one.end, zone), f"{one.energy_wh / 1000:.3f}",
            "idle" if one.idle else "charging", _label(one), _fees(one), str(one.amount),
        )  # fmt: skip
    return table


def _lines(price: SessionPrice, tariff: SnapshotTerms) -> Table:
    right = ("quantity", "price of one", "price", "without tax")
    table = _table("Fees", "fee", "quantity", "unit", *right[1:], right=right)
    for line in price.lines:
        table.add_row(
            line.type, f"{line.quantity.normalize():f}", _unit(line), f"{line.unit_price.normalize():f}",
            str(line.price), str(line.net),
        )  # fmt: skip
    return table


def _total(price: SessionPrice, tariff: SnapshotTerms) -> Iterable[str]:
    tax = "no tax" if price.tax_percentage is None else f"{price.tax_percentage} % tax"
    yield f"Total: {price.amount} {tariff.currency}, without tax {price.net} ({tax})"


def _unit(line: Line) -> str:
    return line.unit if line.unit != "minute" or line.minutes == 1 else f"{line.minutes} minutes"


def _label(period: Period) -> str:
    return ", ".join(f"{name} {value}" for name, value in period.label.items())


def _fees(period: Period) -> str:
    return ", ".join(f"{line.type} {line.price}" for line in period.lines)


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%m-%d %H:%M:%S}"


def _table(title: str, *names: str, right: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", expand=False)
    for name in names:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name != "fees")
    return table
