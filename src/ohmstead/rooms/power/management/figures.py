"""Figures: what a circuit tree carries, as it is shown, and how load management fares with it, as it is counted."""

from collections import Counter
from dataclasses import dataclass, field

from ohmstead.engines.dlm.tree import Amps


@dataclass(frozen=True, slots=True)
class Flow:
    """A on each line, when the oldest part of it was measured (s; None: never), and whether all of it was."""

    amps: Amps
    at: float | None
    is_measured: bool


@dataclass(frozen=True, slots=True)
class LineLoad:
    """One line (1 to 3) of a circuit: what load management steers there, and what flows besides."""

    circuit_id: int
    line: int
    managed: float
    managed_at: float
    managed_is_measured: bool
    unmanaged: float
    unmanaged_at: float | None
    unmanaged_is_measured: bool


@dataclass(slots=True)
class Counts:
    """What happened in a tree since it is steered here: each an exception to the promise."""

    limit_fell: int = 0  # below what was out
    slow_reactions: int = 0  # a draw came down later than was reckoned with
    rounded_up: int = 0  # a station turned out to round its limits up


@dataclass(frozen=True, slots=True)
class Figures:
    """One tree now: A that may be drawn and that were measured above a limit, on the worst line; EVSEs that do not
    simply count with their limits, by the exception's name; and those that cannot be reckoned with."""

    overcommitted: float = 0.0
    overloaded: float = 0.0
    overloaded_seconds: float = 0.0
    exempt: Counter[str] = field(default_factory=Counter[str])
    set_apart: int = 0
    counts: Counts = field(default_factory=Counts)
