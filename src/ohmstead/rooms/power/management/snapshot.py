"""A snapshot of one circuit tree: its cables, its outlets with their wiring and weights, and who charges at each."""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ARRAY, BigInteger, and_, any_, bindparam, exists, func, or_, select

from ohmstead.engines.dlm.tree import Tree
from ohmstead.engines.dlm.wiring import Wiring
from ohmstead.kit.db import DatabaseUnavailable, Row, Statement, Tx
from ohmstead.rooms.charging.profiles import caps_of
from ohmstead.rooms.charging.sessions import known_as, session
from ohmstead.rooms.devices.profiles.abilities import OPEN, Abilities, abilities_of, said
from ohmstead.rooms.devices.profiles.outside_limits import NONE, Outside, outside_of
from ohmstead.rooms.devices.profiles.units import LEAST_EFFICIENCY, watts_an_amp
from ohmstead.rooms.devices.stations import ChargingProfile, ProfilePurpose
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.people.partner_invites import partner_invite
from ohmstead.rooms.people.users import ev_user
from ohmstead.rooms.power.circuits.table import (
    circuit_charge_point,
    circuit_evse_priority,
    circuit_session_priority,
    circuit_user_priority,
)
from ohmstead.rooms.power.circuits.trees import Version, family, held_by, standing, version
from ohmstead.rooms.power.management.caps import Cap, Members, cap_sources
from ohmstead.rooms.power.management.table import charging_limit
from ohmstead.rooms.power.management.wishes import Wish, wish_sources
from ohmstead.rooms.power.outlets import every_line, wiring

log = structlog.get_logger("ohmstead.power")
Found = TypeVar("Found")
LEAST_A = 6.0  # IEC 61851: below this no car charges


@dataclass(frozen=True, slots=True)
class Charge:
    """A session in progress."""

    id: int
    transaction_ref: str  # what the station knows it by
    started_at: datetime
    weight: float
    user_weights: tuple[float, ...]  # of the groups its user is in, and the partners that invited the user
    energy_wh: float = 0.0  # as far as it was stored


