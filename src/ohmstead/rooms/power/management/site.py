"""A site: one circuit tree under management, with all that the engine needs to know between two looks."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import structlog

from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse, Exemption, Holding
from ohmstead.engines.dlm.obedience import Obedience
from ohmstead.engines.dlm.overload import Overloads
from ohmstead.engines.dlm.planning import Send
from ohmstead.engines.dlm.response import BASE, Response
from ohmstead.engines.dlm.shedding import rests_at
from ohmstead.engines.dlm.tree import Amps, Id
from ohmstead.engines.dlm.unmanaged import ManagedDraw, Unmanaged
from ohmstead.engines.dlm.wiring import Mask
from ohmstead.rooms.power.management.accounts import carried, line_loads, total
from ohmstead.rooms.power.management.capacities import Capacities
from ohmstead.rooms.power.management.demands import FINE, Demands, Need
from ohmstead.rooms.power.management.figures import Counts, Figures, Flow, LineLoad
from ohmstead.rooms.power.management.learned_hours import LearnedHour
from ohmstead.rooms.power.management.line_use import mask_of
from ohmstead.rooms.power.management.lines import against_limit, lines_of
from ohmstead.rooms.power.management.observed import FLOWING_A, MeteredLoads, Watch, tolerance
from ohmstead.rooms.power.management.sharing import Sharing
from ohmstead.rooms.power.management.snapshot import Outlet, Snapshot
from ohmstead.rooms.power.management.trust import Trust
from ohmstead.rooms.power.management.tuning import Tuning

log = structlog.get_logger("ohmstead.power")


class Site:
    """One tree. `refresh` takes a new snapshot, observations come in, `step` says what to send. `loads` are what flowed
    besides the EVSEs when it was steered last, on the circuits' own lines, and `hours` what did in the weeks before."""

    def __init__(
        self, root: int, snapshot: Snapshot, tuning: Tuning, loads: Mapping[int, Amps] | None = None,
        hours: Iterable[LearnedHour] = (),
    ) -> None:  # fmt: skip
        self.root, self.tuning = root, tuning
        self.envelope = Envelope.load(snapshot.tree, _legible(snapshot.records), pace=tuning.pace)
        self.fallbacks = set(snapshot.fallbacks)
        self.resteered: set[int] = set()  # EVSEs that may hold a limit of a kind they are no longer steered by
        self.needs, self.sharing = dict[int, Need](), Sharing(tuning.rotation, tuning.band)
        self.one_phase: set[int] = set()  # EVSEs whose station was told to use one phase, and agreed
        self.full: set[int] = set()  # EVSEs whose cars take nothing of what they are offered
        self.apart: dict[int, str] = {}  # EVSEs that cannot be reckoned with, and why
        self._said: dict[int, str] = {}
        self.counts, self.overloads = Counts(), Overloads()
        self._capacities, self._exceeded = list[float](), False
        self._watches: dict[int, Watch] = {}
        self.trust = Trust(self, self._watches)
        before = {id: snapshot.tree.absolute(id, amps) for id, amps in (loads or {}).items() if id in snapshot.circuits}
        self._metered = MeteredLoads(tuning, before, hours)
        self.capacities = Capacities(self, self._watches, self._metered, tuning.volts)
        self._demands = Demands(self, self._watches, self._set_apart)
        self.snapshot = snapshot
        self.refresh(snapshot)

    @property
    def outlets(self) -> Mapping[int, Outlet]:
        """The EVSEs of the tree."""
        return self.snapshot.outlets

    def refresh(self, snapshot: Snapshot) -> None:
        """Go on with a new snapshot. An EVSE that left the tree is forgotten, and what it may have held with it."""
        if _shape(snapshot) != _shape(self.snapshot):
            records, online = self.envelope.dump(), [id for id in self.envelope.evses if self.envelope.online(id)]
            self.envelope = Envelope.load(snapshot.tree, records, pace=self.tuning.pace, online=online)
        for id in [int(id) for id in self.envelope.evses if id not in snapshot.outlets]:
            self.envelope.detached(id)
            self._watches.pop(id, None)
            self.fallbacks.discard(id)
            self.resteered.discard(id)
            self.trust.unverified.discard(id)
            self.trust.changed.discard(id)
        before, self.snapshot = self.snapshot.outlets, snapshot
        self.apart = {outlet.id: outlet.apart for outlet in snapshot.outlets.values() if outlet.apart}
        for outlet in snapshot.outlets.values():
            self._take(outlet)
            if outlet.id in before and before[outlet.id].steered_by != outlet.steered_by:
                self._resteer(outlet)
        self.capacities.caps.refresh(snapshot.caps)
        self._metered.refresh(snapshot.circuits.values())
        self._metered.signed({id for one in self.outlets.values() if one.by_surplus
                              for id in snapshot.tree.path(one.circuit_id)})  # fmt: skip
        self._metered.followed_within(self._slowest())

    def _resteer(self, outlet: Outlet) -> None:
        """Its model takes other profiles now: its limit has to be said anew, and the old one to go."""
        self.resteered.add(outlet.id)
        self._tell_anew(outlet.id)

    def _tell_anew(self, evse_id: int) -> None:
        """What it was told is not what it is to have: its fallback is laid again with its next limit."""
        self.fallbacks.discard(evse_id)
        self.envelope.tell_again(evse_id)

    def _take(self, outlet: Outlet) -> None:
        watch = self._watches.get(outlet.id) or self._watch(outlet.id)
        watch.is_wired(len(outlet.wiring.lines))
        before, evse = self.envelope.known(outlet.id), self._evse(outlet, watch)
        self.envelope.attached(evse)
        if before is not None and _ends(before) != _ends(evse):
            self._tell_anew(outlet.id)
        if watch.charges(outlet, self.tuning.window) and outlet.steered_by == "transaction":
            self.envelope.released(outlet.id, self.envelope.newest(outlet.id))
            self.one_phase.discard(outlet.id)

    def _watch(self, evse_id: int) -> Watch:
        """Of an EVSE that is new here, with what was learned of it before."""
        known = self.snapshot.records.get(evse_id, {})
        try:
            obedience, response = Obedience.restored(known.get("obedience")), Response.restored(known.get("response"))
        except Exception:
            log.exception("what was learned is not legible", evse=evse_id)
            obedience, response = Obedience(), Response()
        self._watches[evse_id] = Watch(ManagedDraw(self.tuning.window), obedience, response)
        return self._watches[evse_id]

    def _evse(self, outlet: Outlet, watch: Watch) -> Evse:
        """As its model says and as it was seen to be; in what it keeps of a limit its model goes first."""
        tuning, its, learned = self.tuning, outlet.abilities, watch.response
        learned.base = its.reaction or BASE
        watch.draw.reaction = learned.reaction
        resolution, rounding = its.resolution or learned.step or FINE, its.rounding
        if learned.step and not its.resolution:
            rounding = "up"
        steered = watch.obedience.obeys and outlet.id not in self.apart
        control = "C" if not steered else "B" if its.relative_only else "A"
        evse = Evse(
            outlet.id, outlet.circuit_id, self.mask_of(outlet), outlet.rating, outlet.least, ttl=tuning.lease,
            guard=tuning.guard, reaction=learned.reaction, control=control, resolution=resolution, rounding=rounding,
            keeps_offline=its.keeps_offline, told_nothing=outlet.id in self.apart,
            offline_for=outlet.offline_for(tuning.lease),
        )  # fmt: skip
        return replace(evse, fallback=rests_at(evse, outlet.fallback))

    def mask_of(self, outlet: Outlet) -> Mask:
        """1 on each of the root's lines on which the EVSE counts."""
        circuit = self.snapshot.circuits[outlet.circuit_id]
        return mask_of(outlet, self._watches[outlet.id], circuit["phase_policy"])

    def phases_of(self, outlet: Outlet) -> int | None:
        """1 where its car uses one of its lines anyway, and its station can be held to that; None: all of them."""
        shrunk = sum(self.mask_of(outlet)) == 1 < len(outlet.wiring.lines)
        return 1 if shrunk and outlet.charge is not None and outlet.abilities.switches_phases else None

    # Observations

    def metered(self, meter_id: int, at: float, own: Amps) -> bool:
        """A meter's report, A on its circuit's own lines; False where the meter is not of this tree."""
        circuit_id = self._metered.circuit_of(meter_id)
        if circuit_id is None:
            return False
        below = self.below(circuit_id)
        silent = [id for id in below if not self.envelope.online(id) or self._watches[id].draw.is_silent(at)]
        heard = [self._watches[id].draw for id in below if id not in silent]
        hidden = total(self._may_draw(id, at) for id in silent)
        least, most = total(draw.least(at) for draw in heard), total((hidden, *(draw.most(at) for draw in heard)))
        self._metered.report(circuit_id, at, self.snapshot.tree.absolute(circuit_id, own), least, most, hidden)
        return True

    def below(self, circuit_id: Id) -> list[int]:
        """The EVSEs that a circuit feeds, directly or through others."""
        path = self.snapshot.tree.path
        return [id for id in self._watches if circuit_id in path(self.outlets[id].circuit_id)]

    def _may_draw(self, evse_id: int, at: float) -> Amps:
        amps = self.envelope.may_draw(evse_id, at)
        first, second, third = self.outlets[evse_id].wiring.mask
        return first * amps, second * amps, third * amps

    def drew(
        self, evse_id: int, at: float, currents: Mapping[str, float], power_w: float | None, soc: float | None,
        measured_at: float | None = None,
    ) -> bool:  # fmt: skip
        """A meter value of an EVSE: A by the name of its own line, or W in all, `measured_at` by its clock. Whether
        that is worth a look at once: most are not, and nothing follows from them before the next."""
        watch, outlet = self._watches.get(evse_id), self.outlets.get(evse_id)
        if watch is None or outlet is None:
            return False
        own = lines_of(outlet, currents, power_w, self.tuning.volts)
        watch.soc = soc if soc is not None else watch.soc
        if own is None:
            return False
        told_at = at if measured_at is None else measured_at
        draw = against_limit(outlet, own, power_w, self.tuning.volts)
        watch.drew(at, told_at, outlet.wiring.place(own))
        watch.flowed_at = at if draw >= FLOWING_A else watch.flowed_at
        before = watch.standing
        self._learn(outlet, watch, at, draw)
        if self.trust.judge(outlet, at, draw, watch.lateness.age(at, told_at), tolerance(currents, draw)):
            self.envelope.attached(self._evse(outlet, watch))
        offered = self.envelope.offered(evse_id, at)
        if watch.usage is not None and watch.full is not None and offered is not None:
            watch.usage.observe(at, offered, draw)
            watch.full.observe(at, offered, draw)
        if watch.phases is not None and watch.phases.observe(at, own):
            self.one_phase.discard(evse_id)
            self.envelope.attached(self._evse(outlet, watch))
            if outlet.abilities.switches_phases:
                self.envelope.tell_again(evse_id)
        return watch.standing != before or (outlet.charge is None and draw >= FLOWING_A)

    def _learn(self, outlet: Outlet, watch: Watch, at: float, draw: float) -> None:
        """What the draw says of how the EVSE follows its limits."""
        response, before = watch.response, watch.response.step
        response.limited(at, self.envelope.highest(outlet.id, at))
        if response.observe(at, draw):
            self.counts.rounded_up += response.step != before
            self.counts.slow_reactions += response.step == before
            self.trust.changed.add(outlet.id)
            self.envelope.attached(self._evse(outlet, watch))
            self._metered.followed_within(self._slowest())
            log.info("limits followed otherwise", evse=outlet.id, reaction=response.reaction, step=response.step)

    def _slowest(self) -> float:
        return max((watch.response.reaction for watch in self._watches.values()), default=BASE)

    def reachable(self, evse_id: int, connected: bool, at: float) -> None:
        """Its station can be reached, or no longer. After a silence it is told its limit and its fallback anew."""
        if connected and not self.envelope.online(evse_id):
            self._watches[evse_id].response.forget()
            self.trust.came(evse_id, at)
        elif not connected and self.envelope.online(evse_id):
            self.envelope.went_offline(evse_id)
            self.trust.changed.add(evse_id)

    def limited(self, evse_id: int, at: float, phases: int | None = None) -> None:
        """Its station took a limit: from now on it draws no more than that, and maybe as much; on so many phases."""
        (self.one_phase.add if phases == 1 else self.one_phase.discard)(evse_id)
        offered, outlet = self.envelope.offered(evse_id, at), self.outlets.get(evse_id)
        if offered is not None and outlet is not None:
            first, second, third = (offered * line for line in outlet.wiring.mask)
            self._watches[evse_id].response.limited(at, self.envelope.highest(evse_id, at))
            self._watches[evse_id].draw.limited(at, offered)
            self._watches[evse_id].draw.raised(at, (first, second, third))
            self.trust.expect(evse_id, at)

    # Decisions

    def step(self, now: datetime) -> list[Send]:
        """Look at everything and say what to send."""
        at = now.timestamp()
        tree = self.snapshot.tree
        self.capacities.look(now)
        self._limit(at)
        self.overloads.observe(at, carried(tree, self.outlets, self._watches, self._metered, at), tree.limits)
        for outlet in self.outlets.values():
            nobody = outlet.id not in self.apart and self._watches[outlet.id].empties(outlet, at)
            self.envelope.empty(outlet.id, nobody)
            offered = self.envelope.offered(outlet.id, at) or 0.0
            if outlet.charge and self._watches[outlet.id].is_full(outlet, at, offered):
                self.full.add(outlet.id)
            else:
                self.full.discard(outlet.id)
            self.envelope.takes(outlet.id, self._watches[outlet.id].takes(at))
        self.needs = {int(need.demand.id): need for need in self._needs(now)}
        self.sharing.share(at, self.needs.values(), self.envelope)
        self._tell_apart()
        targets: dict[Id, float] = {id: self.target(one) for id, one in self.outlets.items() if one.charge}
        sends = self.envelope.plan(targets, at, self.full - self.needs.keys())
        for send in sends:
            self.trust.expect(int(send.evse), at)
        return sends

    def _needs(self, now: datetime) -> list[Need]:
        """What the sessions could use, within what is left to their stations and charge points."""
        caps = self.capacities.caps
        alone = self._demands.within_stations(self._demands.now(now, caps.at("EVSE")), now)
        return self._demands.within_caps(alone, caps.at("charge point"))

    def target(self, outlet: Outlet) -> float:
        """A for a session: its share, or what is left to it anyway. One that cannot be controlled is told the least,
        for by that it shows whether it obeys by now, and its rating is reserved anyway."""
        if not self.envelope.controllable(outlet.id):
            return min(outlet.least, outlet.rating)
        evse = self.envelope.known(outlet.id)
        return max(self.sharing.amps.get(outlet.id, 0.0), evse.fallback if evse is not None else 0.0)

    def _limit(self, at: float) -> None:
        """What is left for the EVSEs; counted where that falls below what is out."""
        left = self.capacities.left(at)
        before, was_exceeded = self._capacities, self._exceeded
        self._capacities = self.snapshot.tree.capacities(left)
        self.envelope.limits_changed(left)
        self._exceeded = self.envelope.exceeded(at)
        fell = any(now < earlier for now, earlier in zip(self._capacities, before, strict=False))
        self.counts.limit_fell += fell and self._exceeded and not was_exceeded

    def unmanaged(self, circuit_id: Id, at: float) -> Unmanaged | None:
        """What flows besides through a circuit, on the root's lines; None where it has no meter."""
        return self._metered.claimed(circuit_id, at)

    def _set_apart(self, outlet: Outlet, error: Exception) -> None:
        """Until the next look its rating is kept free, and it is told nothing."""
        self.apart[outlet.id] = str(error) or type(error).__name__
        self.envelope.attached(self._evse(outlet, self._watches[outlet.id]))

    def _tell_apart(self) -> None:
        """Once of each that is set apart, and once when it no longer is."""
        for id in self.apart.keys() | self._said.keys():
            why = self.apart.get(id)
            if why is None:
                log.info("reckoned with again", circuit=self.root, evse=id)
            elif why != self._said.get(id):
                log.warning("set apart: its rating is kept free", circuit=self.root, evse=id, why=why)
        self._said = dict(self.apart)

    def has_room(self, evse_id: int, now: datetime) -> bool:
        """Whether a session could start on the EVSE without pushing another below its minimum."""
        self.capacities.look(now)
        self._limit(now.timestamp())  # the snapshot may be newer than the last step
        return self._demands.has_room(evse_id, now)

    # Accounts

    def loads(self, now: float) -> Iterable[LineLoad]:
        """What flows through every line, and how old that is."""
        tree, flows = self.snapshot.tree, {id: self.flow(id, now) for id in self.outlets}
        below = {
            id: [flows[one] for one, outlet in self.outlets.items() if id in tree.path(outlet.circuit_id)]
            for id in tree.ids
        }
        return line_loads(tree, below, self._metered, now)

    def flow(self, evse_id: int, now: float) -> Flow:
        """What an EVSE draws on the root's lines."""
        return self._watches[evse_id].flow(now, self.tuning.lease, self._may_draw(evse_id, now))

    def learned_hours(self) -> list[LearnedHour]:
        """What of the loads besides the EVSEs is new since this was asked last."""
        return self._metered.learned()

    def learn_again(self, hours: Iterable[LearnedHour]) -> None:
        """These were not written down: they are new still."""
        self._metered.learn_again(hours)

    def figures(self, now: float) -> Figures:
        """How load management fares here."""
        over = max((one.amps for one in self.envelope.overcommitted(now)), default=0.0)
        overloaded, seconds = max(self.overloads.now.values(), default=0.0), self.overloads.seconds
        return Figures(over, overloaded, seconds, Counter(self.exemptions().values()), len(self.apart), self.counts)

    def exemptions(self) -> dict[int, Exemption | Literal["above"]]:
        """Which named exception of the promise applies to which EVSE now; `above`: it draws more than it may, and is
        not found out yet."""
        found: dict[int, Exemption | Literal["above"]] = {}
        for id, watch in self._watches.items():
            if why := self.envelope.exemption(id) or ("above" if watch.obedience.suspected else None):
                found[id] = why
        return found

    def record(self, evse_id: int) -> dict[str, Any]:
        """What must survive of an EVSE."""
        watch = self._watches[evse_id]
        learned = {"response": watch.response.record(), "obedience": watch.obedience.record()}
        return self.envelope.record(evse_id) | learned


def _legible(records: Mapping[int, dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Of an EVSE whose record cannot be read nothing is known, so it counts with its rating."""
    for id, record in records.items():
        try:
            Holding.restored(dict(record))
            yield record | {"last": int(record["last"])}
        except Exception:
            log.exception("record of limits not legible", evse=id)


def _ends(evse: Evse) -> tuple[float, bool, float | None]:
    """How its limits end, and in what."""
    return evse.fallback, evse.control == "B", evse.offline_for


def _shape(snapshot: Snapshot) -> list[tuple[Any, ...]]:
    """What of the cables the engine's tree is made of."""
    names = ("id", "parent_circuit_id", "max_current", "phases", "phase_rotation", "connected_phase")
    return [tuple(row[name] for name in names) for row in snapshot.circuits.values()]
