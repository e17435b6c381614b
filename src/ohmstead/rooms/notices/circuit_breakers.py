"""Endpoints: where messages go. Each takes so many at once from all its senders in this process, and has a breaker."""

import asyncio
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Protocol

from ohmstead.kit.clock import Clock
from ohmstead.store.due_work import back_off

BREAKS_AFTER = 5  # failures in a row
FIRST_PAUSE, MOST_PAUSE = timedelta(seconds=1), timedelta(seconds=60)


class User(Protocol):
    """Sends there."""

    def start_one(self) -> bool:
        """Begin to send one more message, where there is one that may be sent."""
        ...

    def wake(self) -> None:
        """It may be worth while to look for more."""
        ...


class Endpoint:
    """One address. After five failures in a row one message at a time is tried there, after pauses of 1 s, 2 s, 4 s …
    at most 60 s (by the clock); that it goes well ends this. Its users take turns."""

    def __init__(self, clock: Clock, at_once: int) -> None:
        self._clock, self.at_once = clock, at_once
        self._users: list[User] = []
        self._in_flight = self._failures = self._probes = 0
        self._closed_until: datetime | None = None
        self._waiting: asyncio.Task[None] | None = None

    def join(self, user: User) -> None:
        """Send there from now on."""
        self._users.append(user)

    def leave(self, user: User) -> bool:
        """Send there no more; whether nobody else does."""
        self._users.remove(user)
        if not self._users and self._waiting is not None:
            self._waiting.cancel()
        return not self._users

    @property
    def pausing(self) -> bool:
        """Whether not even one is tried now."""
        return self._closed_until is not None and self._clock.now() < self._closed_until

    @property
    def _free(self) -> bool:
        if self._closed_until is None:
            return self._in_flight < self.at_once
        return not self._in_flight and not self.pausing

    def pump(self) -> None:
        """Begin what may begin."""
        idle = 0
        while self._free and idle < len(self._users):
            user = self._users.pop(0)
            self._users.append(user)
            idle = 0 if user.start_one() else idle + 1

    def begin(self) -> bool:
        """One is on its way; whether it is to find out if they arrive again. To be said with `end`."""
        self._in_flight += 1
        return self._closed_until is not None

    def end(self, probe: bool, arrived: bool | None) -> None:
        """It arrived, failed, or was broken off (None)."""
        self._in_flight -= 1
        if arrived:
            self._failures = self._probes = 0
            self._closed_until = None
        elif arrived is False:
            self._failures += 1
            if probe or (self._closed_until is None and self._failures >= BREAKS_AFTER):
                self._pause()
        self.pump()

    def _pause(self) -> None:
        self._probes += 1
        pause = back_off(self._probes, FIRST_PAUSE, MOST_PAUSE)
        self._closed_until = self._clock.now() + pause
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.create_task(self._resume(pause.total_seconds()))

    async def _resume(self, pause_s: float) -> None:
        await self._clock.sleep(pause_s)
        self._waiting = None
        for user in self._users:
            user.wake()
        self.pump()


class Endpoints:
    """Those that are sent to, by what they are known by."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[Hashable, Endpoint] = {}

    def join(self, key: Hashable, at_once: int, user: User) -> Endpoint:
        """A user sends there from now on."""
        endpoint = self._known.setdefault(key, Endpoint(self._clock, at_once))
        endpoint.join(user)
        return endpoint

    def leave(self, key: Hashable, user: User) -> None:
        """A user sends there no more."""
        if self._known[key].leave(user):
            del self._known[key]
