"""Weights on a circuit: of charge points and EVSEs, of users by group or partner, by state of charge, of a session."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ohmstead.kit.access import INHERITED, OPERATOR
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict, NotFound
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, RenderContext
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.writes import Write
from ohmstead.rooms.people.partners import partners
from ohmstead.rooms.people.user_groups import hold, user_groups
from ohmstead.rooms.power.circuits.resource import circuits, touch
from ohmstead.rooms.power.circuits.table import (
    circuit,
    circuit_charge_point,
    circuit_evse_priority,
    circuit_user_priority,
)
from ohmstead.rooms.power.circuits.views import ChargePointPriority, SocPriorities, UserPriority

_ids = bindparam("ids", type_=ARRAY(BigInteger))
_weight = circuit_user_priority.c
_WEIGHS = Statement(
    select(_weight.id)
    .where(_weight.type == "userGroup", _weight.target_id == bindparam("group", type_=BigInteger))
    .limit(1)
)


def _evses() -> Any:
    """The EVSE weights of a charge point on its circuit, as JSON."""
    own, of = circuit_evse_priority.c, circuit_charge_point.c
    pairs = func.jsonb_agg(func.jsonb_build_object("id", own.evse_id, "priority", own.priority))
    mine = select(func.coalesce(pairs, func.jsonb_build_array()))
    return mine.where(own.circuit_id == of.circuit_id, own.charge_point_id == of.charge_point_id).scalar_subquery()


charge_point_priorities = Resource(
    "charge-point-priorities",
    circuit_charge_point,
    tag="resource / circuits",
    title="Circuit / Charge Point Priorities",
    key="chargePoint",
    access=INHERITED,
    parent=Parent(circuits, circuit_charge_point.c.circuit_id),
    columns={"id": circuit_charge_point.c.charge_point_id, "evses": _evses()},
    versions=[Version("v2.0", ChargePointPriority, verbs=("list",))],
)

user_priorities = Resource(
    "user-priorities",
    circuit_user_priority,
    tag="resource / circuits",
    title="Circuits / User Priorities",
    key="userPriority",
    access=INHERITED,
    parent=Parent(circuits, circuit_user_priority.c.circuit_id),
    versions=[Version("v2.0", UserPriority)],
    conflicts={"uq_circuit_user_priority_target": ("targetId", "The target already has a priority on the circuit.")},
)


@user_priorities.rule
async def its_target_is_there(write: Write) -> None:
    if not write.gives("type", "target_id"):
        return
    of_group, target = write.value_of("type") == "userGroup", write.value_of("target_id")
    try:
        await (user_groups if of_group else partners).get(write.call, target, write.tx)
    except NotFound:
        write.add_error("targetId", "The selected target id is invalid.")
    else:
        await hold(write.tx, "targetId", [target] if of_group else [])


@user_groups.deleting
async def no_circuit_weighs_it(write: Write) -> None:
    if await write.tx.one(_WEIGHS, group=write.id) is not None:
        raise Conflict("The user group has a priority on a circuit.")


@user_priorities.written
@user_priorities.deleted
async def the_shares_change(write: Write) -> None:
    await touch(write.tx, write.value_of("circuit_id"))


def _grouped(circuit_id: Any, order: Any, *pairs: Any) -> Statement:
    """circuit id -> JSON array of the objects that `pairs` make."""
    objects = func.jsonb_agg(aggregate_order_by(func.jsonb_build_object(*pairs), order))
    return Statement(select(circuit_id, objects).where(circuit_id == any_(_ids)).group_by(circuit_id))


_points, _users = circuit_charge_point.c, circuit_user_priority.c
_OF_POINTS = _grouped(
    _points.circuit_id, _points.id, "id", _points.charge_point_id, "priority", _points.priority, "evses", _evses()
)
_OF_USERS = _grouped(
    _users.circuit_id, _users.id,
    "id", _users.id, "targetId", _users.target_id, "type", _users.type, "priority", _users.priority,
)  # fmt: skip
_OF_SOC = Statement(select(circuit.c.id, circuit.c.soc_priorities).where(circuit.c.id == any_(_ids)))


def _include(name: str, statement: Statement, empty: Any) -> Include:
    async def load(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, Any]:
        return {row[0]: row[1] for row in await tx.all(statement, ids=ids)}

    return Include(name, load, empty=empty)


circuits.include(
    _include("chargePointPriorities", _OF_POINTS, []),
    _include("userPriorities", _OF_USERS, []),
    _include("socPriorities", _OF_SOC, None),
)

reads = Group("resource / circuits", "resources/circuits/", "circuits", access=OPERATOR)


@reads.get("v2.0/{circuit}/soc-priorities", "Circuit / SoC Priorities / Listing", gives=SocPriorities)
async def soc_priorities(call: Call) -> dict[str, Any]:
    """The weights by state of charge; empty where none are set."""
    row = await circuits.find(call)
    return row["soc_priorities"] or {}
