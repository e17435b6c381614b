"""Actions on circuits: attach and detach charge points, and weigh them, their EVSEs, sessions and states of charge."""

from typing import Any

from msgspec import UNSET
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Invalid, NotFound
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, Priority, View, provided
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.power.circuits.members import attach, detach, misfit
from ohmstead.rooms.power.circuits.resource import circuits, tell, touch
from ohmstead.rooms.power.circuits.table import (
    circuit,
    circuit_charge_point,
    circuit_evse_priority,
    circuit_session_priority,
)
from ohmstead.rooms.power.circuits.trees import family, standing
from ohmstead.rooms.power.circuits.views import SocPriorities

actions = Group("action / circuit", "actions/circuit/", "circuits", access=OPERATOR)


class Attach(View):
    charge_point_id: int
    priority: Opt[Priority] = UNSET


class Weight(View):
    priority: Priority


@actions.post("v2.0/{circuit}/attach-charge-point", "Circuit / Attach Charge Point", body=Attach,
              references={"charge_point_id": charge_points})  # fmt: skip
async def attach_charge_point(call: Call, body: Attach) -> None:
    """Hang a charge point on the circuit. Its smart charging must be set up, its electrical configuration the same."""
    row = await circuits.find(call, lock=True)
    tree, strays = standing(await family(call.tx, row["id"]))
    if row["id"] in strays:
        raise Invalid(chargePointId=f"The circuit itself does not fit its tree: {strays[row['id']]}.")
    if problem := await misfit(call.tx, tree, row["id"], body.charge_point_id):
        raise Invalid(chargePointId=problem)
    await detach(call.tx, row["id"], body.charge_point_id)
    await attach(call.tx, row["id"], body.charge_point_id, 1.0 if body.priority is UNSET else body.priority)
    await touch(call.tx, row["id"])


@actions.post("v2.0/{circuit}/detach-charge-point/{chargePoint}", "Circuit / Detach Charge Point")
async def detach_charge_point(call: Call) -> None:
    """Take a charge point off the circuit; what it may draw is no longer managed."""
    row = await circuits.find(call, lock=True)
    if not await detach(call.tx, row["id"], call.key("chargePoint")):
        raise NotFound.model("Charge Point", call.path["chargePoint"])
    await touch(call.tx, row["id"])


async def _member(call: Call) -> Row:
    """The attachment the path names, or 404; neither it nor its circuit goes meanwhile."""
    row = await circuits.find(call, lock=True)
    own = circuit_charge_point.c
    here = (own.circuit_id == row["id"]) & (own.charge_point_id == call.key("chargePoint"))
    found = await call.tx.one(select(circuit_charge_point).where(here))
    if found is None:
        raise NotFound.model("Charge Point", call.path["chargePoint"])
    return found


async def _weigh(tx: Tx, table: Any, key: str, values: dict[str, Any]) -> None:
    """Insert or replace a weight."""
    times = {"created_at": tx.now, "updated_at": tx.now}
    replaced = {"priority": values["priority"], "circuit_id": values["circuit_id"], "updated_at": tx.now}
    await tx.run(insert(table).values(**values, **times).on_conflict_do_update(index_elements=[key], set_=replaced))


@actions.post(
    "v2.0/{circuit}/set-charge-point-priority/{chargePoint}", "Circuit / Set Charge Point Priority", body=Weight
)
async def set_charge_point_priority(call: Call, body: Weight) -> None:
    """Weigh a charge point of the circuit."""
    member = await _member(call)
    mine = circuit_charge_point.c.id == member["id"]
    await call.tx.run(update(circuit_charge_point).where(mine).values(priority=body.priority, updated_at=call.now))
    await touch(call.tx, member["circuit_id"])


@actions.post(
    "v2.0/{circuit}/set-charge-point-priority/{chargePoint}/evse/{evse}",
    "Circuit / Set Charge Point EVSE Priority",
    body=Weight,
)
async def set_evse_priority(call: Call, body: Weight) -> None:
    """Weigh one EVSE of a charge point of the circuit."""
    member = await _member(call)
    here = (evse.c.id == call.key("evse")) & (evse.c.charge_point_id == member["charge_point_id"])
    if not await call.tx.value(select(evse.c.id).where(here, evse.c.deleted_at.is_(None))):
        raise NotFound.model("EVSE", call.path["evse"])
    names = {"circuit_id": member["circuit_id"], "charge_point_id": member["charge_point_id"]}
    await _weigh(call.tx, circuit_evse_priority, "evse_id",
                 names | {"evse_id": call.key("evse"), "priority": body.priority})  # fmt: skip
    await touch(call.tx, member["circuit_id"])


@actions.post("v2.0/{circuit}/set-session-priority/{session}", "Circuit / Set Session Priority", body=Weight)
async def set_session_priority(call: Call, body: Weight) -> None:
    """Weigh one session that charges on the circuit."""
    row = await circuits.find(call, lock=True)
    own = circuit_charge_point.c
    here = select(own.charge_point_id).where(own.circuit_id == row["id"])
    found = select(session.c.id).where(session.c.id == call.key("session"), session.c.charge_point_id.in_(here))
    if not await call.tx.value(found):
        raise NotFound.model("Session", call.path["session"])
    await _weigh(call.tx, circuit_session_priority, "session_id",
                 {"circuit_id": row["id"], "session_id": call.key("session"), "priority": body.priority})  # fmt: skip
    await touch(call.tx, row["id"])


@actions.post("v2.0/{circuit}/set-circuit-soc-priorities", "Circuit / Set Circuit SoC Priority", body=SocPriorities)
async def set_soc_priorities(call: Call, body: SocPriorities) -> None:
    """Weigh sessions by their state of charge: above the upper threshold, below the lower one; 1 between them."""
    row = await circuits.find(call, lock=True)
    merged = _merged(row["soc_priorities"] or {}, body)
    await call.tx.run(
        update(circuit).where(circuit.c.id == row["id"]).values(soc_priorities=merged or None, updated_at=call.now)
    )
    tell(call.tx, row["id"])


_PAIRS = (("upperThresholdPercent", "highSoCPriority"), ("lowerThresholdPercent", "lowSoCPriority"))


def _merged(known: dict[str, Any], body: SocPriorities) -> dict[str, Any]:
    """The pairs as they will be; null for a threshold takes its pair away. Invalid where a pair lacks a half."""
    wire = dict(zip(body.__struct_fields__, body.__struct_encode_fields__, strict=True))
    merged = known | {wire[name]: value for name, value in provided(body).items()}
    wrong: dict[str, list[str]] = {}
    for threshold, weight in _PAIRS:
        if merged.get(threshold) is None:
            merged.pop(threshold, None)
            merged.pop(weight, None)
        elif weight not in merged:
            wrong[weight] = [f"It is required with the {threshold}."]
    upper, lower = merged.get("upperThresholdPercent"), merged.get("lowerThresholdPercent")
    if upper is not None and lower is not None and upper < lower + 5:
        wrong["upperThresholdPercent"] = ["It must be at least 5 points above the lower threshold."]
    if wrong:
        raise Invalid.of(wrong)
    return merged
