"""Why an EVSE gets what it gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast, get_args

from ohmstead.engines.dlm.holding import LEAST, Evse
from ohmstead.engines.dlm.shedding import HAIR
from ohmstead.engines.dlm.steps import ceiled
from ohmstead.engines.dlm.tree import Conductor
from ohmstead.kit.views import stamp
from ohmstead.rooms.power.management.demands import Bound, Need
from ohmstead.rooms.power.management.explanation.places import lines, phases, place, spoken
from ohmstead.rooms.power.management.explanation.views import Ceiling, Delay, Floor, Reserved, Standing, State, Told
from ohmstead.rooms.power.management.explanation.words import (
    CEILINGS,
    DELAYS,
    FLOORS,
    KINDS,
    RESERVES,
    STANDINGS,
    amps,
)
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import Outlet

_COUNTS_WITH_RATING = ("unknown", "forgot", "refuses", "disobeys", "without_limits")
Because = tuple[State, str, Conductor | None]
"""Why a target is what it is: a code, a sentence, and the line that binds."""


@dataclass(frozen=True)
class Explained:
    """One EVSE of a site at a moment; `standings` are the site's exceptions."""

    site: Site
    outlet: Outlet
    now: datetime
    standings: Mapping[int, Standing]

    @cached_property
    def at(self) -> float:
        return self.now.timestamp()

    @cached_property
    def need(self) -> Need | None:
        """What its session could use; None where it has none, or cannot be steered."""
        return self.site.needs.get(self.outlet.id) if self.outlet.charge else None

    @cached_property
    def evse(self) -> Evse:
        known = self.site.envelope.known(self.outlet.id)
        assert known is not None, "every outlet of a site is attached"
        return known

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """What it was sent and what it answered."""
        return self.site.envelope.record(self.outlet.id)

    @cached_property
    def target(self) -> float | None:
        return self.site.target(self.outlet) if self.outlet.charge and self.outlet.id not in self.site.apart else None

    @cached_property
    def fair(self) -> float | None:
        """Its share by weight; its target may be another as long as that is near enough."""
        return None if self.need is None else self.site.sharing.allocation.amps.get(self.outlet.id)

    @cached_property
    def offered(self) -> float | None:
        return self.site.envelope.offered(self.outlet.id, self.at)

    @property
    def standing(self) -> Standing | None:
        return self.standings.get(self.outlet.id)

    def told(self, circuit_id: int) -> Told:
        """All of it, its lines by the names of a circuit above it."""
        outlet, tree, flow = self.outlet, self.site.snapshot.tree, self.site.flow(self.outlet.id, self.at)
        state, text, binding = self._because()
        mask, need = outlet.wiring.mask, self.need
        used = [(own, root) for own, root in lines(tree, circuit_id) if mask[root] or flow.amps[root]]
        return {
            "evseId": outlet.id,
            "evseNetworkId": outlet.network_id,
            "chargePointId": outlet.charge_point_id,
            "name": "",
            "circuitId": outlet.circuit_id,
            "sessionId": str(outlet.charge.id) if outlet.charge else None,
            "phases": phases(tree, circuit_id, mask),
            "target": _rounded(self.target),
            "fair": _rounded(self.fair),
            "offered": _rounded(self.offered),
            "drawn": [{"phase": f"L{own + 1}", "amps": _rounded(flow.amps[root])} for own, root in used],
            "drawnIsMeasured": flow.is_measured,
            "state": state,
            "text": text,
            "binding": binding and place(self.site.snapshot, binding),
            "pending": self._pending(),
            "weight": need and {"product": need.demand.weight, "factors": dict(need.factors)},
            "minimum": need and self._minimum(need),
            "maximum": need and self._maximum(need),
            "wishes": [wish.source for wish in outlet.wishes],
            "departure": need and need.wanted.departure and stamp(need.wanted.departure.astimezone(UTC)),
            "lease": self._lease(),
            "control": self._control(),
            "reserve": self._reserve(),
        }

    def _because(self) -> Because:
        """Why its target is what it is."""
        id, envelope = self.outlet.id, self.site.envelope
        if id in self.site.apart:
            why = self.site.apart[id]
            return "set_apart", f"It cannot be reckoned with ({why}), and is told nothing.", None
        if self.outlet.charge is None:
            return "no_session", "Nobody charges.", None
        if not envelope.online(id):
            return "offline", f"Its charge point cannot be reached. {self._goes_on()}", None
        if not envelope.controllable(id):
            least = amps(self.target or 0.0)
            return "not_controllable", f"{STANDINGS[self.standing]} It is told {least} until it obeys.", None
        if self.need is None:
            return self._without_need()
        return self._shared(self.need)

    def _goes_on(self) -> str:
        """What a station does that cannot be reached."""
        if self.standing == "without_limits":
            return "It drops its limits meanwhile."
        held = self.record["held"]
        if held is None:
            return "It has never taken a limit."
        if held["until"] is None or self.evse.control == "B":
            return f"It goes on with {amps(held['amps'])}."
        return f"It goes on with {amps(held['amps'])} until its lease is over, then with {amps(held['fallback'])}."

    def _without_need(self) -> Because:
        circuit = self.site.snapshot.circuits[self.outlet.circuit_id]
        if circuit["set_session_limit_to_zero_on_idle"] and self.outlet.hardware_status == "suspendedEV":
            return "idle_car", "Its car stopped by itself, and the circuit gives such cars nothing.", None
        if self.outlet.id in self.site.full:
            return "full_car", "Its car takes nothing: what was its goes to others, until it is tried again.", None
        return "not_looked_at", "Its session has only just begun, or its charge point has only just come back.", None

    def _shared(self, need: Need) -> Because:
        """By the allocation."""
        id, allocation = self.outlet.id, self.site.sharing.allocation
        least = amps(self._least(need))
        if id in allocation.refused:
            where = allocation.refused[id]
            if where is None:
                bound = self._lowest(need)
                text = f"It may have {amps(bound.amps)} at the most, less than its minimum of {least}."
                return "below_minimum", f"{text} {_said(bound, self.outlet)}", None
            text = f"{spoken(place(self.site.snapshot, where))} has no room for its minimum of {least}."
            if self.site.sharing.gave_way(id):
                return "gave_way", f"{text} It has charged, and waits while others have their turn.", where
            return "no_room", f"{text} It waits.", where
        if id not in allocation.amps:
            return self._without_need()
        got = amps(allocation.amps[id])
        if where := allocation.bottlenecks.get(id):
            by = "its weight" if need.demand.deadline is None else "the time it has left"
            text = f"{spoken(place(self.site.snapshot, where))} is full. By {by} {got} of it are for this one."
            return "line", text + self._keeps(), where
        text = f"It is to have all it can have, {got}. {_said(self._lowest(need), self.outlet)}"
        return "maximum", text + self._keeps(), None

    def _keeps(self) -> str:
        """Where it is left with what it has, though its share is another by now."""
        if self.target is None or self.fair is None or abs(self.target - self.fair) < self.evse.resolution - HAIR:
            return ""
        return f" It is left with {amps(self.target)}, which is near enough."

    def _least(self, need: Need) -> float:
        return ceiled(need.demand.min, self.evse.resolution)

    def _lowest(self, need: Need) -> Bound:
        return min(need.bounds, key=lambda bound: bound.amps)

    def _minimum(self, need: Need) -> Told:
        reason = self._floor(need)
        return {"amps": _rounded(self._least(need)), "reason": reason, "text": FLOORS[reason]}

    def _floor(self, need: Need) -> Floor:
        least = need.demand.min
        if self._least(need) > least + HAIR:
            return "resolution"
        if least <= LEAST:
            return "car"
        if least > self.outlet.least:
            return "wish"
        own = self.outlet.details.get("minCurrent") or 0
        return "charge_point" if own >= least else "circuit"

    def _maximum(self, need: Need) -> Told:
        every = [_bound(bound, self.outlet) for bound in sorted(need.bounds, key=lambda bound: bound.amps)]
        return {"amps": every[0]["amps"], "reason": every[0]["reason"], "bounds": every}

    def _pending(self) -> Told | None:
        reason = self._delay()
        return reason and {"reason": reason, "text": DELAYS[reason]}

    def _delay(self) -> Delay | None:
        """Why what is offered is not the target."""
        if self.target is None or not self.site.envelope.online(self.outlet.id):
            return None
        missing = self.target - (self.offered or 0.0)
        if self.record["sent"]:
            return "unanswered"
        if self.offered is not None and abs(missing) < self.evse.resolution - HAIR:
            return None
        if self.offered is not None and abs(missing) < self.site.envelope.pace.deadband:
            return "deadband"
        return "raise_waits" if missing >= 0 else "lowering"

    def _lease(self) -> Told | None:
        held = self.record["held"]
        if held is None:
            return None
        ends = None if held["until"] is None or self.evse.control == "B" else datetime.fromtimestamp(held["until"], UTC)
        return {
            "amps": _rounded(held["amps"]), "until": ends and stamp(ends), "fallback": _rounded(held["fallback"]),
        }  # fmt: skip

    def _control(self) -> Told:
        return {
            "kind": self.evse.control, "standing": self.standing,
            "text": STANDINGS[self.standing] + KINDS[self.evse.control],
        }  # fmt: skip

    def _reserve(self) -> Told:
        kept = self.site.envelope.may_draw(self.outlet.id, self.at)
        reason = self._reserved(kept)
        unsteered = f" {STANDINGS[self.standing]}" if reason in ("rating", "car") else ""
        text = RESERVES[reason] + unsteered
        return {"amps": _rounded(kept), "reason": reason, "text": text}

    def _reserved(self, kept: float) -> Reserved:
        """Why so much is kept free for it."""
        offered, record = self.offered or 0.0, self.record
        if self.outlet.id in self.site.apart:
            return "set_apart"
        if self.standing == "empty":
            return "empty"
        if self.standing in _COUNTS_WITH_RATING:
            return "rating" if kept >= self.outlet.rating - HAIR else "car"
        if kept <= HAIR:
            return "nothing"
        if not self.site.envelope.online(self.outlet.id):
            return "fallback" if kept <= self.evse.fallback else "lease"
        if any(lease["amps"] >= kept - HAIR > offered for lease in record["sent"]):
            return "unanswered"
        if any(most >= kept - HAIR > offered and self.at < until for most, until in record["following"]):
            return "follows"
        if kept > offered + HAIR:
            return "rounding"
        return "fallback" if self.outlet.charge is None else "limit"


def _bound(bound: Bound, outlet: Outlet) -> Told:
    reason = _reason(bound)
    sources = ", ".join(wish.source for wish in outlet.wishes) if reason == "wish" else bound.source
    source = sources if reason in ("wish", "cap") else None
    return {"reason": reason, "source": source, "amps": _rounded(bound.amps), "text": _said(bound, outlet)}


def _reason(bound: Bound) -> Ceiling:
    """What is no word of ours is a cap's source."""
    return cast(Ceiling, bound.source) if bound.source in get_args(Ceiling) else "cap"


def _said(bound: Bound, outlet: Outlet) -> str:
    reason = _reason(bound)
    if reason not in ("wish", "cap"):
        return CEILINGS[reason]
    sources = ", ".join(wish.source for wish in outlet.wishes) if reason == "wish" else bound.source
    return f"{CEILINGS[reason]} ({sources})."


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
