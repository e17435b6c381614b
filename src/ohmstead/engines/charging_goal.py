"""Charging goals: what the owner of a charge point wants of each charge there, and what that means at a moment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ohmstead.engines.charging_plan import Need, Slot, charges_at, cut, plan
from ohmstead.engines.schedules import Daily
from ohmstead.engines.wall_clock import DAY_MIN, shown

AHEAD = timedelta(hours=24)  # looked at where nothing says by when it has to be done
Hours = tuple[int, int]
"""Minutes of a day, from and to; a `to` that is not later than `from` lies on the next day."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The hours of the week in which charging is welcome, by the day on which they begin: those of its week day (0 is
    Monday), else the `usual` ones."""

    usual: Hours
    of_days: Mapping[int, Sequence[Hours]] = field(default_factory=dict[int, Sequence[Hours]])

    def begin_on(self, day: date) -> Iterator[tuple[int, int, bool]]:
        """As `wall_clock.shown` asks for them."""
        for of, to in self.of_days.get(day.weekday(), (self.usual,)):
            yield of, to if to > of else to + DAY_MIN, True

    def within(self, zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Those that lie between two moments, in order."""
        return [(of, to) for of, to, _ in shown(zone, start, end, self.begin_on)]

    def next_end(self, zone: ZoneInfo, now: datetime) -> datetime:
        """When the window of `now` ends, or the next one that begins; in nine days, where it does not end before."""
        end = now
        for until in (now + timedelta(days=2), now + timedelta(days=9)):
            end = now
            for of, to in self.within(zone, now, until):
                if end not in (now, of):
                    break
                end = to
            if now < end < until:
                break
        return end


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted of each charge. Without windows and threshold no hour is welcome as such: it charges as much as it
    has to, in the cheapest ones. `lowest_price`: only hours of the lowest price there is are welcome."""

    zone: ZoneInfo
    windows: Windows | None = None
    departure: time | None = None
    preconditioning: timedelta = timedelta()
    least_wh: float = 0.0
    most_wh: float | None = None
    threshold: Decimal | None = None
    lowest_price: bool = False

    @property
    def welcomes(self) -> bool:
        """Whether there are hours that are welcome as such."""
        return self.windows is not None or self.threshold is not None or self.lowest_price


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a charge is: since when, Wh so far, and the W it can take."""

    started_at: datetime
    energy_wh: float
    power_w: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a goal means at a moment: whether to charge, what is still needed for certain, and until when."""

    charges: bool
    needed_wh: float
    done: bool = False  # it has all that was wanted
    due: datetime | None = None
    departure: datetime | None = None
    chosen: tuple[Slot, ...] = ()


def look(goal: Goal, progress: Progress, prices: Sequence[Slot], now: datetime) -> Verdict:
    """What to do now. `prices` are slots in order of time: those of the last 24 hours, and what is known of the next;
    where there is none, the price is not known."""
    left = _left(goal, progress.energy_wh)
    departure = Daily(goal.departure, goal.zone).after(progress.started_at) if goal.departure is not None else None
    if departure is not None and departure <= now:
        if left.least_wh > 0:
            return Verdict(True, left.least_wh, due=departure, departure=departure)
        departure = None
    due = departure or (goal.windows.next_end(goal.zone, now) if goal.windows else None)
    slots = _slots(goal, prices, now, due or now + AHEAD, departure)
    chosen = tuple(plan(slots, left, progress.power_w))
    done = left.least_wh <= 0 and (left.most_wh == 0 or not goal.welcomes)
    return Verdict(charges_at(chosen, now), left.least_wh, done, due, departure, chosen)


def _left(goal: Goal, energy_wh: float) -> Need:
    most = None if goal.most_wh is None else max(0.0, goal.most_wh - energy_wh)
    return Need(max(0.0, goal.least_wh - energy_wh), most)


def _slots(
    goal: Goal, prices: Sequence[Slot], now: datetime, until: datetime, departure: datetime | None
) -> list[Slot]:
    """All the time until then, by price, with what is welcome and what must be."""
    whole = _priced(prices, now, until)
    windows = goal.windows.within(goal.zone, now, until) if goal.windows else None
    full = None if departure is None else departure - goal.preconditioning
    borders = [moment for window in windows or () for moment in window] + ([full] if full else [])
    threshold = _threshold(goal, prices)
    return [
        replace(
            slot,
            preferred=goal.welcomes and _welcome(slot, windows, threshold),
            must=full is not None and slot.start >= full,
        )
        for slot in cut(whole, borders)
    ]


def _welcome(slot: Slot, windows: Sequence[tuple[datetime, datetime]] | None, threshold: Decimal | None) -> bool:
    if windows is not None and not any(of <= slot.start < to for of, to in windows):
        return False
    return threshold is None or (slot.price is not None and slot.price < threshold)


def _threshold(goal: Goal, slots: Sequence[Slot]) -> Decimal | None:
    """Prices below it are welcome; None: any is. The lowest is that of all slots, past ones too: it is no less low at
    the end of its hours."""
    known = [slot.price for slot in slots if slot.price is not None]
    if goal.lowest_price and goal.threshold is None:
        return min(known).next_plus() if known else Decimal("-Infinity")
    return goal.threshold


def _priced(prices: Sequence[Slot], start: datetime, end: datetime) -> list[Slot]:
    """What of the slots lies in [start, end), with slots of no known price in the holes."""
    found: list[Slot] = []
    here = start
    for slot in prices:
        if slot.end <= here or slot.start >= end:
            continue
        if slot.start > here:
            found.append(Slot(here, slot.start))
        here = max(here, slot.start)
        found.append(Slot(here, min(slot.end, end), slot.price))
        here = min(slot.end, end)
    return [*found, Slot(here, end)] if here < end else found
