"""Wiring: phases, rotation and connected phase as the API says them, of EVSEs and of charge points."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from msgspec import Meta

Voltage = Annotated[
    Literal["230", "380", "400", "480", "120", "208", "240", "110-130", "220-240", "277"],
    Meta(description="V, or the range it varies in."),
]
Phases = Literal["single_phase", "three_phase", "split_phase"]
Configuration = Annotated[Literal["star", "delta"], Meta(description="star: TN system, delta: IT system.")]
PhaseRotation = Annotated[
    Literal["RST", "RTS", "SRT", "STR", "TRS", "TSR"],
    Meta(
        description="Which grid line is behind L1, L2 and L3: R is L1, S is L2, T is L3. A single phase is read from "
        "it where connectedPhase is not given."
    ),
]
ConnectedPhase = Annotated[
    Literal["L1", "L2", "L3", "L1_L2", "L1_L3", "L2_L3"],
    Meta(
        description="The lines in use: one for a single phase in a star, two for split phase in a star and for a "
        "single phase in a delta. It outranks phaseRotation."
    ),
]

_LINE = {"R": "L1", "S": "L2", "T": "L3"}


def connected_phase(phases: str | None, rotation: str | None, connected: str | None, delta: bool = False) -> str | None:
    """The line of a single phase that nobody named but the rotation tells; else what was said."""
    if connected is None and rotation and phases == "single_phase" and not delta:
        return _LINE[rotation[0]]
    return connected


def misfits(phases: Any, connected: str | None, configuration: str | None) -> Iterator[str]:
    """What is wrong with a connected phase; no configuration means either."""
    if connected is None or phases is None:
        return
    lines = connected.count("L")
    allowed = {
        ("single_phase", "star"): {1},
        ("single_phase", "delta"): {2},
        ("single_phase", None): {1, 2},
        ("split_phase", "star"): {2},
        ("split_phase", None): {2},
    }.get((phases, configuration), set())
    if lines not in allowed:
        words = phases.replace("_", " ")
        yield f"The connected phase {connected} does not fit {words}{f' in {configuration}' if configuration else ''}."
