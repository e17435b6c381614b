"""Holding: every limit one EVSE may be holding right now, given what was sent to it and what came back.

A limit is a lease: it ends by itself `ttl` s after it was sent and leaves the fallback current in force. Clocks of
stations are off by up to `guard` s, so around its end a lease counts as both. Where the station itself counts how long
it has been offline, the limit has no end while the line holds, and `offline_for` s after it broke: that was when we
noticed at the latest, and maybe earlier. A limit that was sent but not answered may be in force or not; it stays
possible until a *later* one is accepted (frames reach a station in order) or its lease is over. Nothing known means
anything up to the rating, and so does a station that came back and may have forgotten. A car follows a lower limit
within `reaction` s, until when it counts with the higher one. Who drops its limits with its line counts with its rating
while that is away.

A station that cannot be controlled counts with its rating, or, once that is known, with what its car has been seen to
take without being kept from more; unless it says that nobody is there: then nothing flows, and what a start will take
is reserved as soon as it is told of. It is told its limit on, ever more seldom.
"""

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ohmstead.engines.dlm.steps import ceiled
from ohmstead.engines.dlm.tree import Id
from ohmstead.engines.dlm.wiring import Mask

Control = Literal["A", "B", "C"]
Rounding = Literal["down", "nearest", "up"]
Exemption = Literal["unknown", "forgot", "refuses", "disobeys", "without_limits", "empty"]
"""Why an EVSE counts with its rating: nothing was ever confirmed, it may have lost what was, it refuses limits, it does
not obey them, it drops them with its line, which is away. `empty`: one of these, and only its fallback is reserved as
long as it says that nobody is there."""
LEAST = 6.0  # A, below which no car charges (IEC 61851)
REJECTIONS = 3  # in a row make a station uncontrollable
ROUNDING = 1.0  # A by which its reckoning may be off
PATIENCE = 10.0  # s an answer may take without anybody minding
FIRST_WAIT, LONGEST_WAIT = 10.0, 300.0  # s before it is told again: twice as long each time


@dataclass(frozen=True, slots=True)
class Evse:
    """An EVSE below a circuit, currents in A per line and times in s.

    `least` is the lowest limit other than 0 it is sent (never below 6 A); `fallback` is in force whenever no lease is.
    `control` is what it was seen to obey: A leases, B limits but not their end, C nothing, so its rating is reserved.
    `resolution` is what it keeps of a limit, to which it rounds as `rounding` says: it is sent multiples of that only.
    Limits go with its line where it does not keep them offline. `offline_for`: in place of leases its limits end for
    good when it has been offline for so many s by its own count."""

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
    told_nothing: bool = False  # it cannot be reckoned with
    offline_for: float | None = None

    def __post_init__(self) -> None:
        times = self.ttl > 0 <= self.guard and self.reaction >= 0 < self.resolution and (self.offline_for or 0) >= 0
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
    """A limit in A up to the moment `until` (s; None: without end), or until its station has been `offline_for` so many
    s, and the fallback in A after it."""

    seq: int
    amps: float
    until: float | None
    fallback: float
    resting: bool = False  # told to an idle EVSE: it is the default that holds between sessions
    offline_for: float | None = None


