"""The examples of docs/tariffs.md: a tariff in JSON, what electricity costs where that matters, a session, its bill. Of
a table the first row says what it is."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ohmstead.engines.pricing import Line, SessionPrice, Stretch
from tests.engines.pricing.snapshots import content

PAGE = Path(__file__).parents[3] / "docs/tariffs.md"
PLACE = ZoneInfo("Europe/Berlin")
Cells = list[str]
_BLOCK = re.compile(r"```json\n(?P<body>.*?)```|(?P<table>(?:^\|[^\n]*\n)+)", re.S | re.M)
_TAXED = re.compile(r"without ([\d.]+) % tax")


@dataclass
class Example:
    """What the page says of a tariff, row by row; `bill` is empty where it only shows the tariff."""

    body: Mapping[str, Any]
    electricity: Sequence[Cells] = ()
    session: Sequence[Cells] = ()
    bill: list[Cells] = field(default_factory=list)

    def __str__(self) -> str:
        return str(self.body["name"])

    @property
    def tax(self) -> float | None:
        return next((float(found[1]) for row in self.bill if (found := _TAXED.match(row[0]))), None)

    def content(self) -> dict[str, Any]:
        """As the snapshot of its sessions has it."""
        body, rate = self.body, self.rate() if self.electricity else None
        starts = {"day": body.get("dayTariffStart"), "night": body.get("nightTariffStart")}
        return content(body["type"], body.get("pricing", {}), tax=self.tax, rate=rate, **starts)

    def rate(self) -> dict[str, Any]:
        """What electricity costs, the same on every day."""
        *hours, default = self.electricity
        assert default[0] == "else", default
        split = [(*said.split(" to "), float(price)) for said, price in hours]
        week = {"any": [dict(zip(("startsAt", "endsAt", "price"), one, strict=True)) for one in split]}
        return {"id": 1, "defaultPrice": float(default[1]), "taxPercentage": None, "weekDays": week, "dates": {}}

    def stretches(self) -> list[Stretch]:
        """The session; an hour that is before the last one is of the next day."""
        (head, *_), *rows = self.session
        at = datetime.fromisoformat(head.partition(", ")[2])
        found: list[Stretch] = []
        for hours, kwh, state in rows:
            start, end = (at := _following(at, text) for text in hours.split(" to "))
            wh = int(Decimal(kwh) * 1000)
            found.append(Stretch(_utc(start), _utc(end), wh, idle=state == "idle", boosted="boosted" in state))
        return found


def examples() -> Iterator[Example]:
    """All of the page."""
    found: list[Example] = []
    for match in _BLOCK.finditer(PAGE.read_text()):
        if match["body"] and "type" in (body := json.loads(match["body"])):
            found.append(Example(body))
        elif found and match["table"]:
            _belongs(found[-1], [_cells(line) for line in match["table"].splitlines()])
    return iter(found)


def preview() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What the page asks a preview, and the answer."""
    asked = re.search(r"tariffs/v1.0/preview -d '(.*?)'\n```\n\n```json\n(.*?)```", PAGE.read_text(), re.S)
    assert asked
    return json.loads(asked[1]), json.loads(asked[2])


def _belongs(to: Example, table: list[Cells]) -> None:
    head, _, *rows = table
    match head:
        case ["Electricity", _]:
            to.electricity = rows
        case ["Line", *_]:
            to.bill = rows
        case [_, "kWh", ""]:
            to.session = [head, *rows]


def _cells(line: str) -> Cells:
    return [cell.strip() for cell in line.strip("|").split("|")]


def bill(price: SessionPrice) -> list[Cells]:
    """As the page would say it."""
    rows = [[line.type, _quantity(line), _price(line.unit_price), f"{line.price:.2f}"] for line in price.lines]
    rows.append(["**total**", "", "", f"**{price.amount:.2f}**"])
    if price.tax_percentage is not None:
        rows.append([f"without {price.tax_percentage.normalize():f} % tax", "", "", f"**{price.net:.2f}**"])
    return rows


def _quantity(line: Line) -> str:
    quantity = f"{line.quantity.normalize():f}"
    many = f"{quantity} min" if line.minutes == 1 else f"{quantity} x {line.minutes} min"
    return {"kwh": f"{quantity} kWh", "minute": many, "session": quantity}[line.unit]


def _price(price: Decimal) -> str:
    """With two digits at least."""
    return f"{price:.2f}" if price == round(price, 2) else f"{price.normalize():f}"


def _following(at: datetime, text: str) -> datetime:
    hour, minute = map(int, text.split(":"))
    found = at.replace(hour=hour, minute=minute)
    return found if found >= at else found + timedelta(days=1)


def _utc(local: datetime) -> datetime:
    return local.replace(tzinfo=PLACE).astimezone(UTC)
