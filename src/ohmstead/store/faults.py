"""What is logged of work that failed: a line where the database is away, a traceback where the fault may be ours."""

import time
from typing import Any

from ohmstead.kit.db import DatabaseUnavailable


def log_failure(log: Any, event: str, error: Exception, **known: Any) -> None:
    """Log that something failed. DatabaseUnavailable is told without a traceback: nothing in the code is wrong."""
    if away := _away(error):
        log.warning(event, why=f"database away: {away}", **known)
    else:
        log.error(event, exc_info=error, **known)


def _away(error: BaseException) -> BaseException | None:
    """That the database is away, where this is what failed, or all that failed in a group of tasks."""
    if isinstance(error, BaseExceptionGroup):
        found = [_away(one) for one in error.exceptions]
        return found[0] if all(found) else None
    return error if isinstance(error, DatabaseUnavailable) else None


class Seldom:
    """Lets what is said again and again be said once in `every_s` s, and at once when it changes."""

    def __init__(self, every_s: float = 60.0) -> None:
        self._every_s = every_s
        self._said: str | None = None
        self._until = 0.0

    def passes(self, what: str) -> bool:
        """Whether to say it now."""
        now = time.monotonic()
        if what == self._said and now < self._until:
            return False
        self._said, self._until = what, now + self._every_s
        return True
