"""Caps: what somebody leaves a circuit, a charge point or an EVSE below its own limit, for a while.

Who sets caps registers a loader with `cap_sources`; it is asked for those of a tree whenever the tree is looked at.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from ohmstead.kit.db import DatabaseUnavailable, Tx

log = structlog.get_logger("ohmstead.power")
REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """A on each line, or W in all."""

    amps: float | None = None
    watts: float | None = None

    def on(self, lines: int, volts: float) -> float:
        """A on each of so many lines."""
        shared = None if self.watts is None else self.watts / (volts * max(1, lines))
        return max(0.0, min(amps for amps in (self.amps, shared, float("inf")) if amps is not None))


class Seen(Protocol):
    """What flows at the place of a cap, of what load management steers."""

    @property
    def watts(self) -> float:
        """Now."""
        ...

    def energy_wh(self, since: datetime) -> float:
        """What flowed since then, as far as was looked (an hour at the most): a loader adds what is stored."""
        ...


class Cap(Protocol):
    """Exactly one of the ids says where. `source` is shown to whom asks why. `of_all`: what flows besides counts too,
    as for a breaker; else it binds what is steered only."""

    @property
    def source(self) -> str: ...
    @property
    def circuit_id(self) -> int | None: ...
    @property
    def charge_point_id(self) -> int | None: ...
    @property
    def evse_id(self) -> int | None: ...
    @property
    def of_all(self) -> bool: ...

    def at(self, now: datetime, seen: Seen) -> Limit | None:
        """What it leaves now; None where it does not hold."""
        ...


Place = tuple[str, int]
"""Where a cap holds: "circuit", "charge point" or "EVSE", and its id."""


def place_of(cap: Cap) -> Place:
    """Raises ValueError where none of its ids says so."""
    for kind, id in (("circuit", cap.circuit_id), ("charge point", cap.charge_point_id), ("EVSE", cap.evse_id)):
        if id is not None:
            return kind, id
    raise ValueError(f"a cap of {cap.source} holds nowhere")


@dataclass(frozen=True, slots=True)
class Members:
    """The ids of what makes up one tree."""

    circuits: Collection[int]
    charge_points: Collection[int]
    evses: Collection[int]


CapLoader = Callable[[Tx, Members], Awaitable[Iterable[Cap]]]


class CapSources:
    """Everybody who sets caps."""

    def __init__(self) -> None:
        self._loaders: list[CapLoader] = []

    def load(self, loader: CapLoader) -> CapLoader:
        """Register a loader."""
        self._loaders.append(loader)
        return loader

    async def of(self, tx: Tx, there: Members) -> tuple[Cap, ...]:
        """The caps of a tree. A source that fails is told of and passed over: the others' hold."""
        found: list[Cap] = []
        for loader in self._loaders:
            try:
                found += await loader(tx, there)
            except DatabaseUnavailable:
                raise
            except Exception:
                log.exception("caps not read", source=loader.__name__)
        return tuple(found)


cap_sources = CapSources()


class EnergyCounter:
    """What flows at one place, added up from look to look."""

    def __init__(self) -> None:
        self._watts, self._total = 0.0, 0.0
        self._looks: deque[tuple[datetime, float]] = deque()

    @property
    def watts(self) -> float:
        return self._watts

    def look(self, now: datetime, watts: float) -> None:
        """So much flows now; it did since the last look, as far as that is known."""
        if self._looks:
            passed = max(0.0, (now - self._looks[-1][0]).total_seconds())
            self._total += (self._watts + watts) / 2 * passed / 3600
        self._watts = watts
        self._looks.append((now, self._total))
        while len(self._looks) > 1 and self._looks[1][0] <= now - REMEMBERED:
            self._looks.popleft()

    def energy_wh(self, since: datetime) -> float:
        """What flowed since then, as far as was looked."""
        before = next((total for at, total in reversed(self._looks) if at <= since), None)
        if before is None:
            before = self._looks[0][1] if self._looks else self._total
        return self._total - before
