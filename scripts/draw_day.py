"""Draws the simulated day of docs/load-management.md: what one line of the main fuse carries, as SVG.

usage: scripts/draw-day [FILE.svg] [--seed N]; the same seed makes the same file.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from simulated_day import DAY_S, LIMIT_A, MARGIN_A, TICK_S, WIRED, Day, Moment

FILE = Path(__file__).resolve().parent.parent / "docs/images/load-management-day.svg"
SEED, LINE = 1, 0
STEP_S = 240  # a point; of its moments the one in which most flows
WIDTH, HEIGHT = 960, 520
LEFT, RIGHT, TOP, BOTTOM = 56, 944, 92, 388  # of the currents
MOST_A, EVERY_A, EVERY_H = 120, 20, 3
COUNTS_TOP, COUNTS_BOTTOM = 426, 480  # of the cars
STYLE = """
    svg { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; }
    .paper { fill: #ffffff; } .text { fill: #24292f; } .faint { fill: #57606a; } .grid { stroke: #d0d7de; }
    .building { fill: #8c959f; } .cars { fill: #2da44e; } .waiting { fill: #d4a72c; } .kept { fill: #cf222e; }
    .limit { stroke: #cf222e; } .would { stroke: #0969da; } .title { font-size: 16px; font-weight: 600; }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0d1117; } .text { fill: #e6edf3; } .faint { fill: #9198a1; } .grid { stroke: #30363d; }
      .building { fill: #6e7681; } .cars { fill: #2ea043; } .waiting { fill: #d29922; } .kept { fill: #f85149; }
      .limit { stroke: #f85149; } .would { stroke: #58a6ff; }
    }
"""

Amount = Callable[[Moment], float]


def points(moments: Sequence[Moment]) -> list[Moment]:
    """One for each step: the moment of it in which most flows."""
    each = STEP_S // TICK_S
    groups = (moments[start : start + each] for start in range(0, len(moments), each))
    return [max(group, key=lambda one: one.building + one.cars) for group in groups]


def across(number: int, count: int) -> float:
    """px of the point of this number."""
    return LEFT + (RIGHT - LEFT) * number / (count - 1)


def height(amps: float) -> float:
    """px of a current."""
    return BOTTOM - (BOTTOM - TOP) * amps / MOST_A


def path(heights: Iterable[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f},{y:.1f}" for x, y in heights)


def area(shown: Sequence[Moment], kind: str, low: Amount, high: Amount, at: Callable[[float], float] = height) -> str:
    """Between two amounts."""
    upper = [(across(number, len(shown)), at(high(one))) for number, one in enumerate(shown)]
    lower = [(across(number, len(shown)), at(low(one))) for number, one in enumerate(shown)]
    return f'<path class="{kind}" d="M{path(upper)}L{path(reversed(lower))}Z"/>'


def line(shown: Sequence[Moment], kind: str, amount: Amount) -> str:
    """Dashed; what is above the paper is not drawn."""
    dots = path((across(number, len(shown)), height(amount(one))) for number, one in enumerate(shown))
    dashes = 'fill="none" stroke-width="1.2" stroke-dasharray="4 3" clip-path="url(#currents)"'
    return f'<path class="{kind}" {dashes} d="M{dots}"/>'


def text(x: float, y: float, said: str, kind: str = "faint", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{said}</text>'


def grid() -> Iterable[str]:
    """Amperes at the left, hours below."""
    for amps in range(0, MOST_A + 1, EVERY_A):
        y = height(amps)
        yield f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield text(LEFT - 8, y + 4.5, f"{amps} A" if amps else "0", anchor="end")
    for hour in range(0, 25, EVERY_H):
        x = across(hour, 25)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{COUNTS_BOTTOM}"/>'
        yield text(x, COUNTS_BOTTOM + 18, f"{hour}:00", anchor="end" if hour == 24 else "middle")


def fuse() -> Iterable[str]:
    """The limit, and what is kept free below it."""
    low, high = height(LIMIT_A - MARGIN_A), height(LIMIT_A)
    kept = f'x="{LEFT}" y="{high:.1f}" width="{RIGHT - LEFT}" height="{low - high:.1f}"'
    yield f'<rect class="kept" {kept} opacity="0.16"/>'
    yield f'<line class="limit" x1="{LEFT}" x2="{RIGHT}" y1="{high:.1f}" y2="{high:.1f}" stroke-width="2"/>'


def counts(shown: Sequence[Moment]) -> Iterable[str]:
    """Who charges and who waits, on the whole site."""
    most = max(one.charging + one.waiting for one in shown)

    def at(cars: float) -> float:
        return COUNTS_BOTTOM - (COUNTS_BOTTOM - COUNTS_TOP) * cars / most

    yield f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{COUNTS_BOTTOM}" y2="{COUNTS_BOTTOM}"/>'
    yield area(shown, "cars", lambda one: 0, lambda one: one.charging, at)
    yield area(shown, "waiting", lambda one: one.charging, lambda one: one.charging + one.waiting, at)
    yield text(LEFT, COUNTS_TOP - 8, "Cars that charge and that wait, on all lines")
    yield text(LEFT - 8, COUNTS_TOP + 4.5, f"{most}", anchor="end")
    yield text(LEFT - 8, COUNTS_BOTTOM + 4.5, "0", anchor="end")


def legend() -> Iterable[str]:
    x = LEFT
    entries = (
        ("building", "everything else", 122), ("cars", "cars", 62), ("waiting", "cars that wait", 112),
        ("kept", f"margin, {MARGIN_A:g} A", 118),
    )  # fmt: skip
    for kind, said, width in entries:
        faint = ' opacity="0.3"' if kind == "kept" else ""
        yield f'<rect class="{kind}" x="{x}" y="62" width="12" height="12" rx="2"{faint}/>{text(x + 18, 73, said)}'
        x += width + 14
    for kind, said, width in (("limit", f"limit, {LIMIT_A:g} A", 96), ("would", "what would flow without limits", 0)):
        dashes = ' stroke-dasharray="4 3"' if kind == "would" else ""
        yield f'<line class="{kind}" x1="{x}" x2="{x + 16}" y1="68" y2="68" stroke-width="2"{dashes}/>'
        yield text(x + 22, 73, said)
        x += width + 14


def drawing(moments: Sequence[Moment], energy_kwh: float) -> str:
    """The whole picture."""
    shown = points(moments)
    peak, would = (max(amount(one) for one in moments) for amount in (
        lambda one: one.building + one.cars, lambda one: one.building + one.would))  # fmt: skip
    said = (
        f"{len(WIRED)} EVSEs, {energy_kwh:.0f} kWh. Most that flowed: {peak:.0f} A. Without load management it would "
        f"have been {would:.0f} A."
    )
    paper = f'x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}"'
    parts = [
        f'<clipPath id="currents"><rect {paper}/></clipPath>',
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        text(LEFT, 28, "A day on L1 of a main fuse", "text title"),
        text(LEFT, 48, said),
        *legend(),
        *grid(),
        area(shown, "building", lambda one: 0, lambda one: one.building),
        area(shown, "cars", lambda one: one.building, lambda one: one.building + one.cars),
        *fuse(),
        line(shown, "would", lambda one: one.building + one.would),
        *counts(shown),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    return "\n".join([head, f"<title>{said}</title>", f"<style>{STYLE}</style>", *parts, "</svg>", ""])


def main(file: Path, seed: int) -> None:
    day = Day(seed)
    moments = day.run(LINE)
    assert moments[-1].at_s == DAY_S - TICK_S
    file.write_text(drawing(moments, sum(car.got_wh for car in day.cars) / 1000))
    print(f"{file}: {len(moments)} moments, {len(day.cars)} cars")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("file", type=Path, nargs="?", default=FILE)
    options.add_argument("--seed", type=int, default=SEED)
    given = options.parse_args()
    main(given.file, given.seed)
