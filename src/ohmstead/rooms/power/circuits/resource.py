"""Circuits v2.0 and v1.0: the declaration and the rules of a cable with a limit."""

from typing import Any

from msgspec import UNSET
from sqlalchemy import BigInteger, bindparam, select, update

from ohmstead.engines.dlm.tree import Tree, TreeError
from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import Action
from ohmstead.kit.filters import changed
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.signals import Signal
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import stamp
from ohmstead.kit.writes import Write
from ohmstead.rooms.energy.meters import meters
from ohmstead.rooms.power.circuits import v1
from ohmstead.rooms.power.circuits.members import evses_of, members, misfits
from ohmstead.rooms.power.circuits.table import circuit
from ohmstead.rooms.power.circuits.trees import build, family, standing
from ohmstead.rooms.power.circuits.views import Circuit, CircuitV1, LoadBalancingIntegration
from ohmstead.rooms.power.durable_facts import CircuitChanged

DREEV, ZAPTEC, HTTP = 1, 2, 3
_FIELDS = {"parent": "parentCircuitId", "configuration": "electricalConfiguration", "limits": "maxCurrent"}
_WRITTEN = {  # what decides about the lines, that which decides most first
    "electrical_configuration": "electricalConfiguration",
    "phases": "phases",
    "connected_phase": "connectedPhase",
    "phase_rotation": "phaseRotation",
    "parent_circuit_id": "parentCircuitId",
}
_ELECTRICAL = tuple(_WRITTEN)
_ROOT = {"parent_circuit_id": None, "phase_rotation": None, "connected_phase": None, "electrical_configuration": "star"}

circuit_changed = Signal()
"""(circuit id): it came, it went, or what it is or feeds has changed: load management looks at its tree again."""

member_changed = Signal()
"""(charge point id): something was written of it, its EVSEs or its model: load management looks at its tree again."""


def tell(tx: Tx, circuit_id: int, action: Action = "updated") -> None:
    """Tell the world of a circuit, and load management as soon as it is durable."""
    tx.tell(CircuitChanged(id=circuit_id, action=action, last_updated_at=stamp(tx.now)))
    tx.after_commit(lambda: circuit_changed.send(circuit_id))


_TOUCH = Statement(
    update(circuit).where(circuit.c.id == bindparam("touched", type_=BigInteger)).values(updated_at=bindparam("now"))
)


async def touch(tx: Tx, circuit_id: int) -> None:
    """What hangs on a circuit, or weighs there, has changed: so has the circuit, and everybody is told."""
    await tx.run(_TOUCH, touched=circuit_id, now=tx.now)
    tell(tx, circuit_id)


circuits = Resource(
    "circuits",
    circuit,
    tag="resource / circuits",
    title="Circuit",
    key="circuit",
    access=OPERATOR,
    references={"electricity_meter_id": meters},
    filters=changed(circuit.c.updated_at),
    versions=[
        Version("v2.0", Circuit),
        Version(
            "v1.0",
            CircuitV1,
            pages=Pages.NUMBER,
            upgrade=v1.phases_were_numbers,
            downgrade=v1.phases_as_numbers,
            deprecated=True,
            filters=(),
            includes=(Include("chargePoints", v1.charge_points, always=True, empty=[]),),
            unwrapped=("update",),
        ),
    ],
)
circuits.refer(parent_circuit_id=circuits)
circuits.writing(v1.take_charge_points)
circuits.written(v1.put_charge_points)


@circuits.rule
async def currents_make_sense(write: Write) -> None:
    limit = write.value_of("max_current")
    for name, field in (("min_charge_point_current", "minChargePointCurrent"),
                        ("offline_reserved_current", "offlineReservedCurrent")):  # fmt: skip
        if write.gives(name, "max_current") and (write.value_of(name) or 0) > limit:
            write.add_error(field, "It may not be greater than the max current of the circuit.")
    if limit <= 0:
        write.add_error("maxCurrent", "The max current must be greater than 0.")


@circuits.writing
async def integration_is_known(write: Write) -> None:
    chosen: LoadBalancingIntegration | None = write.values.get("load_balancing_integration")
    if chosen is None:
        return
    if chosen.id not in (DREEV, ZAPTEC, HTTP, None, UNSET):
        write.add_error("loadBalancingIntegration.id", "The selected load balancing integration id is invalid.")
    installed = chosen.fields and chosen.fields is not UNSET and chosen.fields.installation_id is not UNSET
    if chosen.id == ZAPTEC and not installed:
        write.add_error("loadBalancingIntegration.fields.installationId", "The installation id field is required.")
    if not chosen.id:
        write.values["load_balancing_integration"] = None


