"""A site: one circuit tree under management, with all that the engine needs to know between two looks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from ohmstead.engines.dlm.allocate import Allocation, Demand, allocate
from ohmstead.engines.dlm.envelope import Envelope, Overcommitment
from ohmstead.engines.dlm.holding import Evse, Holding
from ohmstead.engines.dlm.obedience import Obedience
from ohmstead.engines.dlm.planning import Send
from ohmstead.engines.dlm.priority import soc_priority, weight
from ohmstead.engines.dlm.tree import Amps, Id
from ohmstead.engines.dlm.unmanaged import ManagedDraw
from ohmstead.kit.db import Row
from ohmstead.rooms.network.profile_limits import most
from ohmstead.rooms.power.management.observed import MeteredLoads, Watch, lines_of
from ohmstead.rooms.power.management.outside import left, within
from ohmstead.rooms.power.management.schedule import ceiling
from ohmstead.rooms.power.management.snapshot import Outlet, Snapshot
from ohmstead.rooms.power.management.tuning import Tuning

log = structlog.get_logger("ohmstead.power")
IDLE_S = 300.0  # s a car must have stopped by itself to count as idle


class Site:
    """One tree. `refresh` takes a new snapshot, observations come in, `step` says what to send."""

    def __init__(self, root: int, snapshot: Snapshot, tuning: Tuning) -> None:
        self.root, self.tuning = root, tuning
        self.envelope = Envelope.load(snapshot.tree, _legible(snapshot.records), pace=tuning.pace)
        self.fallbacks = set(snapshot.fallbacks)
        self.resteered: set[int] = set()  # EVSEs that may hold a limit of a kind they are no longer steered by
        self.allocation = Allocation()
        self.apart: dict[int, str] = {}  # EVSEs that cannot be reckoned with, and why
        self._said: dict[int, str] = {}
        self._watches: dict[int, Watch] = {}
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
            self.envelope = Envelope.load(snapshot.tree, records, pace=self.tuning.pace)
            for id in online:
                self.envelope.came_online(id)
        for id in [int(id) for id in self.envelope.evses if id not in snapshot.outlets]:
            self.envelope.detached(id)
            self._watches.pop(id, None)
            self.fallbacks.discard(id)
            self.resteered.discard(id)
        before, self.snapshot = self.snapshot.outlets, snapshot
        self.apart = {outlet.id: outlet.apart for outlet in snapshot.outlets.values() if outlet.apart}
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
        watch = self._watches.setdefault(outlet.id, Watch(ManagedDraw(self.tuning.window), Obedience()))
        self.envelope.attached(self._evse(outlet, watch))
        if watch.charges(outlet, self.tuning.window) and outlet.steered_by == "transaction":
            self.envelope.released(outlet.id, self.envelope.newest(outlet.id))

    def _evse(self, outlet: Outlet, watch: Watch) -> Evse:
        tuning, steered = self.tuning, watch.obedience.obeys and outlet.id not in self.apart
        return Evse(
            outlet.id, outlet.circuit_id, outlet.wiring.mask, outlet.rating, outlet.least,
            ttl=tuning.lease, guard=tuning.guard, control="A" if steered else "C",
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
        self, evse_id: int, at: float, currents: Mapping[str, float], power_w: float | None, soc: float | None
    ) -> None:
        """A meter value of an EVSE: A by the name of its own line, or W in all."""
        watch, outlet = self._watches.get(evse_id), self.outlets.get(evse_id)
        if watch is None or outlet is None:
            return
        own = lines_of(outlet, currents, power_w, self.tuning.volts)
        watch.soc = soc if soc is not None else watch.soc
        if own is None:
            return
        watch.latest = outlet.wiring.place(own)
        watch.draw.measured(at, watch.latest)
        offered = self.envelope.offered(evse_id, at)
        if watch.obedience.observe(at, offered, max(own)):
            self.envelope.attached(self._evse(outlet, watch))
        if watch.usage is not None and offered is not None:
            watch.usage.observe(at, offered, max(own))

    def reachable(self, evse_id: int, connected: bool) -> None:
        """Its station can be reached, or no longer. After a silence it is believed again and told its fallback anew."""
        if connected and not self.envelope.online(evse_id):
            self.envelope.came_online(evse_id)
            self._watches[evse_id].obedience.forgive()
            self.fallbacks.discard(evse_id)
        elif not connected and self.envelope.online(evse_id):
            self.envelope.went_offline(evse_id)

    def limited(self, evse_id: int, at: float) -> None:
        """Its station took a limit: from now on it draws no more than that, and maybe as much."""
        offered, outlet = self.envelope.offered(evse_id, at), self.outlets.get(evse_id)
        if offered is not None and outlet is not None:
            first, second, third = (offered * line for line in outlet.wiring.mask)
            self._watches[evse_id].draw.limited(at, offered)
            self._watches[evse_id].draw.raised(at, (first, second, third))

    # Decisions

    def step(self, now: datetime) -> list[Send]:
        """Look at everything and say what to send."""
        at = now.timestamp()
        tree = self.snapshot.tree
        self.envelope.limits_changed(self._metered.leave(at, tree.limits))
        wanted = self._within_stations(self._demands(now), now)
        room = self.envelope.room([demand.id for demand in wanted], at)
        self.allocation = allocate(tree, wanted, room)
        targets = {outlet.id: 0.0 for outlet in self.outlets.values() if outlet.charge} | self.allocation.amps
        self._tell_apart()
        return self.envelope.plan(targets, at)

    def _demands(self, now: datetime) -> list[Demand]:
        """What the sessions could use. One of which that cannot be said is set apart, and the others go on."""
        found: list[Demand] = []
        for outlet in self.outlets.values():
            try:
                if self._engaged(outlet) and (demand := self._demand(outlet, now)):
                    found.append(demand)
            except Exception as error:
                self._set_apart(outlet, error)
        return found

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

    def _within_stations(self, demands: list[Demand], now: datetime) -> list[Demand]:
        """What others leave a station is shared by those that charge there."""
        found: dict[int, list[Demand]] = {}
        for demand in demands:
            found.setdefault(self.outlets[int(demand.id)].station_id, []).append(demand)
        fitting: list[Demand] = []
        for those in found.values():
            one = self.outlets[int(those[0].id)]
            try:
                limit = left(one.outside.whole, one, now, self.tuning.volts)
            except Exception as error:
                for each in those:
                    self._set_apart(self.outlets[int(each.id)], error)
            else:
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
        where no circuit above sets a minimum, and where the rating is reserved because the station does not obey."""
        outlet = self.outlets[evse_id]
        at = now.timestamp()
        above = [self.snapshot.circuits[int(id)] for id in self.snapshot.tree.path(outlet.circuit_id)]
        if not any(row["min_charge_point_current"] for row in above) or not self.envelope.steerable(evse_id):
            return True
        running = self._demands(now)
        newcomer = Demand(evse_id, outlet.circuit_id, outlet.wiring.mask, outlet.least, outlet.rating, arrived=now)
        others = [replace(one, running=True) for one in running if one.id != evse_id]
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

    def record(self, evse_id: int) -> dict[str, Any]:
        """What must survive of an EVSE."""
        return self.envelope.record(evse_id)


def _legible(records: Mapping[int, dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Of an EVSE whose record cannot be read nothing is known, so it counts with its rating."""
    for id, record in records.items():
        try:
            Holding.restored(dict(record))
            yield record | {"last": int(record["last"])}
        except Exception:
            log.exception("record of limits not legible", evse=id)


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
