"""Simulated charging points for the load management tests: each holds the last limit it took, as its class allows.

Its car draws all of it, and takes its full reaction time to follow a lower one."""

from collections import deque
from dataclasses import dataclass, field

from ohmstead.engines.dlm.holding import Evse
from ohmstead.engines.dlm.planning import Send


@dataclass
class Station:
    """One EVSE with its socket: frames wait in `inbox` in order; `skew` s is how far its clock is off, and how much
    later it notices that its line broke."""

    evse: Evse
    skew: float = 0.0
    limit: Send | None = None
    boot_limit: float = 0.0
    before: tuple[float, float] = (0.0, 0.0)  # what the car may still draw, and until when
    session: int = 0
    known_session: int = 0
    refuses: bool = False
    blank: bool = False  # it holds no fallback either
    inbox: deque[tuple[Send, int]] = field(default_factory=deque)
    waiting: set[int] = field(default_factory=set)
    offline_since: float | None = None  # it counts for itself

    def may_draw(self, now: float) -> float:
        """A per line."""
        amps, until = self.before
        return max(self.in_force(now), self.in_force(now - self.evse.reaction), amps if now < until else 0.0)

    def in_force(self, now: float) -> float:
        """A per line: the limit of this moment."""
        if self.evse.control == "C":
            return self.evse.rating
        if self.limit is None:
            return self.boot_limit
        over = self.is_over(self.limit, now)
        return self.evse.kept(self.limit.fallback if over and self.evse.control == "A" else self.limit.amps)

    def is_over(self, limit: Send, now: float) -> bool:
        """By its own clock, or its own count of how long it has been offline."""
        if limit.offline_for is None:
            return limit.until is not None and now >= limit.until + self.skew
        return self.offline_since is not None and now >= self.offline_since + limit.offline_for + self.skew

    def line_breaks(self, now: float) -> None:
        """It is offline, whether anybody has noticed or not."""
        self.offline_since = now if self.offline_since is None else self.offline_since

    def line_holds(self, now: float) -> None:
        """It is online again. A limit that ended because it was offline has ended for good."""
        if self.limit is not None and self.limit.offline_for is not None and self.is_over(self.limit, now):
            self.before = self.may_draw(now), now + self.evse.reaction
            self.limit, self.boot_limit = None, self.evse.kept(self.limit.fallback)
        self.offline_since = None

    def receive(self, send: Send) -> None:
        """A frame for the present session goes on the wire; the engine waits for its answer."""
        self.waiting.add(send.seq)
        self.inbox.append((send, self.known_session))

    def take(self, now: float) -> tuple[int, bool]:
        """Work off the oldest frame: its number and whether it was accepted; frames of an ended session are not."""
        send, session = self.inbox.popleft()
        accepted = session == self.session and not self.refuses
        if accepted:
            self.before = self.may_draw(now), now + self.evse.reaction
            self.limit, self.blank = send, False
        return send.seq, accepted

    def end_session(self) -> None:
        """The car leaves; a limit that was tied to its session goes with it."""
        self.session += 1
        self.forget()

    def forget(self) -> None:
        """The car was cut off and the limit did not survive (a session's end, a reboot): what stays is the fallback."""
        left = self.evse.rating if self.blank else self.evse.fallback
        self.limit, self.boot_limit, self.before = None, left, (0.0, 0.0)

    def lose_all(self) -> None:
        """Nothing survived, not even the fallback."""
        self.blank = True
        self.forget()
