"""Priority: how much a session weighs against others; 1 is like anyone else, 2 twice, 0.5 half, 0 leftovers only."""

import math


def weight(*factors: float) -> float:
    """The product of all priorities. Raises ValueError for one that is negative or not finite."""
    if not all(math.isfinite(factor) and factor >= 0 for factor in factors):
        raise ValueError(f"priorities are finite and not negative: {factors}")
    return math.prod(factors)


def soc_priority(
    soc: float | None,
    upper_threshold: float | None = None,
    high: float = 1.0,
    lower_threshold: float | None = None,
    low: float = 1.0,
) -> float:
    """The priority of a battery at `soc` %: `high` above the upper threshold, `low` below the lower one, else 1."""
    if soc is None:
        return 1.0
    if upper_threshold is not None and soc > upper_threshold:
        return high
    if lower_threshold is not None and soc < lower_threshold:
        return low
    return 1.0
