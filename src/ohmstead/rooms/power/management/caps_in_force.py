"""Caps in force: what all caps of a tree leave at this moment, by place."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from ohmstead.engines.dlm.tree import Amps, Id
from ohmstead.rooms.power.management.caps import Cap, EnergyCounter, Limit, Place, place_of

log = structlog.get_logger("ohmstead.power")


@dataclass(frozen=True, slots=True)
class Flowing:
    """What flows at a place of what is steered: W in all, and over how many lines."""

    watts: float
    lines: int


@dataclass(frozen=True, slots=True)
class Capped:
    """Who leaves how many A on each line there; `of_all`: of what flows besides, too."""

    source: str
    amps: float
    of_all: bool


class CapsInForce:
    """Of one tree: `refresh` takes its caps, `look` says what they leave now."""

    def __init__(self, volts: float) -> None:
        self._volts = volts
        self._caps: dict[Place, list[Cap]] = {}
        self._counters: dict[Place, EnergyCounter] = {}
        self._failed: set[str] = set()
        self.now: dict[Place, list[Capped]] = {}

    def refresh(self, caps: Iterable[Cap]) -> None:
        """These are in place from now on."""
        self._caps, self._failed = {}, set()
        for cap in caps:
            self._caps.setdefault(place_of(cap), []).append(cap)
        self._counters = {place: self._counters.get(place) or EnergyCounter() for place in self._caps}

    def look(self, now: datetime, flowing: Callable[[Place], Flowing]) -> None:
        """What each leaves at this moment, beside what flows."""
        self.now = {}
        for place, caps in self._caps.items():
            there, counter = flowing(place), self._counters[place]
            counter.look(now, there.watts)
            said = ((cap, self._limit(cap, now, counter)) for cap in caps)
            found = [
                Capped(cap.source, limit.on(there.lines, self._volts), cap.of_all)
                for cap, limit in said
                if limit is not None
            ]
            if found:
                self.now[place] = found

    def _limit(self, cap: Cap, now: datetime, counter: EnergyCounter) -> Limit | None:
        """One that fails is told of once, and passed over."""
        try:
            return cap.at(now, counter)
        except Exception:
            if cap.source not in self._failed:
                log.exception("cap not reckoned", source=cap.source)
            self._failed.add(cap.source)
            return None

    def at(self, kind: str) -> dict[int, list[tuple[str, float]]]:
        """By the id of a charge point or an EVSE: who leaves how many A a line."""
        return {id: [(one.source, one.amps) for one in found] for (each, id), found in self.now.items() if each == kind}

    def of_all(self, limits: Mapping[Id, Amps]) -> dict[Id, Amps]:
        """The limits of circuits, as far as caps of all that flows leave them."""
        return {id: self._cut(id, amps, of_all=True) for id, amps in limits.items()}

    def of_steered(self, left: Mapping[Id, Amps], limits: Mapping[Id, Amps]) -> dict[Id, Amps]:
        """What is left of circuits for what is steered; those that nothing else bounds have their limits."""
        return {id: self._cut(id, left.get(id, amps), of_all=False) for id, amps in limits.items()}

    def _cut(self, circuit: Id, amps: Amps, of_all: bool) -> Amps:
        most = min(
            (one.amps for one in self.now.get(("circuit", int(circuit)), ()) if one.of_all is of_all), default=None
        )
        if most is None:
            return amps
        first, second, third = (min(value, most) for value in amps)
        return first, second, third
