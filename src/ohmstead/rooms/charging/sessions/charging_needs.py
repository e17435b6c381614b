"""Charging needs in the API, below `internal`: what all say of a session; what an operator says is set and taken back.

Who has less time for what is wanted weighs more (see docs/load-management.md).
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Conflict, Invalid, NotFound
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, RenderContext
from ohmstead.kit.views import Opt, View, provided, stamp
from ohmstead.rooms.charging.needs import Needs, needs_of
from ohmstead.rooms.charging.needs.table import operator_needs
from ohmstead.rooms.charging.sessions.resource import sessions
from ohmstead.rooms.charging.signals import session_changed

needs_operations = Group("internal / sessions", "internal/sessions/", "sessions", access=PARTNERS)

Energy = Annotated[float, Meta(gt=0, le=2_000_000, description="Wh.")]
Percent = Annotated[float, Meta(gt=0, le=100, description="%.")]
_own = operator_needs.c


class OperatorNeeds(View):
    """A departure, an energy or both. The energy may be given as a state of charge to come to."""

    departure_at: Opt[datetime | None] = UNSET
    energy_wh: Opt[Energy | None] = UNSET
    target_soc_percent: Opt[Percent | None] = UNSET
    battery_capacity_wh: Opt[Energy | None] = UNSET


class ToldNeeds(View):
    source: Annotated[
        Literal["operator", "vehicle", "booking"],
        Meta(description="Of departures the earliest counts, of energies that of who stands first."),
    ]
    told_at: datetime
    departure_at: datetime | None
    energy_wh: Annotated[float | None, Meta(description="Still wanted, Wh.")]
    soc_percent: Annotated[float | None, Meta(description="The vehicle's state of charge when it was told, %.")]
    min_current: Annotated[float | None, Meta(description="The least that the vehicle charges with, A a line.")]
    max_current: Annotated[float | None, Meta(description="The most, A a line.")]


class Answer(View):
    data: list[ToldNeeds]


@needs_operations.get("v1.0/{session}/charging-needs", "Session / Charging needs / Read", gives=Answer)
async def read_needs(call: Call) -> dict[str, Any]:
    """When the vehicle of a session leaves and how much it wants, by who says so."""
    return await _shown(call.tx, await sessions.find(call))


@needs_operations.put("v1.0/{session}/charging-needs", "Session / Charging needs / Update", body=OperatorNeeds,
                      gives=Answer, errors=(401, 403, 404, 409, 422, 429))  # fmt: skip
async def set_needs(call: Call, body: OperatorNeeds) -> dict[str, Any]:
    """Set the operator's, in place of those that were set before."""
    row = await _open(call)
    wanted = _wanted(call, body, row)
    values = wanted | {"told_at": call.now, "delivered_wh": row["energy_wh"], "updated_at": call.now}
    new = insert(operator_needs).values(session_id=row["id"], created_at=call.now, **values)
    await call.tx.run(new.on_conflict_do_update(index_elements=["session_id"], set_=values))
    _tell(call, row, sorted(provided(body)))
    return await _shown(call.tx, row)


@needs_operations.declare("DELETE", "v1.0/{session}/charging-needs", "Session / Charging needs / Delete",
                          scope="write", status=204, errors=(401, 403, 404, 409, 429))  # fmt: skip
async def take_needs_back(call: Call) -> None:
    """Forget the operator's; what others say counts on."""
    row = await _open(call)
    if not await call.tx.run(delete(operator_needs).where(_own.session_id == row["id"])):
        raise NotFound("The session has no charging needs of an operator.")
    _tell(call, row, [])


async def _open(call: Call) -> Row:
    row = await sessions.find(call, lock=True)
    if row["status"] not in ("pending", "active"):
        raise Conflict("The session is over.")
    return row


def _tell(call: Call, row: Row, fields: list[str]) -> None:
    """Load management hears of it at once."""
    call.changes = {"id": row["id"], "fields": fields}
    told, point, outlet = row["id"], row["charge_point_id"], row["evse_id"]
    call.tx.after_commit(lambda: session_changed.send(told, point, outlet))


def _wanted(call: Call, body: OperatorNeeds, row: Row) -> dict[str, Any]:
    """The columns; Invalid where it cannot be meant."""
    told = dict.fromkeys(OperatorNeeds.__struct_fields__) | provided(body)
    wrong: dict[str, list[str]] = {}
    target, capacity = told["target_soc_percent"], told["battery_capacity_wh"]
    if told["departure_at"] is not None and told["departure_at"] <= call.now:
        wrong["departureAt"] = ["The departure must be in the future."]
    if all(value is None for value in told.values()):
        wrong["departureAt"] = ["A departure, an energy or a state of charge is required."]
    if target is not None and told["energy_wh"] is not None:
        wrong["targetSocPercent"] = ["Give an energy or a state of charge, not both."]
    elif target is not None and capacity is None:
        wrong["batteryCapacityWh"] = ["It is required with the targetSocPercent."]
    elif target is None and capacity is not None:
        wrong["targetSocPercent"] = ["It is required with the batteryCapacityWh."]
    elif target is not None and row["soc_percent"] is None:
        wrong["targetSocPercent"] = ["The vehicle's state of charge is not known: give an energy."]
    if wrong:
        raise Invalid.of(wrong)
    if target is not None and capacity is not None:
        told["energy_wh"] = max(0.0, target - row["soc_percent"]) / 100 * capacity
    return told


async def _shown(tx: Tx, row: Row) -> dict[str, Any]:
    return {"data": [_told(one) for one in (await needs_of(tx, [row["id"]])).get(row["id"], [])]}


def _told(one: Needs) -> dict[str, Any]:
    wanted = one.still_wanted(one.taken_wh)
    return {
        "source": one.source,
        "toldAt": stamp(one.told_at),
        "departureAt": one.departure_at and stamp(one.departure_at),
        "energyWh": None if wanted is None else round(wanted, 1),
        "socPercent": one.soc_percent,
        "minCurrent": one.min_current,
        "maxCurrent": one.max_current,
    }


async def shown_of(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, Any]:
    """An include of sessions."""
    return {key: [_told(one) for one in told] for key, told in (await needs_of(tx, ids)).items()}
