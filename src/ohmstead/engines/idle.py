"""Charging or idle: what a session's vehicle did from reading to reading, by its meter, its station and our limits.

An interval between two readings is judged by what is known at its end. It is idle where the average of the last five
minutes is below the threshold, or the vehicle's state of charge is beyond its own, and from the moment when the station
says that the vehicle takes nothing, until power flows again. Power that the station or a limit withholds is nobody's
idling: meanwhile it charges, and the five minutes begin anew after it, as they do with the session. What load
management takes from a vehicle because it leaves it unused is not withheld.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from math import floor
from typing import Any, Literal, Protocol

from msgspec import Struct, convert, field, to_builtins
from msgspec.structs import replace

from ohmstead.engines.pricing.model import Stretch

OVER = timedelta(minutes=5)
"""For so long a vehicle has to take next to nothing until it is idle; a session younger than that charges."""
FLOWS_OVER = timedelta(minutes=1)
"""For so long at least power has to flow to end that: a register that counts in tens of Wh leaps now and then."""
_HOUR = timedelta(hours=1)

Said = Literal["charging", "suspended_ev", "suspended_evse"]
Limit = Literal["given", "withheld", "released"]
Kind = Literal[Said, Limit, "unoffered", "offered", "boosted", "optimised"]


class Mark(Struct, frozen=True, gc=False):
    """Something was said of the charge: what state it is in, by the station; that a limit withholds power, gives it
    again, or was lowered because the vehicle takes nothing (released); that the meter tells of next to nothing on
    offer, or of more; that the driver wants all the power there is, or does not."""

    at: datetime
    kind: Kind


class Read(Struct, frozen=True, gc=False):
    """So many Wh since the session's start were delivered by this moment; the state of charge in %, where told."""

    at: datetime
    energy_wh: float
    soc: float | None = None


class IdleRules(Struct, frozen=True):
    """Idle is an average below so many W, and a state of charge above so many %."""

    power_w: float = 200.0
    soc_percent: float | None = None


class IdleSettings(Protocol):
    """What the operator decided for all tariffs: W, %, and whether a tariff may have a threshold of its own."""

    @property
    def average_power_threshold(self) -> float: ...
    @property
    def soc_threshold(self) -> float | None: ...
    @property
    def allow_custom_power_threshold_per_tariff(self) -> bool: ...
    @property
    def allow_custom_soc_threshold_per_tariff(self) -> bool: ...


def rules_of(content: Mapping[str, Any] | None, settings: IdleSettings) -> IdleRules:
    """The rules of a tariff, from a snapshot's content (its power is in kW); None is no tariff."""
    pricing = content["tariff"]["pricing"] if content else {}
    kw = pricing.get("averagePowerIdleThreshold") if settings.allow_custom_power_threshold_per_tariff else None
    soc = pricing.get("stateOfChargeIdleThreshold") if settings.allow_custom_soc_threshold_per_tariff else None
    return IdleRules(
        power_w=settings.average_power_threshold if kw is None else float(kw) * 1000,
        soc_percent=settings.soc_threshold if soc is None else float(soc),
    )


class State(Struct):
    """How far a run has come, and what it has to remember; JSON can say it."""

    started_at: datetime
    until: datetime
    energy_wh: float = 0.0
    soc: float | None = None
    said: Said | None = None
    said_at: datetime | None = None
    limit: Limit = "given"
    unoffered: bool = False
    boosted: bool = False
    watched_from: datetime | None = None
    """Since when its power says something: the start, or when the station or a limit last let power flow."""
    low: bool = False
    """The meter's verdict at the last reading."""
    recent: list[tuple[datetime, float]] = field(default_factory=list)
    """Readings of the last five minutes, and the one before them."""
    ahead: list[Mark] = field(default_factory=list)
    """Marks beyond the last reading, in order."""


Span = tuple[datetime, datetime, bool | None, bool]
"""From, to, whether it is idle (None: the meter says), and whether it is boosted."""
Judged = tuple[datetime, datetime, bool, bool]


