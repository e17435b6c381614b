"""Circuit tree: the cables below one root, each line traced back to the root's own L1, L2, L3.

A child's phase rotation and connected phase are relative to its *parent*, so they compose down the path. A three-phase
circuit may rename lines (rotation); a single- or split-phase one only picks lines and keeps their parent's names.
In a delta (IT) system a single-phase load sits between two lines; line currents are summed by magnitude, which is at
most 15.5 % more than the phasor sum of balanced loads and never less.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ohmstead.engines.dlm.wiring import Configuration, Frame, Mask, Phases, Wiring, WiringError, attach, child, root

Id = int | str
Amps = tuple[float, float, float]  # A on the root's L1, L2, L3


class Conductor(NamedTuple):
    """One line of one circuit: the place where a limit binds. `line` counts the root's lines from 0."""

    circuit: Id
    line: int


class TreeError(ValueError):
    """The tree cannot stand as described; `circuit` and `field` say where, the text says why."""

    def __init__(self, circuit: Id, field: Literal["id", "parent", "configuration", "limits", "wiring"], why: str):
        super().__init__(f"circuit {circuit}: {why}")
        self.circuit, self.field, self.why = circuit, field, why


@dataclass(frozen=True, slots=True)
class Circuit:
    """A cable with a limit: one value in A for every line, or three for its own L1, L2, L3. A root has no parent."""

    id: Id
    parent: Id | None
    limits: float | Amps
    phases: Phases = "three_phase"
    rotation: str | None = None
    connected: str | None = None
    configuration: Configuration = "star"


class Tree:
    """Circuits under one root, checked; `ids` lists them with parents first, `limits` in A on the root's lines."""

    def __init__(self, circuits: Iterable[Circuit]) -> None:
        """Raises TreeError: no or several roots, a cycle, an unknown parent, wiring that does not fit its parent."""
        self._circuits = _by_id(circuits)
        self.root = _only_root(self._circuits)
        self.configuration: Configuration = self._circuits[self.root].configuration
        self._paths: dict[Id, tuple[Id, ...]] = {}
        self._frames: dict[Id, Frame] = {}
        for circuit in self._circuits.values():
            self._place(circuit)
        self.ids = tuple(sorted(self._circuits, key=lambda id: len(self._paths[id])))
        self._numbers = {id: number for number, id in enumerate(self.ids)}
        self.limits: dict[Id, Amps] = {id: self._own_limits(self._circuits[id]) for id in self.ids}
        self._crossings: dict[tuple[Id, Mask], tuple[int, ...]] = {}

    def path(self, circuit: Id) -> tuple[Id, ...]:
        """The circuit, its parent, and so on up to the root."""
        return self._paths[circuit]

    def wiring(self, circuit: Id, phases: Phases, rotation: str | None = None, connected: str | None = None) -> Wiring:
        """How an EVSE of this circuit hangs on the root's lines. Raises WiringError if the circuit lacks a line."""
        return attach(self._frames[circuit], phases, rotation, connected, self.configuration)

    def absolute(self, circuit: Id, own: Amps) -> Amps:
        """Values on the circuit's own L1, L2, L3 (a meter's report) as values on the root's lines; others are 0."""
        values = [0.0, 0.0, 0.0]
        for line, value in zip(self._frames[circuit], own, strict=True):
            if line is not None:
                values[line] = value
        return values[0], values[1], values[2]

    def own(self, circuit: Id, absolute: Amps) -> Amps:
        """Values on the root's lines as values on the circuit's own L1, L2, L3; 0 for lines it does not have."""
        first, second, third = (0.0 if line is None else absolute[line] for line in self._frames[circuit])
        return first, second, third

    def crossings(self, circuit: Id, mask: Mask) -> tuple[int, ...]:
        """Numbers of all conductors a load with this mask flows through, from its circuit up to the root."""
        key = (circuit, mask)
        if key not in self._crossings:
            lines = [line for line in range(3) if mask[line]]
            self._crossings[key] = tuple(
                3 * self._numbers[above] + line for above in self._paths[circuit] for line in lines
            )
        return self._crossings[key]

    def conductor(self, number: int) -> Conductor:
        """The conductor of this number."""
        return Conductor(self.ids[number // 3], number % 3)

    def capacities(self, limits: Mapping[Id, Amps] | None = None) -> list[float]:
        """A per conductor number; circuits not named keep their own limits. NaN and below 0 count as 0."""
        given = self.limits if limits is None else {**self.limits, **limits}
        return [amps if amps > 0 else 0.0 for id in self.ids for amps in given[id]]

    def load(self, draws: Iterable[tuple[Id, Mask, float]]) -> list[float]:
        """A per conductor number when each (circuit, mask) draws so many A per line."""
        load = [0.0] * (3 * len(self.ids))
        for circuit, mask, amps in draws:
            for number in self.crossings(circuit, mask):
                load[number] += amps
        return load

    def overloads(
        self, draws: Iterable[tuple[Id, Mask, float]], limits: Mapping[Id, Amps] | None = None
    ) -> dict[Conductor, float]:
        """A above the limit wherever draws exceed it. Fallback and reserved currents must leave this empty."""
        pairs = enumerate(zip(self.load(draws), self.capacities(limits), strict=True))
        return {self.conductor(number): load - cap for number, (load, cap) in pairs if load > cap + 1e-6}

    def _place(self, circuit: Circuit) -> None:
        """Trace the circuit's ancestors first, then itself."""
        chain: list[Circuit] = []
        above: Id | None = circuit.id
        while above is not None and above not in self._paths:
            if any(seen.id == above for seen in chain):
                raise TreeError(circuit.id, "parent", "is its own ancestor")
            chain.append(self._circuits[above])
            above = chain[-1].parent
        for each in reversed(chain):
            self._paths[each.id] = (each.id,) + (self._paths[each.parent] if each.parent is not None else ())
            self._frames[each.id] = self._frame(each)

    def _frame(self, circuit: Circuit) -> Frame:
        if circuit.configuration != self.configuration:
            raise TreeError(circuit.id, "configuration", f"the tree is {self.configuration}")
        try:
            if circuit.parent is None:
                return root(circuit.phases, circuit.connected, circuit.configuration)
            above = self._frames[circuit.parent]
            return child(above, circuit.phases, circuit.rotation, circuit.connected, circuit.configuration)
        except WiringError as error:
            raise TreeError(circuit.id, "wiring", str(error)) from error

    def _own_limits(self, circuit: Circuit) -> Amps:
        given = circuit.limits
        limits = given if isinstance(given, tuple) else (given, given, given)
        if not all(math.isfinite(amps) and amps >= 0 for amps in limits):
            raise TreeError(circuit.id, "limits", "must be finite and not below 0 A")
        return self.absolute(circuit.id, limits)


def _by_id(circuits: Iterable[Circuit]) -> dict[Id, Circuit]:
    by_id: dict[Id, Circuit] = {}
    for circuit in circuits:
        if circuit.id in by_id:
            raise TreeError(circuit.id, "id", "is given twice")
        by_id[circuit.id] = circuit
    for circuit in by_id.values():
        if circuit.parent is not None and circuit.parent not in by_id:
            raise TreeError(circuit.id, "parent", f"{circuit.parent} is unknown")
    return by_id


def _only_root(circuits: Mapping[Id, Circuit]) -> Id:
    roots = [circuit.id for circuit in circuits.values() if circuit.parent is None]
    if len(roots) > 1:
        raise TreeError(roots[1], "parent", f"is a second root beside {roots[0]}")
    if not roots:
        raise TreeError(next(iter(circuits), ""), "parent", "no circuit is the root")
    return roots[0]
