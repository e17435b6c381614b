"""Partner invites: links by which somebody becomes one of a partner's users. An invite that was accepted is the
membership: what it allows holds as long as it is there."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from msgspec import UNSET, Meta
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Text,
    any_,
    bindparam,
    delete,
    func,
    select,
    text,
)

from ohmstead.kit.access import owned
from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.kit.facts import RowChanged, contents, wanted
from ohmstead.kit.filters import Filter, changed, equals, one_of, since, until
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Columns
from ohmstead.kit.rendering import reader_of
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Opt, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.people.partners import partners
from ohmstead.rooms.people.user_views import Email, InviteOptions, PartnerInvite, Tongue
from ohmstead.rooms.people.users import ev_user, users

partner_invite = table(
    "partner_invite",
    Column("partner_id", BigInteger, ForeignKey("partner.id"), nullable=False, index=True),
    Column("send_via_email", Boolean, nullable=False),
    Column("email", Text),
    Column("language", Text),  # NULL: the language of all users
    # as it stands in the link, which is shown until it has been used: who reads invites may hand it on anyway
    Column("token", Text, unique=True),
    Column("allow_corporate_account_billing", Boolean, nullable=False, server_default="false"),
    Column("limit_corporate_account_billing_to_partner_charge_points", Boolean, nullable=False, server_default="false"),
    Column("allow_access_to_private_charge_points", Boolean, nullable=False, server_default="false"),
    Column("status", Text, nullable=False),  # pending | sent | accepted
    timestamp("accepted_at"),
    Column("email_message_id", BigInteger),  # its e-mail, until that is sent; gone with what waits for an address
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),
    Index("ix_partner_invite_mail", "email_message_id", postgresql_where=text("email_message_id IS NOT NULL")),
    Index("ix_partner_invite_email", func.lower(text("email"))),
    Index("uq_partner_invite_user", "partner_id", "user_id", unique=True, postgresql_where=text("user_id IS NOT NULL")),
)
_own = partner_invite.c
_ids = bindparam("ids", type_=ARRAY(BigInteger))


class Options(View):
    """What is not given is not allowed, or stays as it is."""

    allow_corporate_account_billing: Opt[bool] = UNSET
    limit_corporate_account_billing_to_partner_charge_points: Opt[
        Annotated[bool, Meta(description="Required where billing is allowed.")]
    ] = UNSET
    allow_access_to_private_charge_points: Opt[bool] = UNSET


class Invitation(View):
    partner_id: int
    send_via_email: Opt[Annotated[bool, Meta(description="Unless it says false.")]] = UNSET
    email: Opt[Email | None] = UNSET
    language: Opt[Tongue | None] = UNSET
    options: Opt[Options] = UNSET


class Change(View):
    partner_id: Opt[int] = UNSET
    options: Opt[Options] = UNSET


_TOKENS = Statement(select(_own.id, _own.token).where(_own.id == any_(_ids), _own.token.is_not(None)))


async def _accept_urls(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, str]:
    return {key: f"{context.base_url}/partner-invites/{quote(token)}" for key, token in await tx.all(_TOKENS, ids=ids)}


class InviteChanged(RowChanged, topic="partnerInvite.changed"):
    """An invite was made, changed, accepted or taken back. It carries for whom it is and what it allows."""


partner_invites = Resource(
    "partner-invites",
    partner_invite,
    tag="resource / partner invites",
    title="Partner Invite",
    key="partnerInvite",
    access=owned(_own.partner_id),
    versions=[Version("v1.0", PartnerInvite, pages=Pages.EITHER, create_view=Invitation, update_view=Change)],
    parts={"options": Columns({name: _own[name] for name in InviteOptions.__struct_fields__})},
    filters=(
        equals("partnerId", _own.partner_id, int),
        one_of("status", _own.status, "pending", "sent", "accepted"),
        since("createdFrom", _own.created_at),
        until("createdTo", _own.created_at),
        equals("userId", _own.user_id, int, "Those that a user accepted."),
        Filter("inviteEmail", str, lambda value: func.lower(_own.email) == func.lower(value), Text()),
        *changed(_own.updated_at),
        since("acceptedAfter", _own.accepted_at),
        until("acceptedBefore", _own.accepted_at),
    ),
    includes=(Include("acceptUrl", _accept_urls, always=True),),
    changed=InviteChanged,
    references={"partner_id": partners},
)


@partner_invites.creating
async def a_link_nobody_guesses(write: Write) -> None:
    """It is pending until its e-mail was sent, see `partner_invite_mail`, or it is accepted."""
    write.values.setdefault("send_via_email", True)
    write.values |= {"token": secrets.token_urlsafe(32), "status": "pending"}


@partner_invites.rule
async def an_address_is_for_mail(write: Write) -> None:
    if write.before is not None:
        return
    if write.values["send_via_email"]:
        if write.values.get("email") is None:
            write.add_error("email", "The email field is required.")
        return
    for name in ("email", "language"):
        if write.values.get(name) is not None:
            write.add_error(name, f"The {name} field is prohibited when send via email is false.")


@partner_invites.rule
async def billing_says_where(write: Write) -> None:
    allows = write.values.get("allow_corporate_account_billing")
    if allows and not write.gives("limit_corporate_account_billing_to_partner_charge_points"):
        write.add_error(
            "options.limitCorporateAccountBillingToPartnerChargePoints",
            "The field is required when allow corporate account billing is true.",
        )


@partner_invites.rule
async def who_accepted_stays_with_the_partner(write: Write) -> None:
    before = write.before
    if before is not None and before["user_id"] and write.value_of("partner_id") != before["partner_id"]:
        write.add_error("partnerId", "The partner of an invite that was accepted stays.")


SHOWN = _own["id", "user_id", "email", *InviteOptions.__struct_fields__]
"""What is told of an invite."""
_SHOWN = Statement(select(*SHOWN).where(_own.id == any_(_ids)))
_of_partner = _own.partner_id == bindparam("partner", type_=BigInteger)
_OF_PARTNER = Statement(delete(partner_invite).where(_of_partner).returning(*SHOWN))


def _content(invite: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in invite.items() if name != "id"}


@contents(InviteChanged)
async def for_whom_and_what_it_allows(tx: Tx, ids: list[int]) -> dict[int, Any]:
    return {invite["id"]: _content(invite) for invite in await tx.all(_SHOWN, ids=ids)}


def tell_end(tx: Tx, invite: Mapping[str, Any]) -> None:
    """Tell of an invite that was deleted, of which these are SHOWN."""
    content = _content(invite) if InviteChanged.topic in wanted else UNSET
    tx.tell(InviteChanged(id=invite["id"], action="deleted", content=content))


@partners.deleted
async def its_invites_end_with_it(write: Write) -> None:
    for invite in await write.tx.all(_OF_PARTNER, partner=write.id):
        tell_end(write.tx, invite)


_waits_for_them = _own.accepted_at.is_(None) & (func.lower(_own.email) == func.lower(ev_user.c.email))
_OF_USERS = Statement(
    select(ev_user.c.id, _own.id)
    .join(partner_invite, (_own.user_id == ev_user.c.id) | _waits_for_them)
    .where(ev_user.c.id == any_(_ids))
    .order_by(_own.id)
)


async def _of_users(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, Any]:
    """Those that a user accepted, and those that wait at the user's address; a partner's token sees its own."""
    found = await tx.all(_OF_USERS, ids=ids)
    invites = await reader_of(partner_invites, "v1.0").many(
        [invite for _, invite in found], tx, RenderContext(context.actor, context.base_url)
    )
    shown: dict[int, Any] = {}
    for user, invite in found:
        if invite in invites:
            shown.setdefault(user, []).append(invites[invite])
    return shown


users.include(Include("partnerInvites", _of_users, empty=[]))
