"""What happens to circuits, told through the outbox to whoever subscribes."""

from typing import Any

from msgspec import UNSET

from ohmstead.kit.facts import Fact, RowChanged
from ohmstead.kit.views import Opt


class CircuitChanged(RowChanged, topic="circuit.changed"):
    """A circuit was made, changed or deleted, or something hangs on it that did not, or weighs otherwise."""

    last_updated_at: str | None = None  # as the API writes moments


class CircuitConsumed(Fact, topic="circuit.consumption", rename="camel"):
    """What the charge points of a circuit draw has changed clearly."""

    circuit_id: int
    max_current: float  # A
    min_charge_point_current: Opt[float] = UNSET  # A; none is set where it is left out
    current_consumption: list[dict[str, Any]]  # of each of its lines: phase, consumption (A), lastUpdatedAt
