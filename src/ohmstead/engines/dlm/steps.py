"""Steps: limits in multiples of what a station keeps of them, in A."""

import math

HAIR = 1e-6  # steps; sums of floats are off by a hair, which is not the next step


def floored(amps: float, step: float) -> float:
    """The highest multiple of `step` A that is not above `amps`; a step of 0 is none at all."""
    if not step:
        return amps
    an_ampere = 1 / step
    return math.floor(amps * an_ampere + HAIR) / an_ampere


def ceiled(amps: float, step: float) -> float:
    """The lowest multiple of `step` A that is not below `amps`; a step of 0 is none at all."""
    if not step:
        return amps
    an_ampere = 1 / step
    return math.ceil(amps * an_ampere - HAIR) / an_ampere
