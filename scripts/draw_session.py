"""Draws the session of docs/tariffs.md: how it is cut into slices, and what each of them costs, as SVG.

usage: scripts/draw-session [FILE.svg] [--idle MINUTES]; the same session makes the same file.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from draw_day import STYLE, path, text

from ohmstead.engines.pricing import Line, Period, SessionPrice, Stretch, price_of, terms_of

FILE = Path(__file__).resolve().parent.parent / "docs/images/session-slices.svg"
PLACE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 24, 20, 40, tzinfo=PLACE)
MINUTE, STEP = timedelta(minutes=1), 5  # minutes between two readings
CHARGES, IDLES, AGAIN = 100, 30, 20  # minutes
TARIFF: dict[str, Any] = {
    "type": "duration+energy time of day", "dayTariffStart": "06:00", "nightTariffStart": "22:00", "pricing": {
        "connectionFee": 1, "dayPricePerKwh": 0.49, "nightPricePerKwh": 0.29, "pricePeriodInMinutes": 15,
        "dayPricePerPeriod": 0.4, "nightPricePerPeriod": 0.1, "nightIdleFeePerMinute": 0.1, "dayIdleFeePerMinute": 0.2,
        "idleFeeGracePeriodMinutes": 10,
    },
}  # fmt: skip
CONTENT = {"tariff": TARIFF, "currency": {"code": "EUR", "amounts": 2, "prices": 4}, "tax": None,
           "zone": str(PLACE), "electricityRate": None}  # fmt: skip
WIDTH, LEFT, RIGHT = 960, 176, 876
TOP, BOTTOM, ROW = 96, 300, 40  # of the energy; a fee
MOST_KWH, EVERY_KWH = 20, 5
FEES = {"connection": "connection", "energy": "energy", "charging_time": "time, each 15 min",
        "idle_time": "idle, after 10 min"}  # fmt: skip
KINDS = {"connection": "building", "energy": "cars", "charging_time": "slow", "idle_time": "waiting"}
OWN_STYLE = """
    .slow { fill: #0969da; } .night { fill: #8c959f; } .curve { stroke: #2da44e; }
    .on { fill: #ffffff; font-weight: 600; }
    @media (prefers-color-scheme: dark) { .slow { fill: #1f6feb; } .on { fill: #0d1117; } .curve { stroke: #2ea043; } }
"""


def session(idle: int) -> list[Stretch]:
    """From reading to reading: it charges, more slowly in the end, stands there, and charges once more."""
    found, at = list[Stretch](), START.astimezone(ZoneInfo("UTC"))
    for minute in range(0, CHARGES + idle + AGAIN, STEP):
        stands = CHARGES <= minute < CHARGES + idle
        kw = Decimal(0) if stands else Decimal(12) if minute < 60 else Decimal(6) if minute < CHARGES else Decimal(3)
        found.append(Stretch(at, at + STEP * MINUTE, int(kw * 1000 * STEP / 60), idle=stands))
        at += STEP * MINUTE
    return found


class Drawing:
    """A session and what it costs on paper."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self.stretches = stretches
        self.start, self.end = stretches[0].start, stretches[-1].end
        self.price: SessionPrice = price_of(terms_of(CONTENT), self.start, stretches)
        self.fees = [name for name in FEES if any(line.type == name for line in self.price.lines)]
        self.floor = BOTTOM + 32 + ROW * len(self.fees)

    def across(self, moment: datetime) -> float:
        """px of a moment."""
        return LEFT + (RIGHT - LEFT) * ((moment - self.start) / (self.end - self.start))

    def whole(self) -> str:
        said = (f"{sum(one.energy_wh for one in self.stretches) / 1000:g} kWh from {clock(self.start)} to "
                f"{clock(self.end)}: {len(self.price.periods)} slices, {self.price.amount:.2f} EUR.")  # fmt: skip
        height = self.floor + 64
        parts = [
            f'<rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>',
            text(24, 28, "A session cut into slices", "text title"),
            text(24, 48, said),
            *self.slices(),
            *self.energy(),
            *(part for number, name in enumerate(self.fees) for part in self.fee(name, BOTTOM + 32 + ROW * number)),
            *self.total(),
        ]
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        return "\n".join([head, f"<title>{said}</title>", f"<style>{STYLE}{OWN_STYLE}</style>", *parts, "</svg>", ""])

    def slices(self) -> Iterator[str]:
        """Their borders, and what makes them differ."""
        for one in self.price.periods:
            left, right = self.across(one.start), self.across(one.end)
            if one.label["dayPeriod"] == "night":
                yield rectangle("night", left, TOP, right - left, BOTTOM - TOP, 'opacity="0.18"')
            if one.idle:
                yield rectangle("waiting", left, TOP, right - left, BOTTOM - TOP, 'opacity="0.25"')
            state = "idle" if one.idle else "charging"
            yield text((left + right) / 2, TOP - 24, f"{one.label['dayPeriod']},", anchor="middle")
            yield text((left + right) / 2, TOP - 8, state, anchor="middle")
        for moment in (*(one.start for one in self.price.periods), self.end):
            x = self.across(moment)
            yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{self.floor}" stroke-dasharray="3 3"/>'
            yield text(x, BOTTOM + 22, clock(moment), anchor="middle")

    def energy(self) -> Iterator[str]:
        """What the register says, from reading to reading."""

        def height(wh: int) -> float:
            return BOTTOM - (BOTTOM - TOP) * wh / 1000 / MOST_KWH

        for kwh in range(0, MOST_KWH + 1, EVERY_KWH):
            y = height(kwh * 1000)
            yield f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield text(LEFT - 8, y + 4.5, f"{kwh} kWh" if kwh else "0", anchor="end")
        dots, wh = [(self.across(self.start), height(0))], 0
        for one in self.stretches:
            wh += one.energy_wh
            dots.append((self.across(one.end), height(wh)))
        yield f'<path class="cars" opacity="0.3" d="M{path(dots)}L{RIGHT},{BOTTOM}L{LEFT},{BOTTOM}Z"/>'
        yield f'<path class="curve" fill="none" stroke-width="2" d="M{path(dots)}"/>'

    def fee(self, name: str, top: float) -> Iterator[str]:
        """A row: what it comes to in each slice, and in all."""
        yield text(LEFT - 8, top + 22, FEES[name], anchor="end")
        for one in self.price.periods:
            if lines := [line for line in one.lines if line.type == name]:
                yield from self.cell(one, lines, KINDS[name], top)
        whole = sum(line.price for line in self.price.lines if line.type == name)
        yield text(WIDTH - 24, top + 22, f"{whole:.2f}", "text", "end")

    def cell(self, period: Period, lines: Sequence[Line], kind: str, top: float) -> Iterator[str]:
        left, right = self.across(period.start), self.across(period.end)
        yield rectangle(kind, left + 1, top + 4, right - left - 2, ROW - 10, 'rx="3"')
        amount = sum(line.price for line in lines)
        yield text((left + right) / 2, top + 23, f"{amount:.2f}", "on", "middle")

    def total(self) -> Iterator[str]:
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 24}" y1="{self.floor + 6}" y2="{self.floor + 6}"/>'
        for one in self.price.periods:
            x = (self.across(one.start) + self.across(one.end)) / 2
            yield text(x, self.floor + 30, f"{one.amount:.2f}", "text", "middle")
        yield text(LEFT - 8, self.floor + 30, "EUR", anchor="end")
        yield text(WIDTH - 24, self.floor + 30, f"{self.price.amount:.2f}", "text title", "end")


def rectangle(kind: str, x: float, y: float, width: float, height: float, more: str = "") -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {more}/>'


def clock(moment: datetime) -> str:
    """By the clock at the place."""
    return f"{moment.astimezone(PLACE):%H:%M}"


def main(file: Path, idle: int) -> None:
    drawing = Drawing(session(idle))
    file.write_text(drawing.whole())
    print(f"{file}: {len(drawing.price.periods)} slices, {drawing.price.amount} EUR")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("file", type=Path, nargs="?", default=FILE)
    options.add_argument("--idle", type=int, default=IDLES, help="minutes that the vehicle stands there")
    given = options.parse_args()
    main(given.file, given.idle)
