"""Wiring: which lines a circuit or an EVSE uses, and where those lines end up on the root's L1, L2, L3."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Phases = Literal["single_phase", "split_phase", "three_phase"]
Configuration = Literal["star", "delta"]
Mask = tuple[int, int, int]  # 1 on each of the root's lines a load uses
Frame = tuple[int | None, int | None, int | None]  # the root's line behind a circuit's own L1, L2, L3; None: not there

ROTATIONS = {name: tuple("RST".index(letter) for letter in name) for name in ("RST", "RTS", "SRT", "STR", "TRS", "TSR")}
CONNECTIONS = {"L1": (0,), "L2": (1,), "L3": (2,), "L1_L2": (0, 1), "L1_L3": (0, 2), "L2_L3": (1, 2)}


class WiringError(ValueError):
    """Phases, rotation and connected phase do not fit together or do not fit what they are connected to."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """An EVSE's lines: `lines[i]` is the root's line behind its own line i+1.

    Where nobody said which line of several it uses (`known` is False), all of them are reserved; it uses so many of
    them at a time."""

    lines: tuple[int, ...]
    known: bool = True
    used: int | None = None  # None: all of them

    @property
    def uses(self) -> int:
        """Lines that carry its current at a time."""
        return len(self.lines) if self.used is None else self.used

    @property
    def mask(self) -> Mask:
        """1 on each of the root's lines this EVSE may load."""
        return int(0 in self.lines), int(1 in self.lines), int(2 in self.lines)

    def place(self, own: Sequence[float]) -> tuple[float, float, float]:
        """A measured on the EVSE's own lines as A on the root's lines; 0 where the lines are not known."""
        amps = [0.0, 0.0, 0.0]
        if self.known:
            for line, value in zip(self.lines, own, strict=False):
                amps[line] = value
        return amps[0], amps[1], amps[2]


def root(phases: Phases, connected: str | None, configuration: Configuration) -> Frame:
    """A root's lines are the root's lines; if it has fewer than three they are the first unless said otherwise."""
    if phases == "three_phase":
        return 0, 1, 2
    count = _lines_of(phases, configuration)
    picked = _picked(phases, connected, configuration) if connected else tuple(range(count))
    return _only((0, 1, 2), picked)


def child(
    above: Frame, phases: Phases, rotation: str | None, connected: str | None, configuration: Configuration
) -> Frame:
    """The frame of a circuit below `above`. Raises WiringError."""
    if phases == "three_phase":
        if rotation not in ROTATIONS:
            raise WiringError("a three-phase circuit below another needs a phase rotation")
        first, second, third = ROTATIONS[rotation]
        return _carried(above, first), _carried(above, second), _carried(above, third)
    carried = tuple(line for line in range(3) if above[line] is not None)
    if connected is None and len(carried) == _lines_of(phases, configuration):
        return _only(above, carried)  # nothing to choose from
    return _only(above, _picked(phases, connected, configuration))


def attach(
    above: Frame, phases: Phases, rotation: str | None, connected: str | None, configuration: Configuration
) -> Wiring:
    """The wiring of an EVSE on `above`: a connected phase wins over a rotation. Raises WiringError."""
    count = _lines_of(phases, configuration)
    if connected and phases != "three_phase":
        return Wiring(tuple(_carried(above, line) for line in _picked(phases, connected, configuration)))
    if rotation or phases == "three_phase":
        if (rotation or "RST") not in ROTATIONS:
            raise WiringError(f"{rotation} is not a phase rotation")
        return Wiring(tuple(_carried(above, line) for line in ROTATIONS[rotation or "RST"][:count]))
    carried = tuple(line for line in above if line is not None)
    if len(carried) < count:
        raise WiringError(f"needs {count} lines where there is only one")
    return Wiring(carried, known=len(carried) == count, used=count)


def _lines_of(phases: Phases, configuration: Configuration) -> int:
    """Lines a load of these phases uses: a delta system has no neutral, so one phase lies between two lines."""
    if phases == "three_phase":
        return 3
    return 1 if phases == "single_phase" and configuration == "star" else 2


def _picked(phases: Phases, connected: str | None, configuration: Configuration) -> tuple[int, ...]:
    lines = CONNECTIONS.get(connected or "")
    if lines is None:
        raise WiringError(f"{phases} needs a connected phase")
    if len(lines) != _lines_of(phases, configuration):
        raise WiringError(f"{connected} does not fit {phases} in {configuration}")
    return lines


def _carried(above: Frame, line: int) -> int:
    behind = above[line]
    if behind is None:
        raise WiringError(f"L{line + 1} does not reach this circuit")
    return behind


def _only(above: Frame, lines: tuple[int, ...]) -> Frame:
    frame = [_carried(above, line) if line in lines else None for line in range(3)]
    return frame[0], frame[1], frame[2]
