"""Uptime: of the time in which something was meant to work, how much it did."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

Span = tuple[datetime, datetime]
"""From when until when."""


class Uptime(Struct, frozen=True):
    """Minutes in which it was meant to work, and those of them in which it was down and that counts."""

    operational: float
    down: float

    @property
    def percent(self) -> float | None:
        """100 less the share of the minutes down; None where it was never meant to work."""
        return round(100 * (1 - self.down / self.operational), 3) if self.operational else None


def uptime(window: Span, operational: Iterable[Span], down: Iterable[Span], exempt: Iterable[Span]) -> Uptime:
    """Within a window, of spans in any order that may overlap. What is both down and exempt does not count."""
    start, end = window
    steps = sorted(
        (min(max(at, start), end), kind, step)
        for kind, spans in enumerate((operational, down, exempt))
        for span in spans
        for at, step in zip(span, (1, -1), strict=True)
        if span[0] < span[1]
    )
    open_spans, minutes, before = [0, 0, 0], [0.0, 0.0], start
    for at, kind, step in steps:
        lasted, before = (at - before).total_seconds() / 60, at
        if open_spans[0]:
            minutes[0] += lasted
            minutes[1] += lasted if open_spans[1] and not open_spans[2] else 0
        open_spans[kind] += step
    return Uptime(*minutes)
