"""Holding: every limit one EVSE may be holding right now, given what was sent to it and what came back.

A limit is a lease: it ends by itself `ttl` s after it was sent and leaves the fallback current in force. Clocks of
stations are off by up to `guard` s, so around its end a lease counts as both. A limit that was sent but not answered
may be in force or not; it stays possible until a *later* one is accepted (frames reach a station in order) or its
lease is over. Nothing known means anything up to the rating. A car follows a lower limit within `reaction` s, until
when it counts with the higher one. Who drops its limits with its line counts with its rating while that is away.
"""

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ohmstead.engines.dlm.steps import ceiled
from ohmstead.engines.dlm.tree import Id
from ohmstead.engines.dlm.wiring import Mask

Control = Literal["A", "B", "C"]
Rounding = Literal["down", "nearest", "up"]
LEAST = 6.0  # A, below which no car charges (IEC 61851)
REJECTIONS = 3  # in a row make a station uncontrollable


@dataclass(frozen=True, slots=True)
class Evse:
    """An EVSE below a circuit, currents in A per line and times in s.

    `least` is the lowest limit other than 0 it is sent (never below 6 A); `fallback` is in force whenever no lease is.
    `control` is what it was seen to obey: A leases, B limits but not their end, C nothing, so its rating is reserved.
    `resolution` is what it keeps of a limit, to which it rounds as `rounding` says: it is sent multiples of that only.
    Limits go with its line where it does not keep them offline."""

    id: Id
    circuit: Id
    mask: Mask
    rating: float
    least: float = LEAST
    fallback: float = 0.0
    ttl: float = 900.0
    guard: float = 60.0
    reaction: float = 5.0  # IEC 61851
    control: Control = "A"
    resolution: float = 0.1
    rounding: Rounding = "down"
    keeps_offline: bool = True

    def __post_init__(self) -> None:
        times = self.ttl > 0 <= self.guard and self.reaction >= 0 < self.resolution
        if not (math.isfinite(self.rating) and 0 <= self.fallback <= self.rating and times):
            raise ValueError(f"EVSE {self.id}: rating, fallback or times make no sense")
        if 0 < self.fallback < self.lowest:
            raise ValueError(f"EVSE {self.id}: a fallback is 0 or at least {self.lowest} A")

    @property
    def lowest(self) -> float:
        """The lowest limit other than 0 that is ever sent, in A."""
        return ceiled(max(LEAST, self.least), self.resolution)

    def kept(self, amps: float) -> float:
        """What it may make of a limit in A."""
        return amps if self.rounding == "down" else max(amps, ceiled(amps, self.resolution))


@dataclass(frozen=True, slots=True)
class Lease:
    """A limit in A up to the moment `until` (s; None: without end) and the fallback in A after it."""

    seq: int
    amps: float
    until: float | None
    fallback: float


