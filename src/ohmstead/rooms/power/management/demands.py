"""Demands: what each session of a site could use, with what bounds it, and whether one more could start."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Protocol

from ohmstead.engines.dlm.allocate import Deadline, Demand, allocate
from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.laxity import deadline
from ohmstead.engines.dlm.priority import weight
from ohmstead.engines.dlm.wiring import Mask
from ohmstead.rooms.devices.profiles.limits import most
from ohmstead.rooms.power.management.capacities import Capacities
from ohmstead.rooms.power.management.line_use import STEP_A
from ohmstead.rooms.power.management.observed import Watch
from ohmstead.rooms.power.management.outside import left, within
from ohmstead.rooms.power.management.schedule import ceiling
from ohmstead.rooms.power.management.snapshot import Charge, Outlet, Snapshot
from ohmstead.rooms.power.management.states import is_idle, soc_weight
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.rooms.power.management.wishes import SessionState, Wanted, together

Caps = Mapping[int, Sequence[tuple[str, float]]]
"""By the id of an EVSE or a charge point: who leaves it how many A on each line."""
NO_CAPS: Caps = {}
USAGE = "usage"  # the bound that a car sets itself by what it leaves unused
FINE = 0.1  # A: what is kept of a limit by a station of which nothing else is known


@dataclass(frozen=True, slots=True)
class Bound:
    """What keeps a session to so many A a line, and who says so."""

    source: str
    amps: float


@dataclass(frozen=True, slots=True)
class Need:
    """What a session could use, and why: the bounds of its maximum, the factors of its weight, what is wanted of it."""

    demand: Demand
    bounds: tuple[Bound, ...]
    factors: Mapping[str, float]
    wanted: Wanted

    @property
    def most(self) -> float:
        """A that it may have, whether it uses them or not."""
        return min(bound.amps for bound in self.bounds if bound.source != USAGE)


class Steered(Protocol):
    """What of a site is needed here."""

    snapshot: Snapshot
    envelope: Envelope
    tuning: Tuning
    full: set[int]
    one_phase: set[int]
    capacities: Capacities

    def mask_of(self, outlet: Outlet) -> Mask:
        """1 on each of the root's lines on which the EVSE counts."""
        ...


