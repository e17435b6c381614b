"""How cases computed by hand are written down, so that a person can follow them with a pencil.

`start` is UTC. `parts` are its stretches in order, each `[idle] [boosted] DURATION [kWh]`: `40m1s 9.6, idle 8m`. A line
is `TYPE QUANTITY x UNIT PRICE = PRICE`, with `/MINUTES` behind the price of a unit of time that is not a minute, and
`(cut)` at its end where a limit made it less than the product. `rule` says why, by the numbers of
docs/pricing-rules.md."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.engines.pricing.oracle_moments import Part
from tests.engines.pricing.snapshots import content


@dataclass(frozen=True)
class Case:
    name: str
    rule: str
    start: str
    parts: str
    lines: Sequence[str]
    total: str
    net: str | None = None
    tariff: Mapping[str, Any] = field(default_factory=dict)  # what is otherwise than in the table
    zone: str = "Europe/Berlin"
    tax: float | None = None
    amounts: int = 2
    rate: Mapping[str, Any] | None = None
    extends_wh: int | None = None
    day: str | None = None
    night: str | None = None

    @property
    def started_at(self) -> datetime:
        return datetime.fromisoformat(self.start).replace(tzinfo=UTC)

    def stretches(self) -> list[Part]:
        at, found = self.started_at, list[Part]()
        for text in self.parts.split(","):
            *flags, length, kwh = _words(text)
            end = at + _duration(length)
            found.append((at, end, int(Decimal(kwh) * 1000), "idle" in flags, "boosted" in flags))
            at = end
        return found


@dataclass(frozen=True)
class Table:
    type: str
    tariff: Mapping[str, Any]
    cases: Sequence[Case]
    day: str | None = None
    night: str | None = None
    rate: Mapping[str, Any] | None = None

    def content(self, case: Case) -> dict[str, Any]:
        pricing = {**self.tariff, **case.tariff}
        rate = case.rate or self.rate
        return content(self.type, pricing, zone=case.zone, tax=case.tax, rate=rate, amounts=case.amounts,
                       day=case.day or self.day, night=case.night or self.night)  # fmt: skip


@dataclass(frozen=True)
class Expected:
    type: str
    quantity: Decimal
    unit_price: Decimal
    minutes: int
    price: Decimal
    cut: bool


_LINE = re.compile(r"(\w+) ([\d.]+) x (-?[\d.]+)(?:/(\d+))? = (-?[\d.]+)( \(cut\))?")


def expected(line: str) -> Expected:
    match = _LINE.fullmatch(line)
    assert match, line
    type_, quantity, unit_price, minutes, price, cut = match.groups()
    return Expected(type_, Decimal(quantity), Decimal(unit_price), int(minutes or 1), Decimal(price), bool(cut))


def _words(text: str) -> list[str]:
    words = text.split()
    return words if re.fullmatch(r"[\d.]+", words[-1]) else [*words, "0"]


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text)
    assert found, text
    hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
