"""Circuits' consumption as it is told to the world: when it has changed clearly, at most once a minute a circuit."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from msgspec import UNSET

from ohmstead.kit.db import Row
from ohmstead.kit.views import stamp
from ohmstead.rooms.power.circuits.loads import lines
from ohmstead.rooms.power.durable_facts import CircuitConsumed
from ohmstead.rooms.power.management.figures import LineLoad

EVERY_S = 60.0
CLEARLY_A, CLEARLY = 1.0, 0.05  # a line has changed by so much, or by this part of what was told: the larger
_Lines = tuple[float, ...]


class Consumption:
    """What was told last of each circuit of a tree. Until something flows there is nothing to tell."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[float, _Lines]] = {}  # circuit -> when (s), A on its lines

    def due(self, circuits: Mapping[int, Row], rows: Iterable[LineLoad], now: float) -> list[CircuitConsumed]:
        """Of what flows now what is to be told; `told` has to hear of it."""
        by_circuit: dict[int, list[LineLoad]] = {}
        for row in rows:
            if row.line in lines(circuits[row.circuit_id]):
                by_circuit.setdefault(row.circuit_id, []).append(row)
        return [_fact(circuits[id], own) for id, own in by_circuit.items() if self._is_due(id, own, now)]

    def told(self, facts: Iterable[CircuitConsumed], now: float) -> None:
        """These are durable."""
        for fact in facts:
            self._told[fact.circuit_id] = now, tuple(line["consumption"] for line in fact.current_consumption)

    def _is_due(self, circuit_id: int, own: list[LineLoad], now: float) -> bool:
        at, before = self._told.get(circuit_id, (-EVERY_S, (0.0,) * len(own)))
        if len(before) != len(own):
            return True
        clear = any(
            abs(row.managed - amps) >= max(CLEARLY_A, CLEARLY * amps) for row, amps in zip(own, before, strict=True)
        )
        return clear and now - at >= EVERY_S


def _fact(circuit: Row, own: list[LineLoad]) -> CircuitConsumed:
    least = circuit["min_charge_point_current"]
    return CircuitConsumed(
        circuit_id=circuit["id"],
        max_current=circuit["max_current"],
        min_charge_point_current=UNSET if least is None else least,
        current_consumption=[
            {"phase": f"L{row.line}", "consumption": round(row.managed, 1), "lastUpdatedAt": _moment(row.managed_at)}
            for row in own
        ],
    )


def _moment(at: float) -> str:
    return stamp(datetime.fromtimestamp(at, UTC))
