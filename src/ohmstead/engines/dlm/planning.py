"""Planning: which limits to send now so that no sum of what may be drawn ever exceeds a cable.

Decreases go out at once. A raise goes out only into room that is certain: the sum of all envelopes leaves it, so the
decrease that pays for it has been accepted. Raises of less than the deadband, or too soon after the last change, wait;
so do decreases of less than the deadband unless someone needs what they give. Leases that matter are renewed in time;
those of the lapsing run out, or are ended where someone needs what they hold.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ohmstead.engines.dlm.holding import Holding, Lease
from ohmstead.engines.dlm.shedding import HAIR, sendable, wanted
from ohmstead.engines.dlm.tree import Id, Tree

MUCH = 2.0  # times as much as a car has
Reason = Literal["first", "decrease", "renewal", "raise", "trim"]  # in the order they are sent


@dataclass(frozen=True, slots=True)
class Send:
    """A limit to send: `amps` from `starts` up to `until` (s; None: without end), or until the station has been offline
    for so many s, then `fallback` A."""

    seq: int
    evse: Id
    amps: float
    fallback: float
    starts: float
    until: float | None
    reason: Reason
    offline_for: float | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How eagerly limits follow targets: raises in steps of at least `deadband` A, `hold` s apart, or `short_hold` s
    where a car gets at least twice as much; leases are renewed when `renew` of their life has passed."""

    deadband: float = 1.0
    hold: float = 30.0
    renew: float = 0.6
    short_hold: float = 30.0


class Round:
    """One look at the whole tree: envelopes now, targets cut to what fits, and the sends drawn from both."""

    def __init__(
        self,
        tree: Tree,
        holdings: Mapping[Id, Holding],
        capacities: list[float],
        targets: Mapping[Id, float],
        pace: Pace,
        now: float,
        lapsing: Collection[Id] = (),
    ) -> None:
        self.lapsing = lapsing
        self.tree, self.holdings, self.capacities = tree, holdings, capacities
        self.targets, self.pace, self.now = targets, pace, now
        self.wanted = wanted(tree, holdings, capacities, targets, now)
        self.envelopes = {id: holding.envelope(now) for id, holding in holdings.items()}
        self.loads = tree.load((h.evse.circuit, h.evse.mask, self.envelopes[id]) for id, h in holdings.items())
        self.short = {n for n, load in enumerate(self.loads) if load > capacities[n] + HAIR}

    def sends(self, first: int) -> list[Send]:
        """The sends, numbered from `first`; each is noted in its holding as possibly in force from now on."""
        due: list[tuple[Holding, Reason]] = [
            (h, reason) for h in self.holdings.values() if h.ready(self.now) and (reason := self._reason(h))
        ]
        freed = self._being_freed()
        drafts: list[Send] = []
        for h, reason in sorted(due, key=self._urgency):
            amps = self._affordable(h)
            if reason == "trim" and self.short.isdisjoint(self._crossings(h)):
                continue
            if reason == "raise" and not self._worth_it(h, amps, freed):
                continue
            if not self._take(h, amps):
                freed.update(self._crossings(h))
            drafts.append(self._draft(h, amps, reason, first + len(drafts)))
        return drafts

    def _reason(self, h: Holding) -> Reason | None:
        if h.held is None:
            return "first"
        possible, want = h.possible(self.now), self.wanted[h.evse.id]
        low, high = min(possible), max(possible)
        if h.evse.id in self.lapsing and not h.refresh:
            return "trim" if want < high - HAIR else None
        if want <= high - self.pace.deadband:
            return "decrease"
        if self._renewable(h):
            return "renewal"
        hold = min(self.pace.short_hold, self.pace.hold) if want >= MUCH * low else self.pace.hold
        rested = want <= high or self.now >= h.changed_at + hold
        if want >= low + self.pace.deadband and rested:
            return "raise"
        return "trim" if want < high - HAIR else None

    def _renewable(self, h: Holding) -> bool:
        """Whether its limit must be said again: it may have been forgotten, or its lease nears its end."""
        held = h.held
        if h.refresh or held is None:
            return True
        if h.evse.id not in self.targets:
            return False  # idle, and it took its fallback
        if h.uncontrollable:
            return True  # as often as it is ready for it
        if held.until is None or h.evse.control == "B" or self.wanted[h.evse.id] == held.fallback == held.amps:
            return False
        return self.now >= held.until - (1 - self.pace.renew) * h.evse.ttl

    def _urgency(self, entry: tuple[Holding, Reason]) -> tuple[int, float]:
        """Decreases first; then raises, those furthest from their target first; trims once it is known who lacks."""
        h, reason = entry
        order = get_args(Reason).index(reason)
        want = self.wanted[h.evse.id]
        return order, min(h.possible(self.now)) / want if want else 0.0

    def _affordable(self, h: Holding) -> float:
        """The most of what it wants that fits. What it may hold already is its own; what its car only follows is not,
        and neither is what it counts with only because nothing is certain."""
        want, envelope = self.wanted[h.evse.id], self.envelopes[h.evse.id]
        lacking = [n for n in self._crossings(h) if self.capacities[n] - self.loads[n] < want - envelope - HAIR]
        if not lacking:
            return want
        told = min(h.told(self.now), envelope)
        room = min(self.capacities[n] - self.loads[n] for n in lacking) + envelope - told
        amps = sendable(h.evse, min(want, told + max(0.0, room)))
        if not amps or want - amps >= self.pace.deadband:
            self.short.update(lacking)
        return amps

    def _worth_it(self, h: Holding, amps: float, freed: set[int]) -> bool:
        """A part of a raise is worth a message if it starts a car, or if no decrease under way will pay for more."""
        low = min(h.possible(self.now))
        if amps < low + self.pace.deadband:
            return False
        whole = amps >= self.wanted[h.evse.id] - HAIR
        return whole or not low or freed.isdisjoint(self._crossings(h))

    def _being_freed(self) -> set[int]:
        """Conductors on which a decrease is on its way to a station, or followed by its car."""
        return {number for h in self.holdings.values() if self._falls(h) for number in self._crossings(h)}

    def _falls(self, h: Holding) -> bool:
        if h.awaiting is None:
            return bool(h.following) and max(h.possible(self.now)) < h.follows(self.now) - HAIR
        return h.sent[h.awaiting].amps < self.envelopes[h.evse.id] - HAIR

    def _take(self, h: Holding, amps: float) -> bool:
        """Count a rise as drawn at once; False if this is a fall, which counts when it is accepted."""
        rise = amps - self.envelopes[h.evse.id]
        for number in self._crossings(h):
            self.loads[number] += max(0.0, rise)
        return rise > -HAIR

    def _draft(self, h: Holding, amps: float, reason: Reason, seq: int) -> Send:
        offline_for = h.evse.offline_for if h.evse.control != "B" else None
        until = None if h.evse.control == "B" or offline_for is not None else self.now + h.evse.ttl
        if reason not in ("first", "renewal"):
            h.changed_at = self.now
        h.sent[seq] = Lease(seq, amps, until, h.evse.fallback, h.evse.id not in self.targets, offline_for)
        h.awaiting, h.awaiting_since, h.refresh = seq, None, False
        return Send(seq, h.evse.id, amps, h.evse.fallback, self.now, until, reason, offline_for)

    def _crossings(self, h: Holding) -> tuple[int, ...]:
        return self.tree.crossings(h.evse.circuit, h.evse.mask)