@dataclass(frozen=True, slots=True)
class Outlet:
    """An EVSE of the tree: A per line, and the smart-charging details of its charge point. `apart` says why it cannot
    be reckoned with, where that is so: its rating is kept free on every line, and it is told nothing."""

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
    is_dc: bool = False  # its power is what it gives: limits in W, and readings
    efficiency: float | None = None  # of a DC one: what it gives of what it takes from the grid
    abilities: Abilities = OPEN  # of its station
    alone: bool = True  # its station has no other EVSE
    wishes: tuple[Wish, ...] = ()  # of its session
    apart: str | None = None

    @property
    def steered_by(self) -> ProfilePurpose | None:
        """The kind of profile its limits come as; one for the whole station limits an EVSE that is alone there."""
        kind = self.abilities.steered_by
        return None if kind == "station_max" and not self.alone else kind

    def offline_for(self, lease_s: float) -> float | None:
        """s that its limits last at most after its line broke, where it counts that itself and a fallback is below."""
        notices = self.abilities.notices_offline
        return None if notices is None or self.steered_by != "transaction" else lease_s + notices

    def watts_an_amp(self, lines: int | None = None) -> float:
        """W of a limit by which none of its lines, all or so many, carries more than 1 A; those of a DC one are what it
        gives, always less than it takes."""
        gives = (self.efficiency or LEAST_EFFICIENCY) if self.is_dc else 1.0
        return watts_an_amp(lines or self.wiring.uses, self.details) * gives

    def volts(self, usual: float) -> float:
        """V between a line and neutral by which W that somebody else leaves it are reckoned: what it takes in W it is
        left as it was said."""
        return self.watts_an_amp() / self.wiring.uses if self.unit == "W" else usual

    @property
    def by_surplus(self) -> bool:
        """Whether its session follows what would else flow back to the grid."""
        return any(wish.by_surplus for wish in self.wishes)

    @property
    def fallback(self) -> float:
        """A that are left to it whenever no limit of a session holds: its minimum where it cannot do with nothing."""
        amps = max(self.abilities.fallback, self.least)
        return amps if self.abilities.fallback and amps <= self.rating else 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One tree as the database has it. Circuits that do not fit it (`strays`: why) are left out of `circuits`; their
    EVSEs are set apart on the nearest one above."""

    circuits: dict[int, Row]
    tree: Tree
    outlets: dict[int, Outlet]
    records: dict[int, dict[str, Any]] = field(default_factory=dict)
    fallbacks: set[int] = field(default_factory=set)  # EVSEs that hold our fallback
    strays: Mapping[int, str] = field(default_factory=dict[int, str])
    caps: tuple[Cap, ...] = ()
    version: Version = ()


def _outlets() -> Statement:
    own, weight = circuit_charge_point.c, circuit_evse_priority.c
    target = circuit_user_priority.c
    inviting = select(partner_invite.c.partner_id).where(partner_invite.c.user_id == ev_user.c.id).correlate(ev_user)
    weights = select(func.max(target.priority)).where(
        target.circuit_id == own.circuit_id,
        or_(
            and_(target.type == "userGroup", target.target_id == any_(ev_user.c.user_group_ids)),
            and_(target.type == "partner", target.target_id.in_(inviting)),
        ),
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
        evse.c.id, evse.c.station_id, evse.c.network_id, evse.c.current_type, evse.c.max_power,
        evse.c.efficiency_percent, evse.c.max_amperage, evse.c.phases, evse.c.phase_rotation,
        evse.c.connected_phase, evse.c.hardware_status, evse.c.hardware_status_at, own.circuit_id, own.charge_point_id,
        own.priority.label("point_weight"), func.coalesce(weight.priority, 1.0).label("evse_weight"),
        charge_point.c.smart_charging, location.c.timezone, session.c.id.label("session_id"),
        known_as.label("transaction_ref"), session.c.started_at, session.c.energy_wh,
        weights.scalar_subquery().label("user_weight"),
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
    """The tree below `root` as it is now; None where it is gone."""
    rows = await family(tx, root)
    if not rows:
        return None
    tree, strays = standing(rows)
    circuits = {row["id"]: row for row in rows}
    found = await tx.all(_OUTLETS, circuits=list(circuits))
    ids = [row["id"] for row in found]
    faults: dict[int, str] = {}
    profiles, outside = await _of_each(caps_of, tx, ids, faults), await _of_each(outside_of, tx, ids, faults)
    wishes = await wish_sources.of(tx, [row["id"] for row in found if row["session_id"] is not None])
    outlets: dict[int, Outlet] = {}
    for row in found:
        id, circuit = row["id"], circuits[held_by(circuits, strays, row["circuit_id"])]
        if row["circuit_id"] in strays:
            faults[id] = f"circuit {row['circuit_id']} does not fit its tree: {strays[row['circuit_id']]}"
        made = _outlet(row, circuit, tree, faults.get(id), profiles.get(id, ()), outside.get(id, NONE))
        outlets[id] = replace(made, wishes=wishes[id]) if id in wishes else made
    members = Members(circuits.keys(), {one.charge_point_id for one in outlets.values()}, outlets.keys())
    return Snapshot(
        {id: row for id, row in circuits.items() if id not in strays},
        tree,
        outlets,
        {row["id"]: row["record"] for row in found if row["record"]},
        {row["id"] for row in found if row["fallback_set"]},
        strays,
        await cap_sources.of(tx, members),
        version(rows),
    )


async def _of_each(
    load: Callable[[Tx, list[int]], Awaitable[Mapping[int, Found]]], tx: Tx, ids: list[int], faults: dict[int, str]
) -> Mapping[int, Found]:
    """What is known of each EVSE; where it cannot be read it is among the faults, and the others have theirs."""
    try:
        return await load(tx, ids)
    except DatabaseUnavailable:
        raise
    except Exception:
        log.debug("read one by one", what=load.__name__)
    found: dict[int, Found] = {}
    for id in ids:
        try:
            found |= await load(tx, [id])
        except DatabaseUnavailable:
            raise
        except Exception as error:
            faults[id] = str(error) or type(error).__name__
    return found


def _outlet(
    row: Row, circuit: Row, tree: Tree, fault: str | None, caps: tuple[ChargingProfile, ...], outside: Outside
) -> Outlet:
    """Whatever a row holds, it makes an outlet: one that cannot be reckoned with is set apart, the others go on."""
    if fault is not None:
        return _apart(row, circuit, tree, fault)
    try:
        return _reckoned(row, circuit, tree, caps, outside)
    except Exception as error:
        return _apart(row, circuit, tree, str(error) or type(error).__name__)


def _reckoned(row: Row, circuit: Row, tree: Tree, caps: tuple[ChargingProfile, ...], outside: Outside) -> Outlet:
    abilities, details = abilities_of(row), _details(row, circuit)
    wired, is_dc = wiring(tree, circuit["id"], row, details), row["current_type"] == "dc"
    floors = (LEAST_A, circuit["min_charge_point_current"] or 0, details.get("minCurrent") or 0)
    made = Outlet(
        **_place(row, circuit),
        wiring=wired,
        rating=_rating(row, circuit, details),
        least=float(max(floors)),
        details=details,
        zone=ZoneInfo(row["timezone"] or "UTC"),
        caps=caps,
        outside=outside,
        unit=abilities.unit or ("W" if is_dc else "A"),
        is_dc=is_dc,
        efficiency=_efficiency(row, abilities) if is_dc else None,
        abilities=abilities,
        alone=row["alone"],
    )
    return made if _by_power(row) is None else replace(made, rating=row["max_power"] / made.watts_an_amp())


def _details(row: Row, circuit: Row) -> dict[str, Any]:
    """Of its charge point; what that does not say of the voltage its circuit does."""
    told = {name: value for name, value in (row["smart_charging"] or {}).items() if value is not None}
    volts, configuration = circuit["max_voltage"], circuit["electrical_configuration"]
    return {"maxVoltage": volts, "electricalConfiguration": configuration} | told


def _efficiency(row: Row, abilities: Abilities) -> float | None:
    """As its template had it, else as its model has."""
    told = row["efficiency_percent"]
    return float(told) / 100 if told else abilities.efficiency


def _by_power(row: Row) -> float | None:
    """W that a DC EVSE gives at the most; its A are those of the cable to the car."""
    return row["max_power"] if row["current_type"] == "dc" and row["max_power"] else None


def _apart(row: Row, circuit: Row, tree: Tree, why: str) -> Outlet:
    """Made of nothing but what a column's type vouches for."""
    details = row["smart_charging"] if isinstance(row["smart_charging"], dict) else {}
    every, utc = every_line(tree, circuit["id"]), ZoneInfo("UTC")
    rating = _rating(row, circuit, details)
    if (watts := _by_power(row)) is not None:
        rating = watts / (watts_an_amp(every.uses, {}) * LEAST_EFFICIENCY)
    return Outlet(**_place(row, circuit), wiring=every, rating=rating, least=LEAST_A, details={}, zone=utc, apart=why)


