"""What circuits answer to the rooms below: where a charge point hangs, whether its wiring may change, when it goes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, delete, select

from ohmstead.engines.dlm.tree import Tree
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid
from ohmstead.kit.facts import on
from ohmstead.kit.filters import Filter
from ohmstead.kit.operations import Call
from ohmstead.kit.writes import Write
from ohmstead.rooms.charging.profiles import limited_by_us
from ohmstead.rooms.network.charge_points import charge_point, charge_points, circuits_of, set_apart_of
from ohmstead.rooms.network.charge_points.smart_charging import may_change
from ohmstead.rooms.network.durable_facts import EvseMoved
from ohmstead.rooms.network.evses import may_be_wired
from ohmstead.rooms.power.circuits.members import evses_of, misfit_of_evse, unfit
from ohmstead.rooms.power.circuits.resource import circuit_changed, member_changed, tell, touch
from ohmstead.rooms.power.circuits.table import circuit_charge_point, circuit_evse_priority
from ohmstead.rooms.power.circuits.trees import family, standing

_own = circuit_charge_point.c
_ids = bindparam("ids", type_=ARRAY(BigInteger))
_OF = Statement(select(_own.charge_point_id, _own.circuit_id).where(_own.charge_point_id == any_(_ids)))
_HANG = Statement(
    select(_own.charge_point_id, _own.circuit_id, charge_point.c.smart_charging)
    .join(charge_point, charge_point.c.id == _own.charge_point_id)
    .where(_own.charge_point_id == any_(_ids))
)


async def hang_on(tx: Tx, ids: list[int]) -> dict[int, int]:
    """Charge point -> circuit."""
    return {row[0]: row[1] for row in await tx.all(_OF, ids=ids)}


circuits_of.answer(hang_on)


@limited_by_us.answer
async def on_circuits(tx: Tx, ids: list[int]) -> list[int]:
    """Those that hang on one."""
    return list(await hang_on(tx, ids))


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
async def still_fits_its_circuit(call: Call, row: Row, details: dict[str, Any], wrote: Collection[str]) -> None:
    """A charge point on a circuit stays manageable and wired to fit it."""
    found = await _place(call.tx, row["id"])
    if found is None:
        return
    if problem := unfit(found.tree, found.circuit_id, details, wrote):
        raise Invalid.of({problem.field: [problem.text]})
    call.tx.after_commit(lambda: member_changed.send(row["id"]))


@may_be_wired.answer
async def fits_the_circuit_of_its_charge_point(tx: Tx, charge_point_id: int, own: Mapping[str, Any]) -> str | None:
    """Why an EVSE of a charge point may not be wired so."""
    found = await _place(tx, charge_point_id)
    return None if found is None else misfit_of_evse(found.tree, found.circuit_id, own, found.details)


@set_apart_of.answer
async def cannot_be_reckoned_with(tx: Tx, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Charge point -> its EVSEs that load management cannot steer as they are wired, and why."""
    outlets: dict[int, list[Row]] = {}
    for row in await evses_of(tx, ids):
        outlets.setdefault(row["charge_point_id"], []).append(row)
    found: dict[int, list[dict[str, Any]]] = {}
    for place in await _places(tx, list(outlets)):
        for one in outlets[place.charge_point_id]:
            if why := place.stray or misfit_of_evse(place.tree, place.circuit_id, one, place.details):
                found.setdefault(place.charge_point_id, []).append({"evseId": one["id"], "why": why})
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a charge point hangs; `stray` says why the circuit itself does not fit its tree, if it does not."""

    charge_point_id: int
    circuit_id: int
    tree: Tree
    details: dict[str, Any]
    stray: str | None


async def _place(tx: Tx, charge_point_id: int) -> _Place | None:
    """None where it hangs on no circuit, or on one that does not fit its tree: nothing can be said there."""
    found = await _places(tx, [charge_point_id])
    return found[0] if found and found[0].stray is None else None


async def _places(tx: Tx, ids: list[int]) -> list[_Place]:
    trees: dict[int, tuple[Tree, dict[int, str]]] = {}
    found: list[_Place] = []
    for row in await tx.all(_HANG, ids=ids):
        at = row["circuit_id"]
        if at not in trees:
            rows = await family(tx, at)
            trees |= dict.fromkeys((one["id"] for one in rows), standing(rows))
        tree, strays = trees[at]
        found.append(_Place(row["charge_point_id"], at, tree, row["smart_charging"] or {}, strays.get(at)))
    return found


@charge_points.deleted
async def leaves_its_circuit(write: Write) -> None:
    """A deleted charge point no longer hangs anywhere."""
    leave = delete(circuit_charge_point).where(_own.charge_point_id == write.id).returning(_own.circuit_id)
    if (left := await write.tx.value(leave)) is not None:
        tell(write.tx, left)


@on(EvseMoved)
async def hangs_with_its_charge_point(tx: Tx, fact: EvseMoved) -> None:
    """An EVSE of another charge point is on that one's circuit, or on none; what it weighed here is forgotten."""
    weighed = circuit_evse_priority.c
    forget = delete(circuit_evse_priority).where(weighed.evse_id == fact.id, weighed.charge_point_id == fact.left)
    for (circuit_id,) in await tx.all(forget.returning(weighed.circuit_id)):
        await touch(tx, circuit_id)
    for circuit_id in (await hang_on(tx, [fact.left, fact.charge_point_id])).values():
        tx.after_commit(partial(circuit_changed.send, circuit_id))