class Demands:
    """Of one site. One of whose sessions something cannot be said is told by `set_apart`, and the others go on."""

    def __init__(
        self, site: Steered, watches: Mapping[int, Watch], set_apart: Callable[[Outlet, Exception], None]
    ) -> None:
        self._site, self._watches, self._set_apart = site, watches, set_apart

    def now(self, now: datetime, caps: Caps = NO_CAPS) -> list[Need]:
        """What the sessions could use, that can be steered; `caps` are those of single EVSEs."""
        found: list[Need] = []
        for outlet in self._site.snapshot.outlets.values():
            try:
                if self._engaged(outlet) and (need := self._need(outlet, now, caps.get(outlet.id, ()))):
                    found.append(need)
            except Exception as error:
                self._set_apart(outlet, error)
        return found

    def within_stations(self, needs: Iterable[Need], now: datetime) -> list[Need]:
        """What others leave a station is shared by those that charge there."""
        outlets = self._site.snapshot.outlets
        fitting: list[Need] = []
        for those in _by(needs, lambda need: outlets[int(need.demand.id)].station_id):
            one = outlets[int(those[0].demand.id)]
            try:
                limit = left(one.outside.whole, one, now, self._site.tuning.volts)
            except Exception as error:
                for each in those:
                    self._set_apart(outlets[int(each.demand.id)], error)
            else:
                fitting += those if limit is None else _shared(limit, those, "outside")
        return fitting

    def within_caps(self, needs: Iterable[Need], caps: Caps) -> list[Need]:
        """Caps of whole charge points, A a line by charge point, are shared by those that charge there."""
        if not caps:
            return list(needs)
        outlets = self._site.snapshot.outlets
        fitting: list[Need] = []
        for those in _by(needs, lambda need: outlets[int(need.demand.id)].charge_point_id):
            for source, amps in caps.get(outlets[int(those[0].demand.id)].charge_point_id, ()):
                those = _shared(amps, those, source)
            fitting += those
        return fitting

    def has_room(self, evse_id: int, now: datetime) -> bool:
        """Whether a session could start on the EVSE without pushing another below its minimum. There is always room
        where no circuit above sets a minimum. One that does not obey needs its rating, which may be reserved."""
        snapshot, envelope, at = self._site.snapshot, self._site.envelope, now.timestamp()
        outlet = snapshot.outlets[evse_id]
        above = [snapshot.circuits[int(id)] for id in snapshot.tree.path(outlet.circuit_id)]
        if not any(row["min_charge_point_current"] for row in above):
            return True
        steered = envelope.controllable(evse_id)
        reserved = not steered and envelope.may_draw(evse_id, at) >= outlet.rating
        if reserved or not envelope.online(evse_id):
            return True
        newcomer = Demand(
            evse_id, outlet.circuit_id, outlet.wiring.mask, outlet.least if steered else outlet.rating, outlet.rating,
            arrived=now, resolution=self._resolution(evse_id),
        )  # fmt: skip
        others = [replace(need.demand, running=True) for need in self.now(now) if need.demand.id != evse_id]
        room = envelope.room([*(one.id for one in others), evse_id], at)
        return evse_id not in allocate(snapshot.tree, [*others, newcomer], room).refused

    def _engaged(self, outlet: Outlet) -> bool:
        return outlet.charge is not None and self._site.envelope.steerable(outlet.id)

    def _need(self, outlet: Outlet, now: datetime, caps: Sequence[tuple[str, float]]) -> Need | None:
        """What the session could use; None where it is to have nothing."""
        charge, circuit = outlet.charge, self._site.snapshot.circuits[outlet.circuit_id]
        if charge is None or (circuit["set_session_limit_to_zero_on_idle"] and is_idle(outlet, now)):
            return None
        wanted = self._wanted(outlet, charge, now)
        if outlet.id in self._site.full and not wanted.least:
            return None
        bounds = (*self._bounds(outlet, charge, wanted, now), *(Bound(*cap) for cap in caps))
        factors = self._factors(outlet, charge, wanted)
        demand = Demand(
            outlet.id, outlet.circuit_id, self._site.mask_of(outlet), max(outlet.least, wanted.least or 0.0),
            min(bound.amps for bound in bounds),
            weight=weight(*factors.values()),
            running=bool(self._site.envelope.offered(outlet.id, now.timestamp()) or outlet.fallback),
            arrived=charge.started_at, resolution=self._resolution(outlet.id),
            deadline=self._deadline(outlet, charge, wanted, now),
        )  # fmt: skip
        return Need(demand, bounds, factors, wanted)

    def _bounds(self, outlet: Outlet, charge: Charge, wanted: Wanted, now: datetime) -> Iterable[Bound]:
        """Everything that limits the EVSE, its rating among it."""
        volts, usage = self._site.tuning.volts, self._watches[outlet.id].usage
        said = (
            ("rating", outlet.rating),
            ("hour", ceiling(outlet.details, now, outlet.zone)),
            ("profile", most(outlet.caps, now, charge.started_at, outlet.volts(volts), len(outlet.wiring.lines))),
            ("outside", left(outlet.outside.own, outlet, now, volts)),
            (USAGE, usage and usage.cap),
            ("wish", wanted.cap),
            ("unused_lines", self._step(outlet, now)),
        )
        return (Bound(source, amps) for source, amps in said if amps is not None)

    def _step(self, outlet: Outlet, now: datetime) -> float | None:
        """Of one that leaves lines unused, no more than is kept free there."""
        site = self._site
        if outlet.id in site.one_phase or site.mask_of(outlet) == outlet.wiring.mask:
            return None
        return site.envelope.may_draw(outlet.id, now.timestamp()) + STEP_A

    def _factors(self, outlet: Outlet, charge: Charge, wanted: Wanted) -> dict[str, float]:
        """The priorities that make up the weight, by what gives them."""
        circuit = self._site.snapshot.circuits[outlet.circuit_id]
        return {
            "charge_point": outlet.point_weight,
            "evse": outlet.weight,
            "user": max(charge.user_weights, default=1.0),
            "session": charge.weight,
            "soc": soc_weight(self._watches[outlet.id].soc, circuit),
            "wish": wanted.weight,
        }

    def _wanted(self, outlet: Outlet, charge: Charge, now: datetime) -> Wanted:
        """What all wish of the session."""
        if not outlet.wishes:
            return Wanted()
        state = self.state(outlet, charge, now)
        return together(wish.at(now, state) for wish in outlet.wishes)

    def _deadline(self, outlet: Outlet, charge: Charge, wanted: Wanted, now: datetime) -> Deadline | None:
        """Where both its departure and what it still wants are known."""
        if wanted.departure is None or wanted.energy_wh is None:
            return None
        volts, lines = self._site.tuning.volts, len(outlet.wiring.lines)
        got = self._energy_wh(outlet, charge, now)
        return deadline(now.timestamp(), wanted.departure.timestamp(), wanted.energy_wh, got, volts, lines)

    def _energy_wh(self, outlet: Outlet, charge: Charge, now: datetime) -> float:
        """What the session has taken: as it was stored, and since."""
        return charge.energy_wh + self._watches[outlet.id].since_look_wh(now.timestamp(), self._site.tuning.volts)

    def state(self, outlet: Outlet, charge: Charge, now: datetime) -> SessionState:
        """The session as those see it that wish something of it."""
        watch, volts = self._watches[outlet.id], self._site.tuning.volts
        surplus = self._site.capacities.surplus_for(outlet, now)
        return SessionState(
            charge.id, charge.started_at, self._energy_wh(outlet, charge, now), watch.soc,
            outlet.rating, outlet.least, len(outlet.wiring.lines), volts, surplus,
        )  # fmt: skip

    def _resolution(self, evse_id: int) -> float:
        """A: what its station keeps of a limit."""
        evse = self._site.envelope.known(evse_id)
        return FINE if evse is None else evse.resolution


def _by(needs: Iterable[Need], key: Callable[[Need], int]) -> Iterable[list[Need]]:
    ordered = sorted(needs, key=lambda need: (key(need), int(need.demand.id)))
    return (list(those) for _, those in groupby(ordered, key=key))


def _shared(limit: float, those: list[Need], source: str) -> list[Need]:
    """The needs of one station or charge point, cut so that together they stay below a limit in A a line."""
    cut = within(limit, [need.demand for need in those])
    return [
        need if demand.max >= need.demand.max
        else replace(need, demand=demand, bounds=(*need.bounds, Bound(source, demand.max)))
        for need, demand in zip(those, cut, strict=True)
    ]  # fmt: skip
