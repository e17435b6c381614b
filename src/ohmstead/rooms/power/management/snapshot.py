"""A snapshot of one circuit tree: its cables, its outlets with their wiring and weights, and who charges at each."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, exists, func, select

from ohmstead.engines.dlm.tree import Tree
from ohmstead.engines.dlm.wiring import Wiring
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.profiles import caps_of
from ohmstead.rooms.charging.sessions import known_as, session
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charging_abilities import OPEN, Abilities, abilities_of, said
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.network.outside_limits import NONE, Outside, outside_of
from ohmstead.rooms.network.stations import ChargingProfile, ProfilePurpose
from ohmstead.rooms.people.users import ev_user
from ohmstead.rooms.power.circuits.table import (
    circuit_charge_point,
    circuit_evse_priority,
    circuit_session_priority,
    circuit_user_priority,
)
from ohmstead.rooms.power.management.table import charging_limit
from ohmstead.rooms.power.trees import build, family

LEAST_A = 6.0  # IEC 61851: below this no car charges


@dataclass(frozen=True, slots=True)
class Charge:
    """A session in progress."""

    id: int
    transaction_ref: str  # what the station knows it by
    started_at: datetime
    weight: float
    user_weights: tuple[float, ...]  # of the groups its user is in


@dataclass(frozen=True, slots=True)
class Outlet:
    """An EVSE of the tree: A per line, and the smart-charging details of its charge point."""

    id: int
    charge_point_id: int
    station_id: int
    network_id: int
    circuit_id: int
    wiring: Wiring
    rating: float
    least: float
    weight: float
    point_weight: float  # of its charge point
    details: dict[str, Any]
    zone: ZoneInfo
    hardware_status: str | None
    status_since: datetime | None
    charge: Charge | None
    caps: tuple[ChargingProfile, ...] = ()  # what operators laid on it, those that go first at the front
    outside: Outside = NONE  # what others leave it
    unit: Literal["A", "W"] = "A"  # what its station takes limits in
    abilities: Abilities = OPEN  # of its station
    alone: bool = True  # its station has no other EVSE

    @property
    def steered_by(self) -> ProfilePurpose | None:
        """The kind of profile its limits come as; one for the whole station limits an EVSE that is alone there."""
        kind = self.abilities.steered_by
        return None if kind == "station_max" and not self.alone else kind

    @property
    def fallback(self) -> float:
        """A that are left to it whenever no limit of a session holds: its minimum where it cannot do with nothing."""
        amps = max(self.abilities.fallback, self.least)
        return amps if self.abilities.fallback and amps <= self.rating else 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One tree as the database has it."""

    circuits: dict[int, Row]
    tree: Tree
    outlets: dict[int, Outlet]
    records: dict[int, dict[str, Any]] = field(default_factory=dict)
    fallbacks: set[int] = field(default_factory=set)  # EVSEs that hold our fallback


