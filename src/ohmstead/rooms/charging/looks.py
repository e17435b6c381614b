"""Looks: what is watched by looking now and then."""

from ohmstead.kit.clock import Clock

LEAST_PAUSE_S = 0.1  # real s, so that looks leave time for all else, however fast a clock was set to go


async def next_look(clock: Clock, every_s: float) -> None:
    """Return when it is time to look again."""
    await clock.sleep(max(every_s, LEAST_PAUSE_S * clock.speed))
