"""What hangs on a circuit: charge points attached to it, fit to it by phases and electrical configuration."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, insert, select, update

from ohmstead.engines.dlm.tree import Tree, TreeError
from ohmstead.engines.dlm.wiring import WiringError
from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.power.circuits.table import circuit_charge_point, circuit_evse_priority
from ohmstead.rooms.power.trees import cable

_MANAGED = ("dynamic", "tod")


async def misfit(
    tx: Tx, circuit_id: int, circuit: Row | dict[str, Any], charge_point_id: int, details: dict[str, Any] | None = None
) -> str | None:
    """Why a charge point may not hang on a circuit, or None. `details` stand for its own smart-charging details."""
    living = charge_point.c.deleted_at.is_(None)
    row = await tx.one(select(charge_point.c.smart_charging).where(charge_point.c.id == charge_point_id, living))
    if row is None:
        return "The selected charge point is invalid."
    elsewhere = circuit_charge_point.c.charge_point_id == charge_point_id
    holder = await tx.value(select(circuit_charge_point.c.circuit_id).where(elsewhere))
    if holder is not None and holder != circuit_id:
        return "The charge point already belongs to another circuit."
    return unfit(circuit, details or row["smart_charging"] or {})


def unfit(circuit: Row | dict[str, Any], details: dict[str, Any]) -> str | None:
    """Why a charge point with these smart-charging details does not fit a circuit, or None."""
    if details.get("mode") not in _MANAGED and not details.get("allowDynamicLoadManagement"):
        return "The charge point is not set up for dynamic load management: choose a smart charging mode first."
    if (details.get("electricalConfiguration") or "star") != circuit["electrical_configuration"]:
        return "The electrical configuration of the charge point differs from the circuit's."
    try:
        alone = cable({**dict(circuit), "parent_circuit_id": None})
        Tree([alone]).wiring(alone.id, details["phases"], details.get("phaseRotation"), details.get("connectedPhase"))
    except (TreeError, WiringError, KeyError) as error:
        return f"The phases of the charge point do not fit the circuit's: {error}."
    return None


async def attached(tx: Tx, circuit_id: int) -> set[int]:
    """The charge points that hang on a circuit."""
    own = circuit_charge_point.c
    return {row[0] for row in await tx.all(select(own.charge_point_id).where(own.circuit_id == circuit_id))}


async def attach(tx: Tx, circuit_id: int, charge_point_id: int, priority: float) -> None:
    """Hang a charge point on a circuit."""
    values = {"circuit_id": circuit_id, "charge_point_id": charge_point_id, "priority": priority}
    await tx.run(insert(circuit_charge_point).values(**values, created_at=tx.now, updated_at=tx.now))


async def detach(tx: Tx, circuit_id: int, charge_point_id: int) -> bool:
    """Take a charge point off a circuit; False where it did not hang there."""
    own, evses = circuit_charge_point.c, circuit_evse_priority.c
    await tx.run(delete(circuit_evse_priority).where(evses.charge_point_id == charge_point_id))
    here = (own.circuit_id == circuit_id) & (own.charge_point_id == charge_point_id)
    return bool(await tx.run(delete(circuit_charge_point).where(here)))


async def describe(tx: Tx, charge_point_id: int, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change the smart-charging details of a charge point."""
    mine = charge_point.c.id == charge_point_id
    known = await tx.value(select(charge_point.c.smart_charging).where(mine).with_for_update())
    await tx.run(update(charge_point).where(mine).values(smart_charging=change(known or {}), updated_at=tx.now))
