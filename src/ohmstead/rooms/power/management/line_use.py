"""Use of lines: where an operator lets count what cars really use, which lines of an EVSE carry nothing for now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ohmstead.engines.dlm.tree import Amps, Id, Tree
from ohmstead.engines.dlm.wiring import Mask
from ohmstead.rooms.power.management.observed import Watch
from ohmstead.rooms.power.management.snapshot import Outlet

MEASURED = "measured"  # the policy of a circuit by which lines that carry nothing do not count
STEP_A = 4.0  # by which who leaves lines unused is raised at most at a time, for so much is kept free for it besides


@dataclass(frozen=True, slots=True)
class Unused:
    """Lines of an EVSE that its car does not use, and A that it may draw on the others."""

    circuit: Id
    mask: Mask
    amps: float


def mask_of(outlet: Outlet, watch: Watch, policy: str) -> Mask:
    """1 on each of the root's lines that counts."""
    if policy != MEASURED or watch.phases is None or not _tells(outlet):
        return outlet.wiring.mask
    used = {line for line, is_used in zip(outlet.wiring.lines, watch.phases.used, strict=True) if is_used}
    return int(0 in used), int(1 in used), int(2 in used)


def unused(outlet: Outlet, counts: Mask, may_draw: float) -> Unused | None:
    """What is to be kept free for an EVSE whose car may begin to use its other lines; None where nothing is."""
    first, second, third = (all_ - used for all_, used in zip(outlet.wiring.mask, counts, strict=True))
    if not (first or second or third):
        return None
    return Unused(outlet.circuit_id, (first, second, third), min(outlet.rating, may_draw + STEP_A))


def kept_free(tree: Tree, limits: Mapping[Id, Amps], found: Iterable[Unused]) -> dict[Id, Amps]:
    """The limits of circuits less the largest of what is left unused on each line: one car at a time may change."""
    most: dict[int, float] = {}
    for one in found:
        for number in tree.crossings(one.circuit, one.mask):
            most[number] = max(most.get(number, 0.0), one.amps)
    left = dict(limits)
    for number, amps in most.items():
        at = tree.conductor(number)
        lines = list(left[at.circuit])
        lines[at.line] = max(0.0, lines[at.line] - amps)
        left[at.circuit] = (lines[0], lines[1], lines[2])
    return left


def _tells(outlet: Outlet) -> bool:
    """Whether its meter can say which of its lines are used."""
    return outlet.wiring.known and outlet.wiring.used is None and not outlet.is_dc
