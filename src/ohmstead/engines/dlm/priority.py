"""Priority: how much a session weighs against others; 1 is like anyone else, 2 twice, 0.5 half, 0 leftovers only."""

import math
from collections.abc import Iterable


def weight(
    charge_point: float = 1.0, evse: float = 1.0, users: Iterable[float] = (), session: float = 1.0, soc: float = 1.0
) -> float:
    """The product of all priorities; of those that match the user (groups, partners) the highest counts.

    Raises ValueError for a priority that is negative or not finite."""
    factors = (charge_point, evse, max(users, default=1.0), session, soc)
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
