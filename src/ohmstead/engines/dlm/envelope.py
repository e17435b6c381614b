"""Envelope: the part of load management that owns safety. The allocator may be wrong; this may not.

It knows, for every EVSE of one circuit tree, all that the EVSE may legally draw now (its *envelope*), and keeps the sum
of envelopes within every conductor at all times, transitions included. What can break that is reported by
`overcommitted`: a limit lowered below what is already out, fallbacks that do not fit, an EVSE that turned out to follow
late or to round up, and EVSEs with an `exemption`, which count with their rating because nothing certain is known of
them, they were found not to obey, or they drop their limits with their line. One exemption counts with less: `empty`.
Times are seconds of any one clock, currents A per line on the root's lines.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ohmstead.engines.dlm.holding import Evse, Exemption, Holding
from ohmstead.engines.dlm.planning import Pace, Round, Send
from ohmstead.engines.dlm.shedding import HAIR
from ohmstead.engines.dlm.tree import Amps, Conductor, Id, Tree


@dataclass(frozen=True, slots=True)
class Overcommitment:
    """A conductor on which more may be drawn than it can carry: by how much (A), and until when at the latest (s).

    `until` counts on no station answering; None: only an answer or an operator ends it."""

    conductor: Conductor
    amps: float
    until: float | None


class Envelope:
    """What every EVSE of a tree may draw; events go in, limits to send come out."""

    def __init__(self, tree: Tree, limits: Mapping[Id, Amps] | None = None, pace: Pace | None = None) -> None:
        self.tree, self.pace = tree, pace or Pace()
        self._holdings: dict[Id, Holding] = {}
        self._last = 0
        self._sent: dict[int, Id] = {}  # to whom each number went, as far as that is of interest
        self.limits_changed(limits or {})

    @classmethod
    def load(
        cls,
        tree: Tree,
        records: Iterable[Mapping[str, Any]],
        limits: Mapping[Id, Amps] | None = None,
        pace: Pace | None = None,
        online: Collection[Id] = (),
    ) -> "Envelope":
        """Rebuild from records after a crash: all are offline until heard of, unanswered limits may be in force. Those
        that are `online` were so all the time: only the tree is another.

        Attach every EVSE again to bring its details up to date; one that has no record counts with its rating."""
        envelope = cls(tree, limits, pace)
        for record in records:
            holding = Holding.restored(dict(record))
            holding.online = holding.evse.id in online
            envelope._holdings[holding.evse.id] = holding
            envelope._last = max(envelope._last, record["last"])
        envelope._find_sent()
        return envelope

    def dump(self) -> list[dict[str, Any]]:
        """One record for each EVSE."""
        return [self.record(id) for id in self._holdings]

    def record(self, evse: Id) -> dict[str, Any]:
        """The EVSE's record in plain JSON values; keep it before a frame goes out and after each event."""
        return {**self._holdings[evse].record(), "last": self._last}

    @property
    def evses(self) -> list[Id]:
        """Every EVSE attached."""
        return list(self._holdings)

    # What changes around the EVSEs

    def limits_changed(self, limits: Mapping[Id, Amps]) -> None:
        """What the managed EVSEs may draw together per circuit; a circuit not named keeps its own limit."""
        self._capacities = self.tree.capacities(limits)

    def attached(self, evse: Evse) -> None:
        """A new EVSE, of which nothing is known, or new details of one that is there already."""
        if evse.id in self._holdings:
            self._holdings[evse.id].evse = evse
        else:
            self._holdings[evse.id] = Holding(evse)

    def detached(self, evse: Id) -> None:
        """It is no longer fed by this tree, or the meter counts it as unmanaged from now on."""
        del self._holdings[evse]

    def came_online(self, evse: Id) -> None:
        """It can be reached, maybe after a reboot that forgot its limit: it is told again, be it charging or idle, and
        counts with its rating until it took that."""
        self._holdings[evse].came_online()

    def went_offline(self, evse: Id) -> None:
        """It cannot be reached; what was sent to it may have arrived."""
        self._holdings[evse].went_offline()

    def released(self, evse: Id, up_to: int) -> None:
        """Its session ended, and with it the limits up to this number (for stations that tie a limit to a session)."""
        self._holdings[evse].release(up_to)

    def empty(self, evse: Id, nobody: bool) -> None:
        """Whether it says, and its meter does not deny, that nobody is there: it will tell of a start."""
        self._holdings[evse].empty = nobody

    def takes(self, evse: Id, amps: float | None) -> None:
        """What its car takes at the most, A per line, as its meter showed while nothing kept it from more; None: not
        known. One that cannot be controlled counts with that instead of its rating."""
        self._holdings[evse].car = amps

    def tell_again(self, evse: Id) -> None:
        """It may not have taken its limit seriously; it is told once more, and if it does not obey ever more seldom."""
        self._holdings[evse].refresh, self._holdings[evse].repeats = True, 0

    def reckons(self, evse: Id, amps: float, now: float) -> bool:
        """What it says itself that a start could take, A per line, while it is idle under its fallback; whether it
        keeps that."""
        self._holdings[evse].reckons(amps, now)
        return not self._holdings[evse].doubts

    def doubts(self, evse: Id) -> int:
        """How often in a row its own reckoning showed that it does not keep its fallback."""
        return self._holdings[evse].doubts

    # What becomes of a send; a number that is no longer of interest is passed over

    def sent(self, seq: int, now: float) -> None:
        """The frame went out: the time for its answer starts."""
        if holding := self._of(seq):
            holding.awaiting_since = now

    def withdrawn(self, seq: int) -> None:
        """The frame never went out."""
        if holding := self._of(seq):
            holding.withdraw(seq)

    def accepted(self, seq: int, now: float) -> None:
        """The station took the limit."""
        if holding := self._of(seq):
            holding.accept(seq, now)

    def rejected(self, seq: int, now: float) -> None:
        """The station refused the limit, or answered with an error."""
        if holding := self._of(seq):
            holding.reject(seq, now)

    def lost(self, seq: int) -> None:
        """No answer came in time."""
        if holding := self._of(seq):
            holding.lose(seq)

    # What to do

    def plan(self, targets: Mapping[Id, float], now: float, lapsing: Collection[Id] = ()) -> list[Send]:
        """The limits to send now; each counts from here on as possibly in force until its fate is told.

        Targets are A per EVSE; one without a target is idle and left at its fallback. Of the `lapsing` the limit in
        force runs out, unless others need what it holds."""
        for holding in self._holdings.values():
            holding.notice(now)
        looked = Round(self.tree, self._holdings, self._capacities, targets, self.pace, now, lapsing)
        sends = looked.sends(self._last + 1)
        self._last += len(sends)
        self._sent.update((send.seq, send.evse) for send in sends)
        if len(self._sent) > 4 * len(self._holdings):
            self._find_sent()
        return sends

    def room(self, engaged: Iterable[Id], now: float) -> dict[Id, Amps]:
        """Limits for the allocator: what is left for the engaged, steerable EVSEs after all others' claims."""
        served = {id for id in engaged if self._holdings[id].steerable}
        claims = self.tree.load(
            (h.evse.circuit, h.evse.mask, h.evse.fallback if h.steerable else h.envelope(now))
            for id, h in self._holdings.items()
            if id not in served
        )
        left = [max(0.0, cap - claim) for cap, claim in zip(self._capacities, claims, strict=True)]
        return {id: (left[3 * n], left[3 * n + 1], left[3 * n + 2]) for n, id in enumerate(self.tree.ids)}

    def steerable(self, evse: Id) -> bool:
        """Whether the EVSE can be reached and obeys; only such belong among the allocator's demands."""
        return self._holdings[evse].steerable

    def overdue(self, now: float, within: float = 30.0) -> list[int]:
        """Numbers of sends that should have been answered by now; tell their fate with `lost`."""
        holdings = self._holdings.values()
        waiting = [(h.awaiting, h.awaiting_since) for h in holdings if h.awaiting is not None]
        return [seq for seq, since in waiting if since is not None and now >= since + within]

    def online(self, evse: Id) -> bool:
        """Whether it can be reached."""
        return self._holdings[evse].online

    def offered(self, evse: Id, now: float) -> float | None:
        """The confirmed limit in A per line that is in force; None where nothing was ever confirmed."""
        holding = self._holdings[evse]
        if holding.held is None:
            return None
        end = holding.end(holding.held)
        return holding.held.amps if end is None or now < end else holding.held.fallback

    def highest(self, evse: Id, now: float) -> float:
        """The highest limit in A per line that may be in force, followed by its car or not yet."""
        return max(self._holdings[evse].possible(now))

    def known(self, evse: Id) -> Evse | None:
        """An EVSE as it was attached last; None where it never was."""
        holding = self._holdings.get(evse)
        return None if holding is None else holding.evse

    def newest(self, evse: Id) -> int:
        """The number of the last limit sent to it; 0 where none was."""
        holding = self._holdings[evse]
        return max((*holding.sent, holding.held.seq if holding.held else 0), default=0)

    def may_draw(self, evse: Id, now: float) -> float:
        """The EVSE's envelope: A per line to reckon with."""
        return self._holdings[evse].envelope(now)

    def outlook(self, evse: Id, now: float) -> list[tuple[float, float]]:
        """What it is allowed if it obeys, as steps (s, A per line) from now on, as far as nothing more is sent."""
        holding = self._holdings[evse]
        moments = [now, *sorted({end for end in holding.ends() if end > now})]
        return [(moment, holding.allowed(moment)) for moment in moments]

    def resting(self, evse: Id) -> bool:
        """Whether it is idle and took its fallback, with nothing else on its way."""
        holding = self._holdings[evse]
        return holding.online and not holding.sent and holding.held is not None and holding.held.resting

    def controllable(self, evse: Id) -> bool:
        """Whether it does what it is told, as far as is known, reachable or not."""
        return not self._holdings[evse].uncontrollable

    def exemption(self, evse: Id) -> Exemption | None:
        """Why it does not count with limits that it confirmed; None where it does."""
        return self._holdings[evse].exemption

    def overcommitted(self, now: float) -> list[Overcommitment]:
        """Where more may be drawn than the limits of the moment; empty but for the causes named above."""
        over = [(n, load - self._capacities[n]) for n, load in enumerate(self._loads(now))]
        return [
            Overcommitment(self.tree.conductor(number), excess, self._relief(number, now))
            for number, excess in over
            if excess > HAIR
        ]

    def exceeded(self, now: float) -> bool:
        """Whether more may be drawn anywhere than the limits of the moment."""
        return any(load > cap + HAIR for load, cap in zip(self._loads(now), self._capacities, strict=True))

    def _relief(self, number: int, now: float) -> float | None:
        """The first end of a lease after which the conductor carries all that may be drawn."""
        ends = sorted({end for h in self._holdings.values() for end in h.ends() if end > now})
        return next((end for end in ends if self._loads(end)[number] <= self._capacities[number] + HAIR), None)

    def _loads(self, now: float) -> list[float]:
        return self.tree.load((h.evse.circuit, h.evse.mask, h.envelope(now)) for h in self._holdings.values())

    def _of(self, seq: int) -> Holding | None:
        holding = self._holdings.get(self._sent[seq]) if seq in self._sent else None
        return holding if holding is not None and seq in holding.sent else None

    def _find_sent(self) -> None:
        self._sent = {seq: id for id, holding in self._holdings.items() for seq in holding.sent}
