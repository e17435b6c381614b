"""Overload: a cable that carries more than it may, as measured. What may be drawn is another matter: the envelope's.

A circuit carries what its meter says; without one, or while it is silent, what was measured below it: other meters,
and of EVSEs the least they drew within the alignment window, for reports of different moments must not add up to a peak
that never was. It is overloaded once all measurements of at least 10 s were above its limit, by more than a meter's
error.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ohmstead.engines.dlm.tree import Amps, Conductor, Id, Tree

SLACK = 0.5  # A above a limit that may be a meter's error
LASTING = 10.0  # s from the first measurement above it to the last


@dataclass(frozen=True, slots=True)
class Measured:
    """A on the root's lines, and the moment of the oldest part of it."""

    at: float
    amps: Amps


def measured(
    tree: Tree, now: float, meters: Mapping[Id, Measured], draws: Iterable[tuple[Id, Amps]]
) -> dict[Id, Measured]:
    """What each circuit carries, by meters that speak and the draws of EVSEs by the circuit they hang on."""
    sums, ages, found = {id: [0.0, 0.0, 0.0] for id in tree.ids}, dict.fromkeys(tree.ids, now), dict[Id, Measured]()
    for circuit, amps in draws:
        _add(sums[circuit], amps)
    for id in reversed(tree.ids):  # children before their parents
        first, second, third = sums[id]
        found[id] = meters.get(id) or Measured(ages[id], (first, second, third))
        for parent in tree.path(id)[1:2]:
            _add(sums[parent], found[id].amps)
            ages[parent] = min(ages[parent], found[id].at)
    return found


def _add(total: list[float], amps: Amps) -> None:
    for line, value in enumerate(amps):
        total[line] += value if value > 0 else 0.0  # also NaN


@dataclass(slots=True)
class Overloads:
    """The overloads of one tree: A above the limit now where it lasts, and the seconds there was any."""

    now: dict[Conductor, float] = field(default_factory=dict)
    seconds: float = 0.0
    _since: dict[Conductor, float] = field(default_factory=dict)
    _looked_at: float | None = None

    def observe(self, now: float, loads: Mapping[Id, Measured], limits: Mapping[Id, Amps]) -> None:
        """What circuits carry, against what they may."""
        if self.now and self._looked_at is not None:
            self.seconds += max(0.0, now - self._looked_at)
        self._looked_at = now
        above = {
            Conductor(id, line): (load.at, load.amps[line] - limits[id][line])
            for id, load in loads.items()
            for line in range(3)
            if load.amps[line] > limits[id][line] + SLACK
        }
        self._since = {key: self._since.get(key, at) for key, (at, _) in above.items()}
        self.now = {key: amps for key, (at, amps) in above.items() if at - self._since[key] >= LASTING}