class IdleRun:
    """Goes with a session from reading to reading. Stretches are told up to the last one, `until`; what is said later
    of a time before it changes nothing there any more."""

    def __init__(self, started_at: datetime, rules: IdleRules, state: State | None = None) -> None:
        self._rules = rules
        self._state = state or State(started_at, started_at, recent=[(started_at, 0.0)])

    @classmethod
    def resume(cls, rules: IdleRules, state: Mapping[str, Any]) -> "IdleRun":
        """Go on from what `state` gave."""
        known = convert(state, State)
        return cls(known.started_at, rules, known)

    def state(self) -> dict[str, Any]:
        """All that it needs to go on."""
        return to_builtins(self._state)

    @property
    def until(self) -> datetime:
        return self._state.until

    def add(self, reads: Iterable[Read], marks: Iterable[Mark] = ()) -> list[Stretch]:
        """The stretches from `until` to the last of the readings. A reading of an earlier time, or one that falls, is
        left aside."""
        known = self._state
        known.ahead = sorted([*known.ahead, *marks], key=_moment)
        found: list[Stretch] = []
        for read in sorted(reads, key=_moment):
            if read.at >= known.until and read.energy_wh >= known.energy_wh:
                found += self._to(read)
        return found

    def rest(self, ended_at: datetime) -> list[Stretch]:
        """From the last reading to the end: nothing flowed that is known of, so it is as it was or as is said since.
        The run stays where it is."""
        end = IdleRun(self._state.started_at, self._rules, replace(self._state, ahead=list(self._state.ahead)))
        return [Stretch(start, to, 0, idle, boosted) for start, to, idle, boosted in _joined(end._going_on(ended_at))]

    def _to(self, read: Read) -> Iterable[Stretch]:
        known = self._state
        start, energy = known.until, known.energy_wh
        known.recent.append((read.at, read.energy_wh))
        if read.soc is not None:
            known.soc = read.soc
        self._flows_again(read.at)
        spans = list(self._spans(read.at))
        known.low = self._is_low(start, read.at)
        known.until, known.energy_wh = read.at, read.energy_wh
        self._forget()
        if len(spans) > 1 or start == read.at:
            return self._cut(spans, start, energy)
        [(_, _, idle, boosted)] = spans
        rise = _whole(read.energy_wh) - _whole(energy)
        return (Stretch(start, read.at, rise, known.low if idle is None else idle, boosted),)

    def _cut(self, spans: Iterable[Span], start: datetime, energy: float) -> Iterator[Stretch]:
        """An interval of `start` and `energy`, which has come to where the run is now, as it was cut."""
        known = self._state
        until, rise = known.until, known.energy_wh - energy
        judged = [(begin, end, known.low if idle is None else idle, boosted) for begin, end, idle, boosted in spans]
        if start == until and _whole(known.energy_wh) > _whole(energy):  # the register leapt
            yield Stretch(start, start, _whole(known.energy_wh) - _whole(energy), *judged[-1][2:])
        for begin, end, idle, boosted in _joined(judged):
            before, energy = energy, known.energy_wh - rise * ((until - end) / (until - start))
            yield Stretch(begin, end, _whole(energy) - _whole(before), idle, boosted)

    def _flows_again(self, at: datetime) -> None:
        """Where power flows though the station said that the vehicle takes none, that is over."""
        known = self._state
        if known.said != "suspended_ev" or any(mark.at < at and mark.kind in _SAID for mark in known.ahead):
            return
        since = min(known.until, at - FLOWS_OVER)
        if known.said_at is not None and since >= known.said_at and self._average(since, at) >= self._rules.power_w:
            known.said = None

    def _spans(self, to: datetime) -> Iterator[Span]:
        """From `until` on, cut where something was said."""
        known = self._state
        start = known.until
        while known.ahead and known.ahead[0].at < to:
            mark = known.ahead.pop(0)
            at = max(mark.at, start)
            yield (start, at, self._so_far(), known.boosted)
            self._say(mark, at)
            start = at
        yield (start, to, self._so_far(), known.boosted)

    def _going_on(self, to: datetime) -> Iterator[Judged]:
        """From `until` on without a reading: by what the meter said last, until something else is said."""
        for start, end, idle, boosted in self._spans(to):
            yield (start, end, self._state.low if idle is None else idle, boosted)

    def _so_far(self) -> bool | None:
        if self._holds_back():
            return False
        return True if self._state.said == "suspended_ev" else None

    def _holds_back(self) -> bool:
        """What a released vehicle does not get it did not take."""
        known = self._state
        if known.limit == "released":
            return False
        return known.limit == "withheld" or known.unoffered or known.said == "suspended_evse"

    def _say(self, mark: Mark, at: datetime) -> None:
        known = self._state
        before = (known.said, self._holds_back())
        match mark.kind:
            case "suspended_evse" if known.limit == "released":
                pass  # for it says so of that limit
            case "charging" | "suspended_ev" | "suspended_evse":
                known.said, known.said_at = mark.kind, at
            case "withheld" | "given" | "released":
                known.limit = mark.kind
            case "unoffered" | "offered":
                known.unoffered = mark.kind == "unoffered"
            case "boosted" | "optimised":
                known.boosted = mark.kind == "boosted"
        if before != (known.said, self._holds_back()):
            known.watched_from, known.low = at, False

    def _is_low(self, start: datetime, at: datetime) -> bool:
        """Whether the meter says at the end of an interval that the vehicle is idle."""
        known = self._state
        if at - OVER < known.started_at:
            return False
        if self._rules.soc_percent is not None and known.soc is not None and known.soc > self._rules.soc_percent:
            return True
        if self._average(min(start, at - FLOWS_OVER), at) >= self._rules.power_w:
            return False
        since = min(start, at - OVER)
        if known.watched_from is not None and since < known.watched_from:
            return False
        return self._average(since, at) < self._rules.power_w

    def _average(self, since: datetime, at: datetime) -> float:
        """W between two moments, the later the last reading's."""
        return (self._state.recent[-1][1] - self._at(since)) * (_HOUR / (at - since))

    def _at(self, moment: datetime) -> float:
        """Wh at a moment of the last minutes, on the straight line between its neighbours."""
        later, high = self._state.recent[-1]
        for earlier, low in reversed(self._state.recent):
            if earlier <= moment:
                return low + (high - low) * ((moment - earlier) / (later - earlier)) if later > earlier else low
            later, high = earlier, low
        return high

    def _forget(self) -> None:
        recent, since = self._state.recent, self._state.until - OVER
        while len(recent) > 2 and recent[1][0] <= since:
            del recent[0]


_SAID = {"charging", "suspended_ev", "suspended_evse"}


def stretches(
    started_at: datetime, ended_at: datetime, reads: Iterable[Read], marks: Iterable[Mark], rules: IdleRules
) -> list[Stretch]:
    """What happened between the two moments, without a gap. The last reading is what it came to: none above counts."""
    known = sorted((read for read in reads if started_at <= read.at <= ended_at), key=_moment)
    most = known[-1].energy_wh if known else 0.0
    run = IdleRun(started_at, rules)
    found = run.add([read for read in known if read.energy_wh <= most], marks)
    return found + run.rest(ended_at)


def _moment(told: Mark | Read) -> datetime:
    return told.at


def _joined(spans: Iterable[Judged]) -> Iterator[Judged]:
    """Those of one kind as one, without those of no length."""
    held: Judged | None = None
    for start, end, *kind in spans:
        if held is not None and [*held[2:]] == kind:
            held = (held[0], end, held[2], held[3])
        elif end > start:
            if held is not None:
                yield held
            held = (start, end, kind[0], kind[1])
    if held is not None:
        yield held


def _whole(wh: float) -> int:
    """Rounded half up; what is cumulated is rounded, so that the parts add up."""
    return floor(wh + 0.5)