@circuits.rule
async def stands_in_its_tree(write: Write) -> None:
    """Multi-level: the parent exists, no circle, phases lead up to it, no third party steers a part of the tree. And
    whatever hangs on it, or below it, still fits."""
    inline = "charge_points" in write.extras
    if not inline and not write.gives(*_ELECTRICAL, "load_balancing_integration"):
        return
    row = {name: write.value_of(name, default) for name, default in _ROOT.items()} | {
        name: write.value_of(name) for name in ("phases", "max_current", "load_balancing_integration")
    }
    row |= {"id": write.id, "electrical_configuration": row["electrical_configuration"] or "star"}
    mine = await family(write.tx, write.id) if write.id else []
    others = await _others(write, row, mine)
    parent = row["parent_circuit_id"]
    if parent is not None and parent not in {other["id"] for other in others}:
        if parent == write.id:
            write.add_error("parentCircuitId", "The selected parent circuit id is invalid.")
        return
    if others and any(one["load_balancing_integration"] for one in (row, *others)):
        write.add_error(
            "loadBalancingIntegration", "A circuit of a multi-level tree may not use a third party's load balancing."
        )
    tree = _tree(write, [row, *others])
    if tree is not None and inline:
        await v1.they_fit(write, tree)
    if tree is not None and mine:
        await _what_hangs_there_fits(write, tree, mine)


async def _others(write: Write, row: dict[str, Any], mine: list[Row]) -> list[Row]:
    """The rest of the tree as it will be: the parent's tree and whatever hangs below the circuit itself."""
    found: dict[int, Row] = {}
    if row["parent_circuit_id"] is not None:
        found |= {other["id"]: other for other in await family(write.tx, row["parent_circuit_id"])}
    found |= {other["id"]: other for other in mine if _below(other, write.id, mine)}
    found.pop(write.id, None)
    return list(found.values())


def _below(row: Row, above: int, rows: list[Row]) -> bool:
    parents = {one["id"]: one["parent_circuit_id"] for one in rows}
    at: int | None = row["id"]
    while at is not None and at != above:
        at = parents[at]
    return at == above


def _tree(write: Write, rows: list[Any]) -> Tree | None:
    try:
        return build(rows)
    except TreeError as error:
        field = _FIELDS.get(error.field) or (
            "phaseRotation" if write.value_of("phases") == "three_phase" else "connectedPhase"
        )
        write.add_error(field, f"The circuit does not fit its tree: {error}.")
        return None


async def _what_hangs_there_fits(write: Write, tree: Tree, mine: list[Row]) -> None:
    """What did not fit before is no matter of this write: load management keeps its rating free as it is."""
    assert write.before is not None
    changed = [name for name in _ELECTRICAL if write.value_of(name) != write.before[name]]
    if not changed:
        return
    fed = {row["id"] for row in mine if _below(row, write.id, mine)}
    listed_anew = {write.id} if "charge_points" in write.extras else set[int]()
    hanging = await members(write.tx, fed - listed_anew)
    outlets = await evses_of(write.tx, [row["charge_point_id"] for row in hanging])
    before = dict(misfits(standing(mine)[0], hanging, outlets))
    at_fault = _WRITTEN[changed[0]]
    for what, text in misfits(tree, hanging, outlets):
        if what not in before:
            write.add_error(at_fault, f"What hangs on the circuit would not fit it any more: {what}. {text}")


@circuits.deleting
async def nothing_hangs_below(write: Write) -> None:
    if await write.tx.value(select(circuit.c.id).where(circuit.c.parent_circuit_id == write.id)):
        raise Conflict("The circuit feeds other circuits.")


@circuits.created
async def a_new_one_is_told(write: Write) -> None:
    tell(write.tx, write.id, "created")


@circuits.updated
async def a_change_is_told(write: Write) -> None:
    tell(write.tx, write.id)


@circuits.deleted
async def its_end_is_told(write: Write) -> None:
    tell(write.tx, write.id, "deleted")


@meters.deleting
async def no_circuit_uses_the_meter(write: Write) -> None:
    if await write.tx.value(select(circuit.c.id).where(circuit.c.electricity_meter_id == write.id)):
        raise Conflict("The electricity meter is used by a circuit.")
