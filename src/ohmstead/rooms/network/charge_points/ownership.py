"""Owners of personal charge points, and the codes by which they share them."""

from typing import Annotated, Any

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, bindparam, update

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Duplicate, Row, Statement
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.people.users import users

ownership_actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

_own = update(charge_point).where(charge_point.c.id == bindparam("key", type_=BigInteger))
_own = _own.values(updated_at=bindparam("now"))
_SET = {name: Statement(_own.values({name: bindparam("value")})) for name in ("user_id", "sharing_code")}


class NewOwner(View):
    user_id: Opt[Annotated[int, Meta(description="Whose it becomes; nobody's without one.")] | None] = UNSET


class NewCode(View):
    sharing_code: Opt[Annotated[str, Meta(max_length=255, description="Empty or not given: there is none.")]] = UNSET


@ownership_actions.post(
    "v1.0/{chargePoint}/change-owner",
    "Charge Point / Change Owner",
    body=NewOwner,
    references={"user_id": users},
    errors=(401, 403, 404, 406, 422, 429),
)
async def change_owner(call: Call, body: NewOwner) -> None:
    """Give a personal charge point to a user, or take it from its owner."""
    point = await _personal(call)
    await _set(call, point, "user_id", body.user_id or None)


@ownership_actions.post(
    "v2.0/{chargePoint}/change-sharing-code",
    "Charge Point / Change sharing code",
    body=NewCode,
    errors=(401, 403, 404, 406, 422, 429),
)
async def change_sharing_code(call: Call, body: NewCode) -> None:
    """Set the code that lets others than its owner charge at a personal charge point, or delete it."""
    point = await _personal(call)
    try:
        await _set(call, point, "sharing_code", body.sharing_code or None)
    except Duplicate:
        raise Invalid(sharingCode="The sharing code has already been taken.") from None


async def _personal(call: Call) -> Row:
    point = await charge_points.find(call, lock=True)
    if point["type"] != "personal":
        raise Rejected(f"Only a personal charge point has an owner: this one is {point['type']}.")
    return point


async def _set(call: Call, point: Row, name: str, value: Any) -> None:
    if point[name] == value:
        return
    await call.tx.run(_SET[name], key=point["id"], value=value, now=call.now)
    call.tx.tell(ChargePointChanged(id=point["id"], action="updated"))
    call.changes = {"id": point["id"], "fields": [name]}
