"""The shape of explanations. Codes are stable; their sentences are for people, and may change."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from ohmstead.kit.views import View
from ohmstead.rooms.power.circuits.views import Line

Amps = Annotated[float, Meta(description="A on each of its lines.")]
Sentence = Annotated[str, Meta(description="The same as a sentence.")]
State = Literal[
    "no_session", "set_apart", "offline", "not_controllable", "idle_car", "full_car", "not_looked_at", "no_room",
    "gave_way", "below_minimum", "line", "maximum",
]  # fmt: skip
Delay = Literal["unanswered", "lowering", "raise_waits", "deadband"]
Ceiling = Literal["rating", "hour", "profile", "outside", "usage", "unused_lines", "wish", "cap"]
Floor = Literal["car", "circuit", "charge_point", "wish", "resolution"]
Standing = Literal["unknown", "forgot", "refuses", "disobeys", "without_limits", "empty", "above"]
Reserved = Literal[
    "nothing",
    "limit",
    "fallback",
    "lease",
    "unanswered",
    "follows",
    "rounding",
    "rating",
    "car",
    "set_apart",
    "empty",
]


class Place(View):
    """A line of a circuit."""

    circuit_id: int
    name: str
    phase: Annotated[Line, Meta(description="The circuit's own name of the line.")]
    root_phase: Annotated[Line, Meta(description="What the line is called where the tree begins.")]


class CapInForce(View):
    source: Annotated[str, Meta(description="Who leaves the circuit less than its limit.")]
    amps: Amps
    of_all: Annotated[bool, Meta(description="Whether it counts what flows besides, as a breaker does.")]


class LineExplained(View):
    """left = the lowest of limit and caps, less unmanaged and margin, and not above a cap of what is steered."""

    phase: Line
    root_phase: Line
    limit: Annotated[float, Meta(description="A: what the circuit is built for.")]
    caps: Annotated[list[CapInForce], Meta(description="In force now.")]
    unmanaged: Annotated[float, Meta(description="A that everything else takes, or is taken to.")]
    unmanaged_is_measured: Annotated[bool, Meta(description="False: no meter said so.")]
    margin: Annotated[float, Meta(description="A kept free because the unmanaged load may rise.")]
    left: Annotated[float, Meta(description="A for the charge points.")]
    reserved: Annotated[float, Meta(description="A that the charge points may draw at the most, all together.")]
    drawn: Annotated[float, Meta(description="A that they draw.")]
    drawn_is_measured: Annotated[bool, Meta(description="False: of some nothing was told, and what may flow counts.")]
    exceeds: Annotated[float, Meta(description="A by which more is reserved than is left.")]
    binds: Annotated[list[int], Meta(description="EVSEs that would have more, were there more on this line.")]


class PhaseCurrent(View):
    phase: Line
    amps: float


class Bounded(View):
    reason: Ceiling
    source: Annotated[str | None, Meta(description="Who set the cap; by whom or what the session's wish is.")]
    amps: Amps
    text: Sentence


class Maximum(View):
    amps: Amps
    reason: Ceiling
    bounds: Annotated[list[Bounded], Meta(description="All that bounds it, the lowest first.")]


class Minimum(View):
    amps: Annotated[float, Meta(description="A on each line; it gets this or nothing.")]
    reason: Floor
    text: Sentence


class Weight(View):
    product: float
    factors: Annotated[dict[str, float], Meta(description="charge_point, evse, user, session, soc, wish and others.")]


class Lease(View):
    amps: Amps
    until: Annotated[datetime | None, Meta(description="null: it has no end.")]
    fallback: Annotated[float, Meta(description="A on each line, after it.")]


class Control(View):
    """A: it keeps leases; B: it keeps limits that have no end; C: it keeps none."""

    kind: Literal["A", "B", "C"]
    standing: Annotated[Standing | None, Meta(description="An exception from the promise; null: it obeys.")]
    text: Sentence


class Pending(View):
    reason: Delay
    text: Sentence


class Reserve(View):
    """What is kept free for it on each of its lines."""

    amps: Amps
    reason: Reserved
    text: Sentence


class EvseExplained(View):
    evse_id: int
    evse_network_id: int
    charge_point_id: int
    name: Annotated[str, Meta(description="Its charge point's name, and what is written on the EVSE.")]
    circuit_id: int
    session_id: Annotated[str | None, Meta(description="null: nobody charges.")]
    phases: Annotated[list[Line], Meta(description="The lines of the circuit explained that count for it.")]
    target: Annotated[float | None, Meta(description="A on each line it is to have; null: none is reckoned.")]
    fair: Annotated[float | None, Meta(description="A on each line that are its by weight; null: none are shared.")]
    offered: Annotated[float | None, Meta(description="A on each line that it confirmed; null: nothing yet.")]
    drawn: Annotated[list[PhaseCurrent], Meta(description="A on the lines of the circuit explained.")]
    drawn_is_measured: bool
    state: Annotated[State, Meta(description="Why its target is what it is.")]
    text: Sentence
    binding: Annotated[Place | None, Meta(description="The line that keeps it from more, or from charging.")]
    pending: Annotated[Pending | None, Meta(description="Why what is offered is not the target; null: it is.")]
    weight: Weight | None
    minimum: Minimum | None
    maximum: Maximum | None
    wishes: Annotated[list[str], Meta(description="By whom or what something is wished of its session.")]
    departure: datetime | None
    lease: Lease | None
    control: Control
    reserve: Reserve


class CircuitExplained(View):
    circuit_id: int
    name: str
    root_circuit_id: int
    at: datetime
    lines: list[LineExplained]
    evses: Annotated[list[EvseExplained], Meta(description="All that it feeds, also through other circuits.")]


class CircuitAnswer(View):
    data: CircuitExplained


class EvseAnswer(View):
    data: EvseExplained


Told = dict[str, Any]
"""An explanation as it goes out, and from node to node."""
