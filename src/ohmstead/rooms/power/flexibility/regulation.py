"""Regulation: by how much what an asset takes could fall or rise, from ratings, least currents and the draw now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.operations import RenderContext
from ohmstead.rooms.charging.readings import NOMINAL_V
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.power.circuits.table import circuit, circuit_charge_point
from ohmstead.rooms.power.flexibility.places import OUTLETS
from ohmstead.rooms.power.flexibility.table import flexibility_asset
from ohmstead.rooms.power.management.snapshot import LEAST_A

_LINES = {"single_phase": 1, "split_phase": 2, "three_phase": 3}
_RATINGS = Statement(
    select(
        OUTLETS.c.asset_id, evse.c.max_amperage, evse.c.max_power, evse.c.phases, charge_point.c.smart_charging,
        circuit.c.max_current, circuit.c.min_charge_point_current, circuit.c.phases.label("circuit_phases"),
        flexibility_asset.c.dlm_circuit_id, session.c.id.label("session_id"), session.c.power_w,
    )
    .select_from(OUTLETS)
    .join(flexibility_asset, flexibility_asset.c.id == OUTLETS.c.asset_id)
    .join(evse, evse.c.id == OUTLETS.c.evse_id)
    .join(charge_point, charge_point.c.id == OUTLETS.c.charge_point_id)
    .outerjoin(circuit_charge_point, circuit_charge_point.c.charge_point_id == OUTLETS.c.charge_point_id)
    .outerjoin(circuit, circuit.c.id == circuit_charge_point.c.circuit_id)
    .outerjoin(session, (session.c.evse_id == evse.c.id) & (session.c.status == "active"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Outlet:
    """W that an EVSE takes with its least current, takes now (None: nobody charges there), and may take."""

    least: float
    now: float | None
    most: float


@dataclass(frozen=True, slots=True)
class Regulation:
    """W by which what charges now could fall and rise; the most that all together may take, and which share of that
    their least currents are."""

    down: float = 0.0
    up: float = 0.0
    most: float = 0.0
    least_share: float = 0.0


async def regulations(tx: Tx, ids: list[int]) -> dict[int, Regulation]:
    """Of each asset."""
    found: dict[int, list[Row]] = {}
    for row in await tx.all(_RATINGS, ids=ids):
        found.setdefault(row["asset_id"], []).append(row)
    return {id: _regulation(rows) for id, rows in found.items()}


def _regulation(rows: list[Row]) -> Regulation:
    outlets = [_outlet(row) for row in rows]
    charging = [(one, one.now) for one in outlets if one.now is not None]
    drawn, rated = sum(now for _, now in charging), sum(one.most for one in outlets)
    fuse = _carried(rows[0]) if rows[0]["dlm_circuit_id"] is not None else rated
    up = min(sum(max(0.0, one.most - now) for one, now in charging), max(0.0, fuse - drawn))
    down = sum(max(0.0, now - one.least) for one, now in charging)
    return Regulation(down, up, min(rated, fuse), sum(one.least for one in outlets) / rated if rated else 0.0)


def _carried(row: Row) -> float:
    return row["max_current"] * NOMINAL_V * _LINES.get(row["circuit_phases"], 3)


def _outlet(row: Row) -> _Outlet:
    """An EVSE's own rating goes first, then its charge point's, then what its circuit carries."""
    details: Mapping[str, Any] = row["smart_charging"] or {}
    volts = NOMINAL_V * _LINES.get(row["phases"] or details.get("phases") or "", 3)
    amps = _first(row["max_amperage"], details.get("defaultChargePointMaxCurrent"), row["max_current"])
    told = [watts for watts in (amps and amps * volts, row["max_power"]) if watts]
    most = float(min(told, default=0.0))
    least = volts * max(LEAST_A, row["min_charge_point_current"] or 0.0, details.get("minCurrent") or 0.0)
    return _Outlet(min(least, most), None if row["session_id"] is None else row["power_w"] or 0.0, most)


def _first(*amps: float | None) -> float | None:
    return next((value for value in amps if value), None)


async def downward(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, int]:
    """The include of `downwardRegulationLimit`."""
    return {id: round(one.down) for id, one in (await regulations(tx, ids)).items()}


async def upward(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, int]:
    """The include of `upwardRegulationLimit`."""
    return {id: round(one.up) for id, one in (await regulations(tx, ids)).items()}


def potentials(expected: Iterable[float], its: Regulation) -> Iterable[tuple[int, int, int]]:
    """Of Wh that are expected in quarters of an hour: whole Wh, and by how many fewer and more it could be."""
    for energy in expected:
        down, up = energy * (1 - its.least_share), max(0.0, its.most / 4 - energy)
        yield round(energy), round(down), round(up)