def _place(row: Row, circuit: Row) -> dict[str, Any]:
    """Which EVSE it is, where, with which weights, and who charges there."""
    return {
        "id": row["id"],
        "charge_point_id": row["charge_point_id"],
        "station_id": row["station_id"],
        "network_id": row["network_id"],
        "circuit_id": circuit["id"],
        "weight": row["evse_weight"],
        "point_weight": row["point_weight"],
        "hardware_status": row["hardware_status"],
        "status_since": row["hardware_status_at"],
        "charge": _charge(row),
    }


def _rating(row: Row, circuit: Row, details: Mapping[str, Any]) -> float:
    """A: its own, else its charge point's, else what its circuit carries."""
    told = (row["max_amperage"], details.get("defaultChargePointMaxCurrent"))
    amps = (value for value in told if isinstance(value, int | float) and value > 0 and math.isfinite(value))
    return float(next(amps, circuit["max_current"]))


def _charge(row: Row) -> Charge | None:
    if row["session_id"] is None:
        return None
    own, groups = row["session_weight"], row["user_weight"]
    weight = 1.0 if own is None else own
    users = () if groups is None else (groups,)
    energy = row["energy_wh"] or 0.0
    return Charge(row["session_id"], row["transaction_ref"], row["started_at"], weight, users, energy)