@dataclass(slots=True)
class Holding:
    """What is known of an EVSE's limit: the last one confirmed, those sent since, and whether it can be reached."""

    evse: Evse
    held: Lease | None = None
    sent: dict[int, Lease] = field(default_factory=dict)
    awaiting: int | None = None
    awaiting_since: float | None = None
    online: bool = False
    offline_since: float | None = None  # s: at the latest; None: it is online, or it was not noticed yet
    rejections: int = 0
    following: list[tuple[float, float]] = field(default_factory=list)  # A the car may still draw, and until when
    retry_at: float = -math.inf
    changed_at: float = -math.inf
    refresh: bool = False
    forgotten: bool = False  # what it held may be lost
    before: int = 0  # the last number it was sent before it came back: an answer to that proves nothing
    doubts: int = 0  # times in a row its own reckoning showed that it does not keep its fallback
    unanswered: int = 0  # in a row
    repeats: int = 0  # of limits told to it while it does not obey
    empty: bool = False  # it says that nobody is there, and nothing flows
    car: float | None = None  # A that its car takes at the most, as far as it is known

    @property
    def steerable(self) -> bool:
        """It can be reached and does what it is told."""
        return self.online and not self.uncontrollable

    @property
    def uncontrollable(self) -> bool:
        """Its rating must be reserved: it obeys nothing, or has refused too often."""
        return self.evse.control == "C" or self.rejections >= REJECTIONS

    @property
    def exemption(self) -> Exemption | None:
        """Why it does not simply count with the limits it may hold."""
        if self._is_spared():
            return "empty"
        if self.evse.control == "C":
            return "disobeys"
        if self.rejections >= REJECTIONS:
            return "refuses"
        if self._is_without_limits():
            return "without_limits"
        return "unknown" if self.held is None else "forgot" if self.forgotten else None

    def ready(self, now: float) -> bool:
        """Whether a limit may be sent: one at a time, and not at once to one that refused or does not obey."""
        return self.online and not self.evse.told_nothing and self.awaiting is None and now >= self.retry_at

    def owes(self, now: float) -> bool:
        """Whether it has not answered for so long that nobody may count on what it was told."""
        return bool(self.unanswered) or (self.awaiting_since is not None and now - self.awaiting_since >= PATIENCE)

    def came_online(self) -> None:
        """It can be reached, maybe after a reboot that forgot all: it counts with its rating until it took a limit."""
        self.online = self.refresh = self.forgotten = True
        self.offline_since = None
        self.before = max((*self.sent, self.held.seq if self.held else 0))
        self.retry_at, self.repeats, self.empty = -math.inf, 0, False

    def went_offline(self) -> None:
        """It cannot be reached; what was sent to it may have arrived."""
        self.online = False
        if self.awaiting is not None:
            self.lose(self.awaiting)

    def notice(self, now: float) -> None:
        """If it cannot be reached, it has been offline since now at the latest."""
        if not self.online and self.offline_since is None:
            self.offline_since = now

    def end(self, lease: Lease) -> float | None:
        """The moment (s) at which a limit ends by itself; None: without end, or as long as the line holds."""
        if lease.offline_for is None:
            return lease.until
        return None if self.offline_since is None else self.offline_since + lease.offline_for

    def possible(self, now: float) -> list[float]:
        """Every limit in A that may be in force."""
        found = [0.0, self.evse.rating] if self.held is None else list(self._outcomes(self.held, now))
        for lease in self.sent.values():
            found += self._outcomes(lease, now)
        return found

    def envelope(self, now: float) -> float:
        """The most to reckon with, in A per line."""
        if self._is_spared():
            return self.evse.kept(self.evse.fallback)
        if self._is_without_limits():
            return self.evse.rating
        return self._unsteered() if self.uncontrollable else self.allowed(now)

    def allowed(self, now: float) -> float:
        """The most it may draw if it obeys, in A per line: any possible limit, and the fallback it may drop to."""
        return self.evse.rating if self.held is None or self.forgotten else max(self.follows(now), self.told(now))

    def told(self, now: float) -> float:
        """The highest limit that may be in force by what it was told, in A per line, as if it could forget nothing."""
        evse, most = self.evse, self.evse.fallback
        for lease in self._leases():
            most, end = max(most, lease.fallback), self.end(lease)
            if lease.amps > most and (end is None or evse.control == "B" or now < self._over(end)):
                most = lease.amps
        return evse.kept(most)

    def follows(self, now: float) -> float:
        """The most its car may draw because it still follows a lower limit; 0 A where it has followed."""
        return max((amps for amps, until in self.following if now < until), default=0.0) if self.following else 0.0

    def ends(self) -> list[float]:
        """The moments (s) at which a lease is over for certain, or the car has followed a lower limit."""
        followed = [until for _, until in self.following]
        if self.evse.control == "B":
            return followed
        ends = (self.end(lease) for lease in self._leases())
        return [*followed, *(self._over(end) for end in ends if end is not None)]

    def accept(self, seq: int, now: float) -> None:
        """The station took this limit, so earlier ones are history; the car follows."""
        self._stop_waiting(seq)
        unknown = self.held is None or self.forgotten or self.rejections >= REJECTIONS
        before = self.evse.rating if unknown else self.told(now)
        self.following = [one for one in self.following if now < one[1]] + [(before, now + self.evse.reaction)]
        self.rejections, self.unanswered, self.retry_at = 0, 0, -math.inf
        self.held = self.sent.pop(seq)
        self.forgotten = (self.forgotten and seq <= self.before) or (self.held.resting and self.doubts > 0)
        if self.evse.control == "C":
            self._wait(now, self.repeats)
            self.repeats += 1
        self.sent = {later: lease for later, lease in self.sent.items() if later > seq}

    def reject(self, seq: int, now: float) -> None:
        """The station refused: what it held before stays, and the next try waits 10, 20, 40 .. 300 s.

        A refusal that comes after the send was given up is no news worth trusting."""
        if seq == self.awaiting:
            self._stop_waiting(seq)
            del self.sent[seq]
            self._wait(now, self.rejections)
            self.rejections, self.unanswered, self.refresh = self.rejections + 1, 0, True

    def lose(self, seq: int) -> None:
        """No answer came. The limit may be in force; it must be sent again to know."""
        self._stop_waiting(seq)
        self.refresh, self.unanswered = True, self.unanswered + 1
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
            self.held = Lease(self.held.seq, fallback, None, fallback, resting=True)
            self.forgotten = self.forgotten or self.doubts > 0

    def reckons(self, amps: float, now: float) -> None:
        """Its own reckoning of what a start may take while it is idle: more than the fallback means it keeps none."""
        if self.held is None or not self.held.resting:
            return
        if amps <= self.evse.kept(self.held.fallback) + ROUNDING:
            self.doubts, self.forgotten = 0, False
        else:
            self.refresh = self.forgotten = True
            self._wait(now, self.doubts)
            self.doubts += 1

    def record(self) -> dict[str, Any]:
        """What must survive a crash, as plain JSON values."""
        return {
            "evse": asdict(self.evse),
            "held": self.held and asdict(self.held),
            "sent": [asdict(lease) for lease in self.sent.values()],
            "rejections": self.rejections,
            "following": [list(one) for one in self.following],
            "forgotten": self.forgotten,
            "doubts": self.doubts,
            "before": self.before,
        }

    @classmethod
    def restored(cls, record: dict[str, Any]) -> "Holding":
        """From a record, maybe an older one: offline until heard of, and every unanswered limit may be in force."""
        evse = Evse(**{**record["evse"], "mask": tuple(record["evse"]["mask"])})
        leases = [Lease(**lease) for lease in record["sent"]]
        held = Lease(**record["held"]) if record["held"] else None
        if isinstance(record["following"], list):
            following = [(amps, until) for amps, until in record["following"]]
        else:  # as it was kept before a car could follow several limits
            following = [(record["following"], record["follows_at"])]
        kept = {name: record[name] for name in ("rejections", "forgotten", "doubts", "before") if name in record}
        sent = {lease.seq: lease for lease in leases}
        return cls(evse, held, sent, following=following, refresh=bool(leases), **kept)

    def _unsteered(self) -> float:
        """What counts for one that cannot be controlled: its rating, or what its car takes while it can be watched."""
        known = self.evse.rating if self.car is None or not self.online else self.car
        return min(self.evse.rating, known)

    def _is_without_limits(self) -> bool:
        return not (self.online or self.evse.keeps_offline)

    def _is_spared(self) -> bool:
        """Nobody is there: what cannot be controlled, or stays silent when told its fallback, draws nothing for now."""
        unsure = (self.held is None or self.forgotten) and (self.unanswered or self.doubts)
        return self.empty and self.online and (self.uncontrollable or bool(unsure))

    def _wait(self, now: float, times: int) -> None:
        """Before it is told again, by how often it was."""
        self.retry_at = now + min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(times, 9))

    def _leases(self) -> list[Lease]:
        return [*self.sent.values()] if self.held is None else [self.held, *self.sent.values()]

    def _outcomes(self, lease: Lease, now: float) -> tuple[float, ...]:
        end, amps, fallback = self.end(lease), self.evse.kept(lease.amps), self.evse.kept(lease.fallback)
        if end is None or self.evse.control == "B" or (lease.offline_for is None and now < end - self.evse.guard):
            return (amps,)
        return (amps, fallback) if now < self._over(end) else (fallback,)

    def _over(self, until: float) -> float:
        return until + self.evse.guard + self.evse.reaction

    def _stop_waiting(self, seq: int) -> None:
        if seq == self.awaiting:
            self.awaiting = self.awaiting_since = None


def _covers(lease: Lease, older: Lease) -> bool:
    """Whether all that an older unanswered limit may do, this one may do at least as long."""
    outlives = lease.until is None or (older.until is not None and lease.until >= older.until)
    alike = (lease.amps, lease.fallback, lease.offline_for) == (older.amps, older.fallback, older.offline_for)
    return outlives and alike
