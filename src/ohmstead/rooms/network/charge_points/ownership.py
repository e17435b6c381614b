"""Owners of personal charge points, and the codes by which they share them."""

from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Text, bindparam, update

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Duplicate, Row, Statement, Tx
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.charge_points.shares import END_SHARES
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.people.users import users

ownership_actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

_VALUES = {"user_id": bindparam("owner", type_=BigInteger), "sharing_code": bindparam("code", type_=Text)}
_SET = Statement(
    update(charge_point)
    .where(charge_point.c.id == bindparam("key", type_=BigInteger))
    .values(updated_at=bindparam("now"), **_VALUES)
)
_FORGET = Statement(
    update(charge_point)
    .where(charge_point.c.id == bindparam("key", type_=BigInteger))
    .values(personal_smart_charging=None)
)


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
    """Give a personal charge point to a user, or take it from its owner, whose guests lose it with him."""
    point, owner = await _personal(call), body.user_id or None
    await give(call, call.tx, point, owner)


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
        await _set(call, call.tx, point, point["user_id"], body.sharing_code or None)
    except Duplicate:
        raise Invalid(sharingCode="The sharing code has already been taken.") from None


async def _personal(call: Call) -> Row:
    point = await charge_points.find(call, lock=True)
    if point["type"] != "personal":
        raise Rejected(f"Only a personal charge point has an owner: this one is {point['type']}.")
    return point


async def give(call: Call, tx: Tx, point: Row, owner: int | None) -> None:
    """Make a user (None: nobody) the owner of a personal charge point that is locked."""
    before = point["user_id"]
    if before in (None, owner):
        return await _set(call, tx, point, owner, point["sharing_code"])
    await tx.run(END_SHARES, key=point["id"])
    await tx.run(_FORGET, key=point["id"])  # what he wanted of it
    await _set(call, tx, point, owner, None)


async def _set(call: Call, tx: Tx, point: Row, owner: int | None, code: str | None) -> None:
    values = {"user_id": owner, "sharing_code": code}
    changed = [name for name, value in values.items() if point[name] != value]
    if changed:
        await tx.run(_SET, key=point["id"], owner=owner, code=code, now=tx.now)
        tx.tell(ChargePointChanged(id=point["id"], action="updated"))
        call.changes = {"id": point["id"], "fields": changed}
