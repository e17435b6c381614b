"""What circuits answer to the rooms below: where a charge point hangs, whether its wiring may change, when it goes."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, delete, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid
from ohmstead.kit.facts import on
from ohmstead.kit.filters import Filter
from ohmstead.kit.operations import Call
from ohmstead.kit.writes import Write
from ohmstead.rooms.charging.profiles import limited_by_us
from ohmstead.rooms.network.charge_points import charge_point, charge_points, circuits_of
from ohmstead.rooms.network.smart_charging import may_change
from ohmstead.rooms.power.circuits.members import unfit
from ohmstead.rooms.power.circuits.resource import circuit_changed
from ohmstead.rooms.power.circuits.table import circuit, circuit_charge_point, circuit_evse_priority
from ohmstead.rooms.power.trees import family

_own = circuit_charge_point.c
_ids = bindparam("ids", type_=ARRAY(BigInteger))
_OF = Statement(select(_own.charge_point_id, _own.circuit_id).where(_own.charge_point_id == any_(_ids)))
_CIRCUIT = Statement(
    select(circuit).join(circuit_charge_point, circuit.c.id == _own.circuit_id)
    .where(_own.charge_point_id == bindparam("charge_point", type_=BigInteger))
)  # fmt: skip


@circuits_of.answer
async def hang_on(tx: Tx, ids: list[int]) -> dict[int, int]:
    """Charge point -> circuit."""
    return {row[0]: row[1] for row in await tx.all(_OF, ids=ids)}


@limited_by_us.answer
async def on_trees_of_ours(tx: Tx, ids: list[int]) -> list[int]:
    """Those that hang on a circuit, unless a third party balances its tree."""
    hanging = {row[0]: row[1] for row in await tx.all(_OF, ids=ids)}
    foreign = {
        circuit_id
        for circuit_id in set(hanging.values())
        if any(row["load_balancing_integration"] for row in await family(tx, circuit_id))
    }
    return [id for id, circuit_id in hanging.items() if circuit_id not in foreign]


charge_points.filter(
    Filter(
        "circuitId",
        int,
        lambda value: (
            select(_own.id).where(_own.charge_point_id == charge_point.c.id, _own.circuit_id == value).exists()
        ),
        BigInteger(),
        "Those that hang on the circuit.",
    )
)


@may_change.answer
async def still_fits_its_circuit(call: Call, row: Row, details: dict[str, Any]) -> None:
    """A charge point on a circuit stays manageable and wired to fit it."""
    found = await call.tx.one(_CIRCUIT, charge_point=row["id"])
    if found is None:
        return
    if problem := unfit(found, details):
        raise Invalid(mode=problem)
    call.tx.after_commit(lambda: circuit_changed.send(found["id"]))


@charge_points.after
async def leaves_its_circuit(write: Write) -> None:
    """A deleted charge point no longer hangs anywhere."""
    if write.verb == "delete" and await write.tx.run(
        delete(circuit_charge_point).where(_own.charge_point_id == write.id)
    ):
        write.tx.after_commit(lambda: circuit_changed.send(write.id))


@on("evse.moved")
async def hangs_with_its_charge_point(tx: Tx, fact: dict[str, Any]) -> None:
    """An EVSE of another charge point is on that one's circuit, or on none; what it weighed here is forgotten."""
    weighed = circuit_evse_priority.c
    await tx.run(
        delete(circuit_evse_priority).where(weighed.evse_id == fact["id"], weighed.charge_point_id == fact["left"])
    )
    tx.after_commit(lambda: circuit_changed.send(fact["id"]))
