"""Charging plans: when one vehicle charges, so that it has its energy in time at the least cost. Numbers in, numbers
out: energy in Wh, power in W, prices per kWh in any currency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Slot:
    """[start, end) at a price per kWh (None: nobody knows it). In a `preferred` slot charging is welcome as such, in
    another it takes a need; in one that is a `must` it takes all its power whatever was wanted."""

    start: datetime
    end: datetime
    price: Decimal | None = None
    preferred: bool = False
    must: bool = False

    def energy_wh(self, power_w: float) -> float:
        """What flows through it at that power."""
        return power_w * (self.end - self.start).total_seconds() / 3600


@dataclass(frozen=True, slots=True)
class Need:
    """What a vehicle still wants, Wh: `least` for certain, `most` where that is welcome (None: whatever it takes)."""

    least_wh: float = 0.0
    most_wh: float | None = None


def plan(slots: Iterable[Slot], need: Need, power_w: float) -> list[Slot]:
    """The slots, or their beginnings, in which to charge with `power_w`, in order of time.

    Slots that must be go first. Then the cheapest preferred ones until the most is reached, and, as long as the least
    is not, the cheapest others; of equals the earlier ones. A price that nobody knows is dearer than any other. For
    constant power and slots that do not overlap no plan that gives just as much costs less."""
    chosen: list[Slot] = []
    got = 0.0
    for slot in sorted(slots, key=_rank):
        goal = _goal(slot, need)
        full = slot.energy_wh(power_w)
        if goal is None or got + full <= goal:
            chosen.append(slot)
            got += full
        elif got < goal and power_w > 0:
            chosen.append(replace(slot, end=slot.start + timedelta(hours=(goal - got) / power_w)))
            got = goal
    return sorted(chosen, key=lambda slot: slot.start)


def _goal(slot: Slot, need: Need) -> float | None:
    """Up to which energy the slot may be used; None: without an end."""
    if slot.must:
        return None
    if slot.preferred:
        return need.most_wh if need.most_wh is None else max(need.least_wh, need.most_wh)
    return need.least_wh


def _rank(slot: Slot) -> tuple[bool, bool, bool, Decimal, datetime]:
    return (not slot.must, not slot.preferred, slot.price is None, slot.price or Decimal(0), slot.start)


def charges_at(chosen: Sequence[Slot], now: datetime) -> bool:
    """Whether a plan charges at a moment."""
    return any(slot.start <= now < slot.end for slot in chosen)


def cut(slots: Iterable[Slot], borders: Iterable[datetime]) -> list[Slot]:
    """The same slots, each ending at the borders that lie within it."""
    found: list[Slot] = []
    marks = sorted(set(borders))
    for slot in slots:
        inner = [slot.start, *(mark for mark in marks if slot.start < mark < slot.end), slot.end]
        found += [replace(slot, start=first, end=last) for first, last in pairwise(inner)]
    return found
