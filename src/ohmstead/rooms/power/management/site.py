"""A site: one circuit tree under management, with all that the engine needs to know between two looks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from ohmstead.engines.dlm.allocate import Allocation, Demand, allocate
from ohmstead.engines.dlm.envelope import Envelope, Overcommitment
from ohmstead.engines.dlm.holding import Evse, Exemption
from ohmstead.engines.dlm.obedience import Obedience
from ohmstead.engines.dlm.planning import Send
from ohmstead.engines.dlm.priority import soc_priority, weight
from ohmstead.engines.dlm.tree import Amps, Id
from ohmstead.engines.dlm.unmanaged import ManagedDraw
from ohmstead.kit.db import Row
from ohmstead.rooms.network.profile_limits import most
from ohmstead.rooms.power.management.observed import FLOWING_A, MeteredLoads, Watch, lines_of, tolerance
from ohmstead.rooms.power.management.outside import left, within
from ohmstead.rooms.power.management.schedule import ceiling
from ohmstead.rooms.power.management.snapshot import Outlet, Snapshot
from ohmstead.rooms.power.management.trust import Trust
from ohmstead.rooms.power.management.tuning import Tuning

IDLE_S = 300.0  # s a car must have stopped by itself to count as idle


class Site:
    """One tree. `refresh` takes a new snapshot, observations come in, `step` says what to send."""

    def __init__(self, root: int, snapshot: Snapshot, tuning: Tuning) -> None:
        self.root, self.tuning = root, tuning
        self.envelope = Envelope.load(snapshot.tree, snapshot.records.values(), pace=tuning.pace)
        self.fallbacks = set(snapshot.fallbacks)
        self.resteered: set[int] = set()  # EVSEs that may hold a limit of a kind they are no longer steered by
        self.allocation = Allocation()
        self._watches: dict[int, Watch] = {}
        self.trust = Trust(self, self._watches)
        self._metered = MeteredLoads(tuning)
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
        before, self.snapshot = self.snapshot.outlets, snapshot
        for outlet in snapshot.outlets.values():
            self._take(outlet)
            if outlet.id in before and before[outlet.id].steered_by != outlet.steered_by:
                self._resteer(outlet)
        self._metered.refresh(snapshot.circuits.values())

    def _resteer(self, outlet: Outlet) -> None:
        """Its model takes other profiles now: its limit has to be said anew, and the old one to go."""
        self.fallbacks.discard(outlet.id)
        self.resteered.add(outlet.id)
        if self.envelope.online(outlet.id):
            self.envelope.came_online(outlet.id)

    def _take(self, outlet: Outlet) -> None:
        if (watch := self._watches.get(outlet.id)) is None:
            obedience = Obedience.restored(self.snapshot.records.get(outlet.id, {}).get("obedience"))
            watch = self._watches[outlet.id] = Watch(ManagedDraw(self.tuning.window), obedience)
        self.envelope.attached(self._evse(outlet, watch))
        if watch.charges(outlet, self.tuning.window) and outlet.steered_by == "transaction":
            self.envelope.released(outlet.id, self.envelope.newest(outlet.id))

    def _evse(self, outlet: Outlet, watch: Watch) -> Evse:
        tuning = self.tuning
        return Evse(
            outlet.id, outlet.circuit_id, outlet.wiring.mask, outlet.rating, outlet.least,
            ttl=tuning.lease, guard=tuning.guard, control="A" if watch.obedience.obeys else "C",
        )  # fmt: skip

    # Observations

    def metered(self, meter_id: int, at: float, own: Amps) -> bool:
        """A meter's report, A on its circuit's own lines; False where the meter is not of this tree."""
        circuit_id = self._metered.circuit_of(meter_id)
        if circuit_id is None:
            return False
        below = self._below(circuit_id)
        least, most = _sum(w.draw.least(at) for w in below), _sum(w.draw.most(at) for w in below)
        self._metered.report(circuit_id, at, self.snapshot.tree.absolute(circuit_id, own), least, most)
        return True

    def _below(self, circuit_id: Id) -> list[Watch]:
        """What is observed at the EVSEs that a circuit feeds, directly or through others."""
        path = self.snapshot.tree.path
        return [watch for id, watch in self._watches.items() if circuit_id in path(self.outlets[id].circuit_id)]

    def drew(
        self,
        evse_id: int,
        at: float,
        currents: Mapping[str, float],
        power_w: float | None,
        soc: float | None,
        told_at: float | None = None,
    ) -> None:
        """A meter value of an EVSE: A by the name of its own line, or W in all; `told_at` is its station's time."""
        watch, outlet = self._watches.get(evse_id), self.outlets.get(evse_id)
        if watch is None or outlet is None:
            return
        own = lines_of(outlet, currents, power_w, self.tuning.volts)
        watch.soc = soc if soc is not None else watch.soc
        if own is None:
            return
        watch.latest = outlet.wiring.place(own)
        watch.draw.measured(at, watch.latest)
        watch.flowed_at = at if max(own) >= FLOWING_A else watch.flowed_at
        age = watch.lateness.age(at, at if told_at is None else told_at)
        if self.trust.judge(outlet, at, max(own), age, tolerance(currents, max(own))):
            self.envelope.attached(self._evse(outlet, watch))
        offered = self.envelope.offered(evse_id, at)
        if watch.usage is not None and offered is not None:
            watch.usage.observe(at, offered, max(own))

    def reachable(self, evse_id: int, connected: bool, at: float) -> None:
        """Its station can be reached, or no longer. After a silence it is told its limit and its fallback anew."""
        if connected and not self.envelope.online(evse_id):
            self.trust.came(evse_id, at)
        elif not connected and self.envelope.online(evse_id):
            self.envelope.went_offline(evse_id)
            self.trust.changed.add(evse_id)

    def limited(self, evse_id: int, at: float) -> None:
        """Its station took a limit: from now on it draws no more than that, and maybe as much."""
        offered, outlet = self.envelope.offered(evse_id, at), self.outlets.get(evse_id)
        if offered is not None and outlet is not None:
            first, second, third = (offered * line for line in outlet.wiring.mask)
            self._watches[evse_id].draw.limited(at, offered)
            self._watches[evse_id].draw.raised(at, (first, second, third))
            self.trust.expect(evse_id, at)

    # Decisions

    def step(self, now: datetime) -> list[Send]:
        """Look at everything and say what to send."""
        at = now.timestamp()
        tree = self.snapshot.tree
        self.envelope.limits_changed(self._metered.leave(at, tree.limits))
        for outlet in self.outlets.values():
            self.envelope.empty(outlet.id, self._watches[outlet.id].empties(outlet, at))
        demands = [self._demand(outlet, now) for outlet in self.outlets.values() if self._engaged(outlet)]
        wanted = self._within_stations([demand for demand in demands if demand is not None], now)
        room = self.envelope.room([demand.id for demand in wanted], at)
        self.allocation = allocate(tree, wanted, room)
        sends = self.envelope.plan(self._waiting() | self.allocation.amps, at)
        for send in sends:
            self.trust.expect(int(send.evse), at)
        return sends

    def _waiting(self) -> dict[Id, float]:
        """What sessions are told that nothing is allocated to: nothing; those that cannot be controlled the least, for
        by that it shows whether they obey by now, and their rating is reserved anyway."""
        steered = self.envelope.controllable
        charging = [outlet for outlet in self.outlets.values() if outlet.charge is not None]
        return {one.id: 0.0 if steered(one.id) else min(one.least, one.rating) for one in charging}

    def _within_stations(self, demands: list[Demand], now: datetime) -> list[Demand]:
        """What others leave a station is shared by those that charge there."""
        found: dict[int, list[Demand]] = {}
        for demand in demands:
            found.setdefault(self.outlets[int(demand.id)].station_id, []).append(demand)
        fitting: list[Demand] = []
        for those in found.values():
            one = self.outlets[int(those[0].id)]
            limit = left(one.outside.whole, one, now, self.tuning.volts)
            fitting += those if limit is None else within(limit, those)
        return fitting

    def _engaged(self, outlet: Outlet) -> bool:
        return outlet.charge is not None and self.envelope.steerable(outlet.id)

    def _demand(self, outlet: Outlet, now: datetime) -> Demand | None:
        """What the session could use; None where it is to have nothing."""
        charge, watch = outlet.charge, self._watches[outlet.id]
        circuit = self.snapshot.circuits[outlet.circuit_id]
        if charge is None or (circuit["set_session_limit_to_zero_on_idle"] and _idle(outlet, now)):
            return None
        top = ceiling(outlet.details, now, outlet.zone)
        laid = most(outlet.caps, now, charge.started_at, self.tuning.volts, len(outlet.wiring.lines))
        outside = left(outlet.outside.own, outlet, now, self.tuning.volts)
        limits = (outlet.rating, top, laid, outside, watch.usage and watch.usage.cap)
        return Demand(
            outlet.id, outlet.circuit_id, outlet.wiring.mask, outlet.least,
            min(value for value in limits if value is not None),
            weight=weight(outlet.point_weight, outlet.weight, charge.user_weights, charge.weight, _soc(watch, circuit)),
            running=bool(self.envelope.offered(outlet.id, now.timestamp())), arrived=charge.started_at,
        )  # fmt: skip

    def has_room(self, evse_id: int, now: datetime) -> bool:
        """Whether a session could start on the EVSE without pushing another below its minimum. There is always room
        where no circuit above sets a minimum. One that does not obey needs its rating, which may be reserved."""
        outlet = self.outlets[evse_id]
        at = now.timestamp()
        above = [self.snapshot.circuits[int(id)] for id in self.snapshot.tree.path(outlet.circuit_id)]
        if not any(row["min_charge_point_current"] for row in above):
            return True
        steered = self.envelope.controllable(evse_id)
        reserved = not steered and self.envelope.may_draw(evse_id, at) >= outlet.rating
        if reserved or not self.envelope.online(evse_id):
            return True
        least = outlet.least if steered else outlet.rating
        running = [self._demand(one, now) for one in self.outlets.values() if self._engaged(one)]
        newcomer = Demand(evse_id, outlet.circuit_id, outlet.wiring.mask, least, outlet.rating, arrived=now)
        demands = [one for one in running if one is not None and one.id != evse_id]
        others = [replace(one, running=True) for one in demands]
        room = self.envelope.room([*(one.id for one in others), evse_id], at)
        return evse_id not in allocate(self.snapshot.tree, [*others, newcomer], room).refused

    # Accounts

    def loads(self, now: float) -> Iterable[tuple[int, int, float, float]]:
        """(circuit, own line from 1, managed A, unmanaged A) for every line."""
        tree = self.snapshot.tree
        for id in tree.ids:
            managed = tree.own(id, _sum(watch.latest for watch in self._below(id)))
            unmanaged = tree.own(id, self._metered.amps(id, now))
            for line in range(3):
                yield int(id), line + 1, managed[line], unmanaged[line] if unmanaged[line] != float("inf") else 0.0

    def overcommitted(self, now: float) -> list[Overcommitment]:
        """Where more may flow than the cable carries, each cause being one the engine cannot prevent."""
        return self.envelope.overcommitted(now)

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
        return self.envelope.record(evse_id) | {"obedience": self._watches[evse_id].obedience.record()}


def _sum(draws: Iterable[Amps]) -> Amps:
    """A per line in all."""
    known = list(draws)
    return sum(draw[0] for draw in known), sum(draw[1] for draw in known), sum(draw[2] for draw in known)


def _soc(watch: Watch, circuit: Row) -> float:
    """The priority of the battery's state of charge by the circuit's thresholds."""
    set_ = circuit["soc_priorities"] or {}
    return soc_priority(
        watch.soc,
        upper_threshold=set_.get("upperThresholdPercent"),
        high=set_.get("highSoCPriority", 1.0),
        lower_threshold=set_.get("lowerThresholdPercent"),
        low=set_.get("lowSoCPriority", 1.0),
    )


def _idle(outlet: Outlet, now: datetime) -> bool:
    since = outlet.status_since
    return outlet.hardware_status == "suspendedEV" and since is not None and (now - since).total_seconds() >= IDLE_S


def _shape(snapshot: Snapshot) -> list[tuple[Any, ...]]:
    """What of the cables the engine's tree is made of."""
    names = ("id", "parent_circuit_id", "max_current", "phases", "phase_rotation", "connected_phase")
    return [tuple(row[name] for name in names) for row in snapshot.circuits.values()]
