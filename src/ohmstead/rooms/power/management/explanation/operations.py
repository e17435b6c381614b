"""Explanations for those who run the system: below `internal`. They name what is others', so partners see none."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.engines.dlm.tree import TreeError
from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict, NotFound
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.power.circuits.resource import circuits
from ohmstead.rooms.power.circuits.table import circuit_charge_point
from ohmstead.rooms.power.circuits.trees import family, standing
from ohmstead.rooms.power.management.explanation.ask import Kind, explanations
from ohmstead.rooms.power.management.explanation.views import CircuitAnswer, EvseAnswer, Told
from ohmstead.rooms.power.management.ownership import owner_of

of_circuits = Group("internal / circuits", "internal/circuits/", "circuits", access=OPERATOR)
of_evses = Group("internal / EVSEs", "internal/evses/", "circuits", access=OPERATOR)
_FACTS: dict[str, Any] = {
    "scope": "read", "status": 200, "errors": (401, 403, 404, 409, 429), "transactions": Transactions.MANUAL,
}  # fmt: skip

_NAMES = Statement(
    select(evse.c.id, charge_point.c.name, evse.c.physical_reference)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .where(evse.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
)
_EVSE = Statement(
    select(evse.c.id, circuit_charge_point.c.circuit_id, charge_point.c.first_contact_at)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .outerjoin(circuit_charge_point, circuit_charge_point.c.charge_point_id == charge_point.c.id)
    .where(evse.c.id == bindparam("evse", type_=BigInteger), evse.c.deleted_at.is_(None))
)


@of_circuits.declare("GET", "v1.0/{circuit}/explanation", "Circuit / Explanation", gives=CircuitAnswer, **_FACTS)
async def explain_circuit(call: Call) -> dict[str, Any]:
    """Why the circuit leaves so much on each of its lines, and why each EVSE that it feeds gets what it gets."""
    async with call.database.read() as tx:
        row = await circuits.find(call, tx=tx)
        owner = await _owner(tx, row["id"])
    told = await _told(call, "circuit", row["id"], owner)
    await _name(call, told["evses"])
    return {"data": told}


@of_evses.declare("GET", "v1.0/{evse}/explanation", "EVSE / Explanation", gives=EvseAnswer, **_FACTS)
async def explain_evse(call: Call) -> dict[str, Any]:
    """Why an EVSE gets what it gets."""
    async with call.database.read() as tx:
        row = await tx.one(_EVSE, evse=call.key("evse"))
        if row is None:
            raise NotFound.model("EVSE", call.path["evse"])
        if row["circuit_id"] is None:
            raise Conflict("The EVSE hangs on no circuit: its current is not managed.")
        if row["first_contact_at"] is None:
            raise Conflict("The charge point of the EVSE has never connected: nothing is reserved for it.")
        owner = await _owner(tx, row["circuit_id"])
    told = await _told(call, "evse", row["id"], owner)
    await _name(call, [told])
    return {"data": told}


async def _owner(tx: Tx, circuit_id: int) -> int | None:
    """The node that steers the circuit's tree, if a living one does. Conflict where none ever will."""
    rows = await family(tx, circuit_id)
    if any(row["load_balancing_integration"] for row in rows):
        raise Conflict("A third party balances the loads of the circuit.")
    try:
        tree, strays = standing(rows)
    except TreeError as error:
        raise Conflict(f"The circuit's tree cannot be steered: {error}.") from None
    if circuit_id in strays:
        raise Conflict(f"The circuit does not fit its tree: {strays[circuit_id]}. What it feeds is set apart above it.")
    return await owner_of(tx, int(tree.root))


async def _told(call: Call, kind: Kind, id: int, owner: int | None) -> Told:
    told = await explanations.of(kind, id, owner, call.now)
    if told is None:
        raise Conflict("Nobody steers the circuit's tree at this moment.")
    return told


async def _name(call: Call, evses: list[Told]) -> None:
    """Say what people call each."""
    async with call.database.read() as tx:
        rows = await tx.all(_NAMES, ids=[one["evseId"] for one in evses])
    names = {row["id"]: " / ".join(part for part in row[1:] if part) for row in rows}
    for one in evses:
        one["name"] = names.get(one["evseId"], "")
