"""Capacities: what limits, caps, unmanaged loads and lines that cars leave unused leave for the EVSEs of a site."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.tree import Amps, Id
from ohmstead.engines.dlm.wiring import Mask
from ohmstead.rooms.power.management.caps import Place
from ohmstead.rooms.power.management.caps_in_force import CapsInForce, Flowing
from ohmstead.rooms.power.management.line_use import MEASURED, Unused, kept_free, unused
from ohmstead.rooms.power.management.observed import MeteredLoads, Watch
from ohmstead.rooms.power.management.snapshot import Outlet, Snapshot


class Steered(Protocol):
    """What of a site is needed here."""

    snapshot: Snapshot
    envelope: Envelope
    one_phase: set[int]

    def below(self, circuit_id: Id) -> list[int]:
        """The EVSEs that a circuit feeds, directly or through others."""
        ...

    def mask_of(self, outlet: Outlet) -> Mask:
        """1 on each of the root's lines on which the EVSE counts."""
        ...


class Capacities:
    """Of one site; `caps` are those in force since the last `look`."""

    def __init__(self, site: Steered, watches: Mapping[int, Watch], metered: MeteredLoads, volts: float) -> None:
        self._site, self._watches, self._metered, self._volts = site, watches, metered, volts
        self.caps = CapsInForce(volts)

    def look(self, now: datetime) -> None:
        """What do caps leave by now?"""
        self.caps.look(now, self._flowing)

    def left(self, at: float) -> dict[Id, Amps]:
        """A on the root's lines that are left of each circuit."""
        tree = self._site.snapshot.tree
        limits = self.caps.of_all(tree.limits)
        left = self.caps.of_steered(self._metered.leave(at, limits), limits)
        return kept_free(tree, left, self._unused(at))

    def surplus_for(self, outlet: Outlet, now: datetime) -> float | None:
        """A on each line of an EVSE that would flow back to the grid but for those that charge by it, shared evenly;
        None: no meter says."""
        snapshot = self._site.snapshot
        found = self._metered.exported(snapshot.tree.path(outlet.circuit_id), now.timestamp())
        if found is None:
            return None
        sharing = [id for id in self._site.below(found[0]) if snapshot.outlets[id].by_surplus]
        total = found[1] + sum(sum(self._watches[id].latest) for id in sharing)
        return max(0.0, total) / max(1, len(sharing)) / len(outlet.wiring.lines)

    def _unused(self, at: float) -> Iterable[Unused]:
        """Lines that cars leave unused, where that counts."""
        site = self._site
        policies = {id: row["phase_policy"] for id, row in site.snapshot.circuits.items()}
        if MEASURED not in policies.values():
            return
        for outlet in site.snapshot.outlets.values():
            if policies[outlet.circuit_id] == MEASURED and outlet.id not in site.one_phase:
                found = unused(outlet, site.mask_of(outlet), site.envelope.may_draw(outlet.id, at))
                if found is not None:
                    yield found

    def _flowing(self, place: Place) -> Flowing:
        """What the EVSEs at a place draw, and over how many lines."""
        (kind, id), snapshot = place, self._site.snapshot
        if kind == "circuit":
            here, lines = self._site.below(id), sum(map(bool, snapshot.tree.absolute(id, (1.0, 1.0, 1.0))))
        else:
            named = {"charge point": "charge_point_id", "EVSE": "id"}[kind]
            here = [one.id for one in snapshot.outlets.values() if getattr(one, named) == id]
            lines = max((len(snapshot.outlets[one].wiring.lines) for one in here), default=3)
        return Flowing(sum(sum(self._watches[one].latest) for one in here) * self._volts, lines)
