"""Looks: what is watched by looking now and then."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import DatabaseUnavailable
from ohmstead.kit.faults import log_failure

log = structlog.get_logger("ohmstead.charging")

LEAST_PAUSE_S = 0.1  # real s, so that looks leave time for all else, however fast a clock was set to go


async def next_look(clock: Clock, every_s: float) -> None:
    """Return when it is time to look again."""
    await clock.sleep(max(every_s, LEAST_PAUSE_S * clock.speed))


async def keep_looking(clock: Clock, every_s: float, look: Callable[[], Awaitable[Any]], what: str) -> None:
    """Look for ever; one that fails is said in the log, and the next follows all the same."""
    while True:
        await next_look(clock, every_s)
        try:
            await look()
        except DatabaseUnavailable:
            log.warning("database away", work=what)
        except Exception as error:
            log_failure(log, "look failed", error, work=what)
