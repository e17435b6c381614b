"""How an EVSE hangs on the lines of its circuit tree: wired as it says itself, else as its charge point says."""

from collections.abc import Collection, Mapping
from typing import Any, get_args

from ohmstead.engines.dlm.tree import Tree
from ohmstead.engines.dlm.wiring import Phases, Wiring, WiringError

_PHASES = get_args(Phases)


def wiring(tree: Tree, circuit_id: int, own: Mapping[str, Any] | None, details: Mapping[str, Any]) -> Wiring:
    """`own` has the EVSE's columns (None: it says nothing itself), `details` are the smart-charging details of its
    charge point. Raises WiringError where they do not fit the circuit."""
    if own is not None and own["phases"]:
        phases, rotation, connected = own["phases"], own["phase_rotation"], own["connected_phase"]
    else:
        phases = details.get("phases") or "three_phase"
        rotation, connected = details.get("phaseRotation"), details.get("connectedPhase")
    if phases not in _PHASES:
        raise WiringError(f"{phases} is no number of phases")
    return tree.wiring(circuit_id, phases, rotation, connected)


def every_line(tree: Tree, circuit_id: int) -> Wiring:
    """Of an EVSE of which nobody knows how it is wired: all the lines its circuit has."""
    there = tree.absolute(circuit_id, (1.0, 1.0, 1.0))
    return Wiring(tuple(line for line in range(3) if there[line]), known=False)


def blamed(phases: str | None, wrote: Collection[str]) -> str:
    """Which of the fields somebody wrote keeps a wiring from fitting: the one that decides about the lines in use."""
    order = ("connectedPhase", "phaseRotation", "phases")
    return next((name for name in (order[::-1] if phases == "three_phase" else order) if name in wrote), "phases")
