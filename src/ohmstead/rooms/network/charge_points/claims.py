"""Claims: a driver's app makes him the owner of a personal charge point by its PIN, or a guest by its sharing code.

Both are short enough to be guessed, so what was wrong is counted: for the user who tries, and PINs for the charge point
that is tried, too. Nothing is told of it but that it was wrong.
"""

import hmac
import math
from datetime import timedelta
from typing import Annotated

from msgspec import Meta
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement, Tx, table
from ohmstead.kit.errors import Conflict, Invalid, TooManyAttempts
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import View
from ohmstead.rooms.network.charge_points.ownership import give
from ohmstead.rooms.network.charge_points.shares import charge_point_share
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.people.users import ev_user, users

claims = Group("internal / charge points", "internal/charge-points/", "charge-points", access=OPERATOR)

MOST = ((5, timedelta(hours=1)), (20, timedelta(days=1)))
"""So many wrong guesses in so long a time: whoever tries all PINs of four digits needs more than a year."""

claim_refusal = table(
    "claim_refusal",
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), nullable=False, index=True),
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), index=True),  # NULL: of none that is there
)

_own, _point = claim_refusal.c, charge_point.c
_user, _now = bindparam("user", type_=BigInteger), bindparam("now", type_=DateTime(timezone=True))
_claimable = (
    select(charge_point)
    .where(_point.type == "personal", _point.status != "disabled", _point.deleted_at.is_(None))
    .with_for_update()
)
_BY_NETWORK_ID = Statement(_claimable.where(_point.network_id == bindparam("name")))
_BY_CODE = Statement(_claimable.where(_point.sharing_code == bindparam("name")))
_ONE_AT_A_TIME = Statement(select(ev_user.c.id).where(ev_user.c.id == _user).with_for_update())
_subjects = {"user": _own.user_id, "charge_point": _own.charge_point_id}
_LAST = {  # of the wrong guesses the one that is so many back
    name: Statement(
        select(_own.created_at)
        .where(column == bindparam("key", type_=BigInteger))
        .order_by(_own.created_at.desc())
        .offset(bindparam("back", type_=BigInteger))
        .limit(1)
    )
    for name, column in _subjects.items()
}
_NOTE = Statement(
    insert(claim_refusal).values(
        user_id=_user, charge_point_id=bindparam("point", type_=BigInteger), created_at=_now, updated_at=_now
    )
)
_FORGET = Statement(delete(claim_refusal).where(_own.created_at < bindparam("before", type_=_own.created_at.type)))
_SHARE = Statement(
    insert_or(charge_point_share)
    .values(charge_point_id=bindparam("point", type_=BigInteger), user_id=_user, created_at=_now, updated_at=_now)
    .on_conflict_do_nothing(index_elements=["charge_point_id", "user_id"])
)

UserId = Annotated[int, Meta(description="Who holds the phone.")]


class Claim(View):
    user_id: UserId
    network_id: Annotated[str, Meta(min_length=1, max_length=255, description="The OCPP identity, as on the plate.")]
    pin: Annotated[str, Meta(min_length=1, max_length=4)]


class CodeGiven(View):
    user_id: UserId
    sharing_code: Annotated[str, Meta(min_length=1, max_length=255)]


class Admitted(View):
    charge_point_id: int


_FACTS = {
    "gives": Admitted,
    "references": {"user_id": users},
    "errors": (401, 403, 409, 422, 429),
    "transactions": Transactions.MANUAL,
}


@claims.post("v1.0/claim", "Charge Point / Claim", body=Claim, **_FACTS)
async def claim(call: Call, body: Claim) -> Admitted:
    """Make a user the owner of a personal charge point that has none, by its PIN."""
    async with call.begin() as tx:
        point = await _sought(tx, _BY_NETWORK_ID, body.network_id, body.user_id)
        if point is not None:
            await _hold_back(tx, "charge_point", point["id"])
        right = point is not None and hmac.compare_digest((point["pin"] or "").encode(), body.pin.encode())
        if point is None or not right:
            await _note(tx, body.user_id, point)
        elif point["user_id"] not in (None, body.user_id):
            raise Conflict("The charge point has an owner already.")
        else:
            await give(call, tx, point, body.user_id)
            return Admitted(charge_point_id=point["id"])
    raise Invalid(pin="There is no charge point to be claimed by this network id and PIN.")


@claims.post("v1.0/use-sharing-code", "Charge Point / Use sharing code", body=CodeGiven, **_FACTS)
async def use_sharing_code(call: Call, body: CodeGiven) -> Admitted:
    """Share a personal charge point with a user who knows its code; once more changes nothing."""
    async with call.begin() as tx:
        point = await _sought(tx, _BY_CODE, body.sharing_code, body.user_id)
        if point is None:
            await _note(tx, body.user_id, None)
        elif point["user_id"] == body.user_id:
            raise Conflict("The user owns the charge point.")
        else:
            await tx.run(_SHARE, point=point["id"], user=body.user_id, now=tx.now)
            call.changes = {"id": point["id"], "sharedWith": body.user_id}
            return Admitted(charge_point_id=point["id"])
    raise Invalid(sharingCode="The selected sharing code is invalid.")


async def _sought(tx: Tx, by: Statement, name: str, user_id: int) -> Row | None:
    """The charge point that a user tries his luck at, held until it is known how that ends."""
    await tx.one(_ONE_AT_A_TIME, user=user_id)
    await _hold_back(tx, "user", user_id)
    return await tx.one(by, name=name)


async def _hold_back(tx: Tx, subject: str, key: int) -> None:
    """TooManyAttempts while one more would be too many."""
    for most, within in MOST:
        last = await tx.value(_LAST[subject], key=key, back=most - 1)
        if last is not None and last + within > tx.now:
            wait = math.ceil(min(within, last + within - tx.now).total_seconds())  # this may have begun before
            raise TooManyAttempts(headers={"Retry-After": str(wait)})


async def _note(tx: Tx, user_id: int, point: Row | None) -> None:
    await tx.run(_FORGET, before=tx.now - MOST[-1][1])
    await tx.run(_NOTE, user=user_id, point=point and point["id"], now=tx.now)
