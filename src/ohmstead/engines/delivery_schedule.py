"""When what could not be delivered is tried again, and when no more."""

PAUSES_S = (5, 30, 2 * 60, 10 * 60, 30 * 60, 2 * 3_600, 6 * 3_600, 12 * 3_600)  # each after the attempt before it
MOST_ATTEMPTS = len(PAUSES_S) + 1
JITTER = 0.2
MOST_ASKED_S = 86_400.0


def pause_s(failures: int, chance: float, asked_s: float | None = None) -> float | None:
    """How many s to wait after so many failed attempts, from 1; None: that was the last. `chance` of 0 to 1 spreads it
    by 20 % either way, so that what failed together does not come again together. What the receiver asks for counts
    where it is longer, up to a day."""
    if failures >= MOST_ATTEMPTS:
        return None
    pause = PAUSES_S[failures - 1] * (1 + JITTER * (2 * chance - 1))
    return max(pause, min(asked_s or 0.0, MOST_ASKED_S))
