"""What hangs on a circuit: charge points attached to it, fit to it by phases and electrical configuration."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, delete, insert, select, update

from ohmstead.engines.dlm.tree import Tree
from ohmstead.engines.dlm.wiring import WiringError
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.power.circuits.table import circuit_charge_point, circuit_evse_priority
from ohmstead.rooms.power.outlets import blamed, wiring

Details = dict[str, Any]
_MANAGED = ("dynamic", "tod")
_DETAILS = ("phases", "phaseRotation", "connectedPhase")

_member, _point, _ids = circuit_charge_point.c, charge_point.c, bindparam("ids", type_=ARRAY(BigInteger))
_HANGING = Statement(
    select(_member.charge_point_id, _member.circuit_id, _point.smart_charging)
    .join(charge_point, _point.id == _member.charge_point_id)
    .where(_member.circuit_id == any_(_ids), _point.deleted_at.is_(None))
    .order_by(_member.charge_point_id)
)
_EVSES = Statement(
    select(evse.c.id, evse.c.charge_point_id, evse.c.phases, evse.c.phase_rotation, evse.c.connected_phase)
    .where(evse.c.charge_point_id == any_(_ids), evse.c.deleted_at.is_(None))
    .order_by(evse.c.id)
)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why something may not hang on a circuit; `field` is the one of the smart-charging details at fault."""

    field: str
    text: str


async def misfit(
    tx: Tx, tree: Tree, circuit_id: int, charge_point_id: int, change: Callable[[Details], Details] = dict
) -> str | None:
    """Why a charge point may not hang on a circuit of the tree, or None. `change` makes its smart-charging details what
    they are to be."""
    living = _point.deleted_at.is_(None)
    row = await tx.one(select(_point.smart_charging).where(_point.id == charge_point_id, living))
    if row is None:
        return "The selected charge point is invalid."
    holder = await tx.value(select(_member.circuit_id).where(_member.charge_point_id == charge_point_id))
    if holder is not None and holder != circuit_id:
        return "The charge point already belongs to another circuit."
    details = change(row["smart_charging"] or {})
    if problem := unfit(tree, circuit_id, details):
        return problem.text
    for one in await evses_of(tx, [charge_point_id]):
        if text := misfit_of_evse(tree, circuit_id, one, details):
            return f"EVSE {one['id']}: {text}"
    return None


def unfit(tree: Tree, circuit_id: int, details: Details, wrote: Collection[str] = _DETAILS) -> Misfit | None:
    """Why a charge point with these smart-charging details does not fit a circuit, or None; `wrote` are those given."""
    if details.get("mode") not in _MANAGED and not details.get("allowDynamicLoadManagement"):
        text = "The charge point is not set up for dynamic load management: choose a smart charging mode first."
        return Misfit("mode", text)
    if (details.get("electricalConfiguration") or "star") != tree.configuration:
        text = "The electrical configuration of the charge point differs from the circuit's."
        return Misfit("electricalConfiguration", text)
    try:
        wiring(tree, circuit_id, None, details)
    except WiringError as error:
        text = f"The phases of the charge point do not fit the circuit's: {error}."
        return Misfit(blamed(details.get("phases"), wrote), text)
    return None


def misfit_of_evse(tree: Tree, circuit_id: int, own: Mapping[str, Any], details: Details) -> str | None:
    """Why the wiring of an EVSE does not fit a circuit, or None."""
    try:
        wiring(tree, circuit_id, own, details)
    except WiringError as error:
        return f"The phases of the EVSE do not fit the circuit's: {error}."
    return None


async def members(tx: Tx, circuit_ids: Collection[int]) -> list[Row]:
    """The charge points that hang on these circuits: `charge_point_id`, `circuit_id`, `smart_charging`."""
    return await tx.all(_HANGING, ids=list(circuit_ids))


def misfits(tree: Tree, hanging: Collection[Row], outlets: Collection[Row]) -> Iterator[tuple[str, str]]:
    """Of charge points on circuits of the tree and their EVSEs those that do not fit: what it is, and why."""
    by_id = {row["charge_point_id"]: row for row in hanging if row["circuit_id"] in tree.ids}
    for id, row in by_id.items():
        if problem := unfit(tree, row["circuit_id"], row["smart_charging"] or {}):
            yield f"charge point {id}", problem.text
    for one in outlets:
        row = by_id.get(one["charge_point_id"])
        if row is None or not one["phases"]:
            continue
        if text := misfit_of_evse(tree, row["circuit_id"], one, row["smart_charging"] or {}):
            yield f"EVSE {one['id']}", text


async def evses_of(tx: Tx, charge_point_ids: Collection[int]) -> list[Row]:
    """The EVSEs of charge points, with how each says it is wired."""
    return await tx.all(_EVSES, ids=list(charge_point_ids))


async def attached(tx: Tx, circuit_id: int) -> set[int]:
    """The charge points that hang on a circuit."""
    return {row[0] for row in await tx.all(select(_member.charge_point_id).where(_member.circuit_id == circuit_id))}


async def attach(tx: Tx, circuit_id: int, charge_point_id: int, priority: float) -> None:
    """Hang a charge point on a circuit."""
    values = {"circuit_id": circuit_id, "charge_point_id": charge_point_id, "priority": priority}
    await tx.run(insert(circuit_charge_point).values(**values, created_at=tx.now, updated_at=tx.now))


async def detach(tx: Tx, circuit_id: int, charge_point_id: int) -> bool:
    """Take a charge point off a circuit; False where it did not hang there."""
    evses = circuit_evse_priority.c
    await tx.run(delete(circuit_evse_priority).where(evses.charge_point_id == charge_point_id))
    here = (_member.circuit_id == circuit_id) & (_member.charge_point_id == charge_point_id)
    return bool(await tx.run(delete(circuit_charge_point).where(here)))


async def describe(tx: Tx, charge_point_id: int, change: Callable[[Details], Details]) -> None:
    """Change the smart-charging details of a charge point."""
    mine = _point.id == charge_point_id
    known = await tx.value(select(_point.smart_charging).where(mine).with_for_update())
    if (details := change(known or {})) != known:
        await tx.run(update(charge_point).where(mine).values(smart_charging=details, updated_at=tx.now))
        tx.tell(ChargePointChanged(id=charge_point_id, action="updated"))