@dataclass(slots=True)
class Holding:
    """What is known of an EVSE's limit: the last one confirmed, those sent since, and whether it can be reached."""

    evse: Evse
    held: Lease | None = None
    sent: dict[int, Lease] = field(default_factory=dict)
    awaiting: int | None = None
    awaiting_since: float | None = None
    online: bool = False
    rejections: int = 0
    following: list[tuple[float, float]] = field(default_factory=list)  # A the car may still draw, and until when
    retry_at: float = -math.inf
    changed_at: float = -math.inf
    refresh: bool = False

    @property
    def steerable(self) -> bool:
        """It can be reached and does what it is told."""
        return self.online and not self.uncontrollable

    @property
    def reserved_for(self) -> str | None:
        """Why its rating is reserved; None where it is not."""
        reasons = {
            "disobeying": self.evse.control == "C",
            "refusing": self.rejections >= REJECTIONS,
            "without_limits": not (self.online or self.evse.keeps_offline),
            "unknown": self.held is None,
        }
        return next((reason for reason, holds in reasons.items() if holds), None)

    @property
    def uncontrollable(self) -> bool:
        """Its rating must be reserved: it obeys nothing, or has refused too often."""
        return self.evse.control == "C" or self.rejections >= REJECTIONS

    def ready(self, now: float) -> bool:
        """Whether a limit may be sent: one at a time, and not at once after a refusal."""
        return self.online and self.evse.control != "C" and self.awaiting is None and now >= self.retry_at

    def possible(self, now: float) -> list[float]:
        """Every limit in A that may be in force."""
        found = [0.0, self.evse.rating] if self.held is None else list(self._outcomes(self.held, now))
        for lease in self.sent.values():
            found += self._outcomes(lease, now)
        return found

    def envelope(self, now: float) -> float:
        """The most it may legally draw, in A per line: any possible limit, and the fallback it may drop to."""
        if self.uncontrollable or not (self.online or self.evse.keeps_offline):
            return self.evse.rating
        fallbacks = [self.evse.fallback, *(lease.fallback for lease in self._leases())]
        return max(self.follows(now), self.evse.kept(max(fallbacks)), *self.possible(now))

    def follows(self, now: float) -> float:
        """The most its car may draw because it still follows a lower limit; 0 A where it has followed."""
        return max((amps for amps, until in self.following if now < until), default=0.0)

    def ends(self) -> list[float]:
        """The moments (s) at which a lease is over for certain, or the car has followed a lower limit."""
        followed = [until for _, until in self.following]
        if self.evse.control != "A":
            return followed
        return [*followed, *(self._over(lease.until) for lease in self._leases() if lease.until is not None)]

    def came(self, anew: bool) -> None:
        """It can be reached; `anew`: its line was away, and what it does not keep without one is gone."""
        if anew and not self.online and not self.evse.keeps_offline:
            self.held = None
        self.online = self.refresh = True

    def accept(self, seq: int, now: float) -> None:
        """The station took this limit, so earlier ones are history; the car follows."""
        self._stop_waiting(seq)
        before = self.evse.rating if self.uncontrollable else max(self.possible(now))
        self.following = [one for one in self.following if now < one[1]] + [(before, now + self.evse.reaction)]
        self.rejections, self.retry_at = 0, -math.inf
        self.held = self.sent.pop(seq)
        self.sent = {later: lease for later, lease in self.sent.items() if later > seq}

    def reject(self, seq: int, now: float) -> None:
        """The station refused: what it held before stays, and the next try waits 10, 20, 40 .. 300 s.

        A refusal that comes after the send was given up is no news worth trusting."""
        if seq == self.awaiting:
            self._stop_waiting(seq)
            del self.sent[seq]
            self.retry_at = now + min(300.0, 10.0 * 2**self.rejections)
            self.rejections += 1

    def lose(self, seq: int) -> None:
        """No answer came. The limit may be in force; it must be sent again to know."""
        self._stop_waiting(seq)
        self.refresh = True
        lost = self.sent[seq]
        self.sent = {each: lease for each, lease in self.sent.items() if each >= seq or not _covers(lost, lease)}

    def withdraw(self, seq: int) -> None:
        """The limit never left this house, unless it was given up before."""
        if seq == self.awaiting:
            self._stop_waiting(seq)
            del self.sent[seq]
            self.refresh = True

    def release(self, up_to: int) -> None:
        """The session is over and took its limit with it: the fallback is in force."""
        if self.held is not None and self.held.seq <= up_to:
            fallback = max(self.held.fallback, self.evse.fallback)  # a lower one counts once the station has it
            self.held = Lease(self.held.seq, fallback, None, fallback)

    def record(self) -> dict[str, Any]:
        """What must survive a crash, as plain JSON values."""
        return {
            "evse": asdict(self.evse),
            "held": self.held and asdict(self.held),
            "sent": [asdict(lease) for lease in self.sent.values()],
            "rejections": self.rejections,
            "following": [list(one) for one in self.following],
        }

    @classmethod
    def restored(cls, record: dict[str, Any]) -> "Holding":
        """From a record: offline until heard of, and every unanswered limit may be in force."""
        evse = Evse(**{**record["evse"], "mask": tuple(record["evse"]["mask"])})
        leases = [Lease(**lease) for lease in record["sent"]]
        held = Lease(**record["held"]) if record["held"] else None
        if isinstance(record["following"], list):
            following = [(amps, until) for amps, until in record["following"]]
        else:  # as it was kept before a car could follow several limits
            following = [(record["following"], record["follows_at"])]
        sent = {lease.seq: lease for lease in leases}
        return cls(evse, held, sent, rejections=record["rejections"], following=following, refresh=True)

    def _leases(self) -> list[Lease]:
        return [*self.sent.values()] if self.held is None else [self.held, *self.sent.values()]

    def _outcomes(self, lease: Lease, now: float) -> tuple[float, ...]:
        if lease.until is None or self.evse.control == "B" or now < lease.until - self.evse.guard:
            return (self.evse.kept(lease.amps),)
        if now < self._over(lease.until):
            return self.evse.kept(lease.amps), self.evse.kept(lease.fallback)
        return (self.evse.kept(lease.fallback),)

    def _over(self, until: float) -> float:
        return until + self.evse.guard + self.evse.reaction

    def _stop_waiting(self, seq: int) -> None:
        if seq == self.awaiting:
            self.awaiting = self.awaiting_since = None


def _covers(lease: Lease, older: Lease) -> bool:
    """Whether all that an older unanswered limit may do, this one may do at least as long."""
    outlives = lease.until is None or (older.until is not None and lease.until >= older.until)
    return outlives and (lease.amps, lease.fallback) == (older.amps, older.fallback)
