"""Partner users: who accepted a partner's invite, and what the partner lets them; and the accepting itself."""

from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import BigInteger, bindparam, func, select, update

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Duplicate, Row, Statement, Tx
from ohmstead.kit.errors import Conflict, Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import View, stamp
from ohmstead.rooms.people.partner_invites import InviteChanged, partner_invite
from ohmstead.rooms.people.partners import partner
from ohmstead.rooms.people.users import users

_own = partner_invite.c
_user = bindparam("user", type_=BigInteger)


class PartnerRights(Struct, frozen=True):
    """What a partner lets one of its users."""

    partner_id: int
    corporate_billing: bool  # pays from the partner's account
    only_at_partner: bool  # and this at the partner's charge points alone
    private_charge_points: bool  # charges at those that are private


_RIGHTS = Statement(
    select(
        _own.partner_id,
        _own.allow_corporate_account_billing,
        _own.limit_corporate_account_billing_to_partner_charge_points,
        _own.allow_access_to_private_charge_points,
    )
    .where(_own.user_id == _user)
    .order_by(_own.partner_id)
)


async def partners_of(tx: Tx, user_id: int) -> dict[int, PartnerRights]:
    """The partners whose invites a user accepted, by id, and what each lets the user."""
    return {row[0]: PartnerRights(*row) for row in await tx.all(_RIGHTS, user=user_id)}


_NAME = func.coalesce(partner.c.business_name, partner.c.name)
_ACCOUNTS = Statement(
    select(
        _own.partner_id,
        _NAME.label("name"),
        _own.limit_corporate_account_billing_to_partner_charge_points.label("only_at_partner"),
    )
    .join(partner, partner.c.id == _own.partner_id)
    .where(_own.user_id == _user, _own.allow_corporate_account_billing)
    .where(partner.c.deleted_at.is_(None), partner.c.corporate_billing["enabled"].as_boolean())
    .order_by(_own.partner_id)
)


async def corporate_accounts_of(tx: Tx, user_id: int) -> list[Row]:
    """The partners on whose account a user may charge: `partner_id`, `name`, and `only_at_partner`, whether at their
    charge points alone."""
    return await tx.all(_ACCOUNTS, user=user_id)


_INVITING = Statement(
    select(_NAME).join(partner_invite, _own.partner_id == partner.c.id).where(_own.token == bindparam("link"))
)


async def inviting(tx: Tx, token: str) -> str | None:
    """Who invites by a link, as drivers know it; None where it is good for nothing, or no more."""
    return await tx.value(_INVITING, link=token)


accepting = Group("internal / partner-invites", "internal/partner-invites/", "partner-invites", access=OPERATOR)


class Acceptance(View):
    token: Annotated[str, Meta(min_length=1, max_length=255, description="The last part of the invite's acceptUrl.")]
    user_id: Annotated[int, Meta(description="Who accepts.")]


class Accepted(View):
    id: Annotated[int, Meta(description="The invite.")]
    partner_id: int
    user_id: int
    accepted_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


_accept = update(partner_invite).where(_own.token == bindparam("link"))
_ACCEPT = Statement(
    _accept.values(
        token=None, status="accepted", user_id=_user, accepted_at=bindparam("now"), updated_at=bindparam("now")
    ).returning(_own.id, _own.partner_id)
)


@accepting.post(
    "v1.0/accept",
    "Partner Invite / Accept",
    body=Acceptance,
    references={"user_id": users},
    status=200,
    gives=Accepted,
    errors=(401, 403, 409, 422, 429),
)
async def accept(call: Call, body: Acceptance) -> Accepted:
    """Make a user one of the partner's, by the link of an invite; it is good for one."""
    try:
        row = await call.tx.one(_ACCEPT, link=body.token, user=body.user_id, now=call.now)
    except Duplicate:
        raise Conflict("The user has accepted another invite of the partner.") from None
    if row is None:
        raise Invalid(token="The selected token is invalid.")
    call.changes = {"id": row["id"], "user_id": body.user_id}
    call.tx.tell(InviteChanged(id=row["id"], action="updated"))
    return Accepted(id=row["id"], partner_id=row["partner_id"], user_id=body.user_id, accepted_at=stamp(call.now))