def _outlets() -> Statement:
    own, weight = circuit_charge_point.c, circuit_evse_priority.c
    groups = select(func.max(circuit_user_priority.c.priority)).where(
        circuit_user_priority.c.circuit_id == own.circuit_id,
        circuit_user_priority.c.type == "userGroup",
        circuit_user_priority.c.target_id == any_(ev_user.c.user_group_ids),
    )
    other = evse.alias("other")
    others = exists().where(
        other.c.station_id == evse.c.station_id, other.c.id != evse.c.id, other.c.deleted_at.is_(None)
    )
    joined = (
        circuit_charge_point.join(charge_point, charge_point.c.id == own.charge_point_id)
        .join(evse, evse.c.charge_point_id == charge_point.c.id)
        .outerjoin(location, location.c.id == charge_point.c.location_id)
        .outerjoin(session, (session.c.evse_id == evse.c.id) & (session.c.status == "active"))
        .outerjoin(ev_user, ev_user.c.id == session.c.user_id)
        .outerjoin(circuit_evse_priority, weight.evse_id == evse.c.id)
        .outerjoin(circuit_session_priority, circuit_session_priority.c.session_id == session.c.id)
        .outerjoin(charging_limit, charging_limit.c.evse_id == evse.c.id)
    )
    columns = (
        evse.c.id, evse.c.station_id, evse.c.network_id, evse.c.max_amperage, evse.c.phases, evse.c.phase_rotation,
        evse.c.connected_phase, evse.c.hardware_status, evse.c.hardware_status_at, own.circuit_id, own.charge_point_id,
        own.priority.label("point_weight"), func.coalesce(weight.priority, 1.0).label("evse_weight"),
        charge_point.c.smart_charging, location.c.timezone, session.c.id.label("session_id"),
        known_as.label("transaction_ref"), session.c.started_at, groups.scalar_subquery().label("user_weight"),
        circuit_session_priority.c.priority.label("session_weight"), charging_limit.c.record,
        charging_limit.c.fallback_set, (~others).label("alone"), *said(evse.c.station_id),
    )  # fmt: skip
    living = (
        evse.c.deleted_at.is_(None) & charge_point.c.deleted_at.is_(None) & charge_point.c.first_contact_at.is_not(None)
    )
    here = own.circuit_id == any_(bindparam("circuits", type_=ARRAY(BigInteger)))
    return Statement(select(*columns).select_from(joined).where(here, living).order_by(evse.c.id))


_OUTLETS = _outlets()


async def take(tx: Tx, root: int) -> Snapshot | None:
    """The tree below `root` as it is now; None where it is gone or a third party steers it."""
    rows = await family(tx, root)
    if not rows or any(row["load_balancing_integration"] for row in rows):
        return None
    circuits = {row["id"]: row for row in rows}
    tree = build(rows)
    found = await tx.all(_OUTLETS, circuits=list(circuits))
    ids = [row["id"] for row in found]
    caps, outside = await caps_of(tx, ids), await outside_of(tx, ids)
    return Snapshot(
        circuits,
        tree,
        {
            row["id"]: _outlet(
                row, circuits[row["circuit_id"]], tree, caps.get(row["id"], ()), outside.get(row["id"], NONE)
            )
            for row in found
        },
        {row["id"]: row["record"] for row in found if row["record"]},
        {row["id"] for row in found if row["fallback_set"]},
    )


def _outlet(row: Row, circuit: Row, tree: Tree, caps: tuple[ChargingProfile, ...], outside: Outside) -> Outlet:
    details = row["smart_charging"] or {}
    abilities = abilities_of(row)
    rating = row["max_amperage"] or details.get("defaultChargePointMaxCurrent") or circuit["max_current"]
    floors = (LEAST_A, circuit["min_charge_point_current"] or 0, details.get("minCurrent") or 0)
    return Outlet(
        id=row["id"],
        charge_point_id=row["charge_point_id"],
        station_id=row["station_id"],
        network_id=row["network_id"],
        circuit_id=row["circuit_id"],
        wiring=_wiring(row, details, tree),
        rating=rating,
        least=max(floors),
        weight=row["evse_weight"],
        point_weight=row["point_weight"],
        details=details,
        zone=ZoneInfo(row["timezone"] or "UTC"),
        hardware_status=row["hardware_status"],
        status_since=row["hardware_status_at"],
        charge=_charge(row),
        caps=caps,
        outside=outside,
        unit=abilities.unit or "A",
        abilities=abilities,
        alone=row["alone"],
    )


def _wiring(row: Row, details: dict[str, Any], tree: Tree) -> Wiring:
    """The EVSE's own wiring where it has one, else its charge point's."""
    if row["phases"]:
        own = (row["phases"], row["phase_rotation"], row["connected_phase"])
    else:
        own = (details.get("phases", "three_phase"), details.get("phaseRotation"), details.get("connectedPhase"))
    return tree.wiring(row["circuit_id"], *own)


def _charge(row: Row) -> Charge | None:
    if row["session_id"] is None:
        return None
    own, groups = row["session_weight"], row["user_weight"]
    weight = 1.0 if own is None else own
    return Charge(
        row["session_id"], row["transaction_ref"], row["started_at"], weight, () if groups is None else (groups,)
    )
