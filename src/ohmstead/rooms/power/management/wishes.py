"""Wishes: what is wanted of a session besides all that it can have: less, later, or by a certain moment.

Who has wishes registers a loader with `wish_sources`; it is asked for those of a tree's EVSEs whenever the tree is
looked at.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from ohmstead.kit.db import DatabaseUnavailable, Tx

log = structlog.get_logger("ohmstead.power")


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session as load management sees it: Wh it has taken, its state of charge in % where told; of its EVSE the
    rating in A on each of so many lines. `surplus` A a line would flow back to the grid but for it; None: no meter
    says."""

    session_id: int
    started_at: datetime
    energy_wh: float
    soc: float | None
    rating: float
    least: float
    lines: int
    volts: float
    surplus: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """At one moment: at most `cap` A a line, at least `least` A where it may charge at all, `energy_wh` more by
    `departure`; `weight` is a factor beside its priorities. None: nothing of the kind is wanted."""

    cap: float | None = None
    least: float | None = None
    departure: datetime | None = None
    energy_wh: float | None = None
    weight: float = 1.0


class Wish(Protocol):
    """Of one session; `source` is shown to whom asks why. `by_surplus`: it follows what would else flow back to the
    grid, so the meters above are expected to say so."""

    @property
    def source(self) -> str: ...
    @property
    def by_surplus(self) -> bool: ...
    def at(self, now: datetime, session: SessionState) -> Wanted: ...


WishLoader = Callable[[Tx, list[int]], Awaitable[Mapping[int, Wish]]]


class WishSources:
    """Everybody who has wishes; in what only one can be heard, who was registered first."""

    def __init__(self) -> None:
        self._loaders: list[WishLoader] = []

    def load(self, loader: WishLoader) -> WishLoader:
        """Register a loader."""
        self._loaders.append(loader)
        return loader

    async def of(self, tx: Tx, evses: list[int]) -> dict[int, tuple[Wish, ...]]:
        """The wishes by EVSE. A source that fails is told of and passed over."""
        found: dict[int, tuple[Wish, ...]] = {}
        for loader in self._loaders:
            try:
                for id, wish in (await loader(tx, evses)).items():
                    found[id] = (*found.get(id, ()), wish)
            except DatabaseUnavailable:
                raise
            except Exception:
                log.exception("wishes not read", source=loader.__name__)
        return found


wish_sources = WishSources()


def together(wanted: Iterable[Wanted]) -> Wanted:
    """The lowest cap, the highest least, the earliest departure, the first energy, and all weights."""
    every = list(wanted)
    weight = 1.0
    for one in every:
        weight *= one.weight
    return Wanted(
        min((one.cap for one in every if one.cap is not None), default=None),
        max((one.least for one in every if one.least is not None), default=None),
        min((one.departure for one in every if one.departure is not None), default=None),
        next((one.energy_wh for one in every if one.energy_wh is not None), None),
        weight,
    )
