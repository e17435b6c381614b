"""Why a circuit leaves so much, and to whom."""

from datetime import datetime

from ohmstead.engines.dlm.tree import Amps, Conductor
from ohmstead.kit.views import stamp
from ohmstead.rooms.power.management.caps_in_force import Capped
from ohmstead.rooms.power.management.explanation.evses import Explained
from ohmstead.rooms.power.management.explanation.places import label, lines
from ohmstead.rooms.power.management.explanation.views import Told
from ohmstead.rooms.power.management.site import Site

NOTHING: Amps = (0.0, 0.0, 0.0)


def explained_circuit(site: Site, circuit_id: int, now: datetime) -> Told:
    """A circuit of a site, with all that it feeds."""
    below, standings = sorted(site.below(circuit_id)), site.exemptions()
    return {
        "circuitId": circuit_id,
        "name": site.snapshot.circuits[circuit_id]["name"],
        "rootCircuitId": site.root,
        "at": stamp(now),
        "lines": _lines(site, circuit_id, now),
        "evses": [Explained(site, site.outlets[id], now, standings).told(circuit_id) for id in below],
    }


def explained_evse(site: Site, evse_id: int, now: datetime) -> Told:
    """An EVSE of a site, its lines by the names of the circuit it hangs on."""
    outlet = site.outlets[evse_id]
    return Explained(site, outlet, now, site.exemptions()).told(outlet.circuit_id)


def _lines(site: Site, circuit_id: int, now: datetime) -> list[Told]:
    tree, at, below = site.snapshot.tree, now.timestamp(), site.below(circuit_id)
    besides, left = site.unmanaged(circuit_id, at), site.capacities.left(at)[circuit_id]
    flows = [site.flow(id, at) for id in below]
    caps = [_cap(one) for one in site.capacities.caps.now.get(("circuit", circuit_id), ())]
    told: list[Told] = []
    for own, line in lines(tree, circuit_id):
        limit = tree.limits[circuit_id][line]
        reserved = sum(site.envelope.may_draw(id, at) for id in below if site.outlets[id].wiring.mask[line])
        told.append({
            "phase": label(own),
            "rootPhase": label(line),
            "limit": limit,
            "caps": caps,
            "unmanaged": round(min(besides.amps[line], limit), 2) if besides else 0.0,
            "unmanagedIsMeasured": besides is not None and besides.fresh[line],
            "margin": round(besides.margin[line], 2) if besides else 0.0,
            "left": round(left[line], 2),
            "reserved": round(reserved, 2),
            "drawn": round(sum(flow.amps[line] for flow in flows), 2),
            "drawnIsMeasured": all(flow.is_measured for flow in flows),
            "exceeds": round(max(0.0, reserved - left[line]), 2),
            "binds": _bound(site, Conductor(circuit_id, line)),
        })  # fmt: skip
    return told


def _cap(one: Capped) -> Told:
    return {"source": one.source, "amps": round(one.amps, 2), "ofAll": one.of_all}


def _bound(site: Site, at: Conductor) -> list[int]:
    """Whom a line keeps from more, or from charging."""
    every = {**site.sharing.allocation.bottlenecks, **site.sharing.allocation.refused}
    return sorted(int(id) for id, where in every.items() if where == at)
