"""The interface of load balancing by a third party: it is told how a circuit stands, and answers with limits.

Its limits only ever lower what load management lets the EVSEs have: the breaker and the envelope stay ours.
"""

from datetime import datetime
from typing import Annotated, Any, Protocol

from msgspec import UNSET, Meta

from ohmstead.kit.views import Opt, View

Amps = Annotated[float, Meta(ge=0)]


class SessionState(View):
    """A session in progress."""

    id: int
    started_at: datetime
    energy_wh: float


class EvseState(View):
    """An EVSE of the circuit: A on each of its lines, which are the circuit's own (1 to 3)."""

    evse_id: int
    charge_point_id: int
    lines: list[int]
    min_current: float
    max_current: float
    session: SessionState | None


class LineState(View):
    """A line of the circuit: what flows to its charge points, and besides; A."""

    line: int
    managed: float
    unmanaged: float


class CircuitState(View):
    """How a circuit stands. `integration` is its loadBalancingIntegration, as the API shows it."""

    circuit_id: int
    at: datetime
    integration: dict[str, Any]
    max_current: float
    lines: list[LineState]
    evses: list[EvseState]


class EvseLimit(View):
    evse_id: int
    max_current: Amps


class ChargePointLimit(View):
    """What its EVSEs share."""

    charge_point_id: int
    max_current: Amps


class Limits(View):
    """A on each line. What is not named is not limited. Once they have expired `safe_current` is left to each EVSE of
    the circuit, and without it there is no limit but ours."""

    valid_until: datetime
    evses: list[EvseLimit] = []
    charge_points: list[ChargePointLimit] = []
    safe_current: Opt[Amps | None] = UNSET


class BalancingFailed(Exception):
    """There is no answer, or none that can be used; the text says why."""


class LoadBalancer(Protocol):
    """A third party. It may fail in any way, or never answer: who asks keeps to the last limits until they expire."""

    async def limits(self, state: CircuitState) -> Limits:
        """What it leaves the charge points of a circuit from now on; BalancingFailed where it does not say."""
        ...
