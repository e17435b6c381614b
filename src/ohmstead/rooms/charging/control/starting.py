"""Starting through the API: at an EVSE, or where the charge point finds a vehicle."""

from typing import get_args

from msgspec import UNSET

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import NotFound
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.rooms.charging.control.checks import likely_places, numbered_place, place
from ohmstead.rooms.charging.control.orders import (
    ErrorCodeAnywhere,
    Order,
    OrderThere,
    Refusal,
    Started,
    StartedAnywhere,
)
from ohmstead.rooms.charging.control.remote import Finding, Noted, start
from ohmstead.rooms.network.charge_points.permissions import find_permitted, require_permission_at
from ohmstead.rooms.network.evses import evses
from ohmstead.rooms.people.users import users

at_charge_point = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)
at_evse = Group("action / evse", "actions/evse/", "evses", access=PARTNERS)
_REFERENCES = {"user_id": users}


@at_charge_point.post(
    "v1.0/{chargePoint}/start",
    "Charge Point / Start Charging Session Without EVSE",
    body=Order,
    references=_REFERENCES,
    gives=StartedAnywhere,
    terminals=True,
    transactions=Transactions.MANUAL,
)
async def start_anywhere(call: Call, order: Order) -> StartedAnywhere:
    """Begin to charge where the charge point finds a vehicle; the session may turn out to be at another of its EVSEs
    than was thought."""

    async def likely(tx: Tx) -> Row:
        point = await find_permitted(call, tx, "sessionsRemoteControl")
        return _there((await likely_places(tx, point["id"]) or [None])[0], "chargePoint", call)

    noted, refused = await _start(call, order, likely, anywhere=True)
    answer = StartedAnywhere(success=refused is None, authorization_id=noted and noted.authorization_id)
    if refused is not None:
        answer.message = refused.message
        answer.error_code = refused.code if refused.code in get_args(ErrorCodeAnywhere) else UNSET  # type: ignore[assignment]
    return answer


@at_charge_point.post(
    "v1.0/{chargePoint}/start/{evse}",
    "Charge Point / Start Charging Session",
    body=OrderThere,
    references=_REFERENCES,
    gives=Started,
    terminals=True,
    transactions=Transactions.MANUAL,
)
async def start_numbered(call: Call, order: OrderThere) -> Started:
    """Begin to charge at the EVSE of this number. An order that was not carried out answers 202 too and says why."""

    async def numbered(tx: Tx) -> Row:
        there = await numbered_place(tx, call.key("chargePoint"), call.number("evse"))
        if there is None or call.actor.binding:
            await find_permitted(
                call, tx, "sessionsRemoteControl"
            )  # which of the two is not there, or not this partner's
        return _there(there, "evse", call)

    return _told(*await _start(call, order, numbered))


@at_evse.post(
    "v1.0/{evse}/start",
    "EVSE / Start Charging with EVSE ID",
    body=OrderThere,
    references=_REFERENCES,
    gives=Started,
    terminals=True,
    transactions=Transactions.MANUAL,
)
async def start_at_evse(call: Call, order: OrderThere) -> Started:
    """Begin to charge at the EVSE of this id. An order that was not carried out answers 202 too and says why."""

    async def own(tx: Tx) -> Row:
        outlet = await evses.find(call, "evse", tx=tx)
        await require_permission_at(tx, call.actor, "sessionsRemoteControl", outlet["charge_point_id"])
        return _there(await place(tx, outlet["id"]), "evse", call)

    return _told(*await _start(call, order, own))


async def _start(
    call: Call, order: Order, find: Finding, anywhere: bool = False
) -> tuple[Noted | None, Refusal | None]:
    """For a user as by their app, for nobody as by an administrator, or by the payment terminal that calls."""
    terminal_id = call.actor.terminal
    method = "payment_terminal" if terminal_id is not None else "user_device" if order.user_id else "admin"
    noted, refused = await start(call.database, order, find, method, anywhere, terminal_id=terminal_id)
    call.changes = {"session": noted.session_id} if noted else None
    return noted, refused


def _there(row: Row | None, name: str, call: Call) -> Row:
    if row is None:
        raise NotFound.model("Evse", call.path[name])
    return row


def _told(noted: Noted | None, refused: Refusal | None) -> Started:
    session_id, allowed = (noted.session_id, noted.authorization_id) if noted else (None, None)
    answer = Started(success=refused is None, session_id=session_id, authorization_id=allowed)
    if refused is not None:
        answer.message, answer.error_code = refused.message, refused.code
    return answer
