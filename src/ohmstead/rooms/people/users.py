"""Users: the people who charge, their accounts and what they may do."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from msgspec import UNSET, Meta
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Numeric,
    Text,
    any_,
    bindparam,
    cast,
    func,
    null,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, array

from ohmstead.kit.access import PARTNERS, owned
from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import RowChanged
from ohmstead.kit.filters import Filter, changed, equals, json_contains
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Columns, Merged
from ohmstead.kit.questions import Question
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import View
from ohmstead.kit.writes import Write
from ohmstead.rooms.operator.iso3166 import STATES
from ohmstead.rooms.operator.registration_numbers import bank_details_have_an_iban_that_can_be
from ohmstead.rooms.people.partners import partner, partners, require_option
from ohmstead.rooms.people.passwords import hashed
from ohmstead.rooms.people.user_groups import user_groups
from ohmstead.rooms.people.user_views import Status, User, UserBody

_LIVING = text("deleted_at IS NULL")

ev_user = table(
    "ev_user",
    Column("email", Text, nullable=False),
    timestamp("email_verified"),
    Column("password_hash", Text, nullable=False),  # argon2id, never shown
    Column("require_password_reset", Boolean, nullable=False, server_default="false"),
    *(Column(name, Text) for name in ("first_name", "middle_name", "last_name", "phone", "country", "state", "city")),
    *(Column(name, Text) for name in ("post_code", "address", "vehicle_no", "personal_id", "locale", "external_id")),
    Column("balance", Numeric, nullable=False, server_default="0"),  # in the base currency
    Column("status", Text, nullable=False, server_default="enabled"),
    Column("user_group_ids", ARRAY(BigInteger), nullable=False, server_default="{}"),
    Column("subscription_id", BigInteger),
    Column("sessions_allowed", Text, nullable=False, server_default="single_session"),
    Column("receive_news_and_promotions", Boolean, nullable=False, server_default="false"),
    Column("bank_details", JSONB, nullable=False, server_default="{}"),
    Column("external_app_data", JSONB),
    Column("nonce", Text),
    Column("created_by", Text, nullable=False),
    Column("partner_id", BigInteger, ForeignKey("partner.id"), index=True),
    timestamp("deleted_at"),
    Index("uq_ev_user_email", func.lower(text("email")), unique=True, postgresql_where=_LIVING),
    Index("uq_ev_user_nonce", "nonce", unique=True),
    Index("ix_ev_user_external_id", "external_id"),
    Index("ix_ev_user_user_group_ids", "user_group_ids", postgresql_using="gin"),
    Index(
        "ix_ev_user_external_app_data",
        "external_app_data",
        postgresql_using="gin",
        postgresql_ops={"external_app_data": "jsonb_path_ops"},
    ),
)

_OF_THESE = ev_user.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
_BALANCES = Statement(select(ev_user.c.id, ev_user.c.balance).where(_OF_THESE))
_BALANCES_SHOWN = Statement(  # to their partners
    select(ev_user.c.id, ev_user.c.balance)
    .join(partner, partner.c.id == ev_user.c.partner_id)
    .where(_OF_THESE, partner.c.options["addUserBalance"].as_boolean())
)
_APP_DATA = Statement(select(ev_user.c.id, ev_user.c.external_app_data).where(_OF_THESE))

amounts_due: Question[[Tx, list[int]], Mapping[int, Decimal]] = Question("what do these users owe?")
"""In base currency: asked of the rooms that bill; their answers are added up."""


async def _balance(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, Any]:
    return dict(await tx.all(_BALANCES_SHOWN if context.actor.binding else _BALANCES, ids=ids))


async def _amount_due(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, Decimal]:
    """A balance below zero is owed, and so is what other rooms know of."""
    due = {key: max(Decimal(0), -balance) for key, balance in await tx.all(_BALANCES, ids=ids)}
    for answer in await amounts_due(tx, ids):
        due |= {key: due[key] + amount for key, amount in answer.items()}
    return due


async def _external_app_data(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, Any]:
    return dict(await tx.all(_APP_DATA, ids=ids))


class UserChanged(RowChanged, topic="user.changed"):
    """A user was made, changed, blocked or deleted. Of one that was deleted nothing is carried: it is erased."""

    shows_deleted = False


users = Resource(
    "users",
    ev_user,
    tag="resource / users",
    title="User",
    key="user",
    versions=[Version("v1.0", User, pages=Pages.EITHER, create_view=UserBody)],
    access=owned(ev_user.c.partner_id),
    filters=[
        Filter("userGroupId", int, lambda value: ev_user.c.user_group_ids.contains(array([value])), BigInteger()),
        equals("partnerId", ev_user.c.partner_id, int),
        equals("externalId", ev_user.c.external_id),
        Filter("email", str, lambda value: func.lower(ev_user.c.email) == func.lower(value), Text()),
        json_contains("externalAppData", ev_user.c.external_app_data),
        *changed(ev_user.c.updated_at),
    ],
    includes=(
        Include("balance", _balance, always=True, empty=UNSET),
        Include("externalAppData", _external_app_data),
        Include("amountDue", _amount_due, flag="withAmountDue"),
    ),
    columns={"id": cast(ev_user.c.id, Text), "password": null()},
    parts={
        "options": Columns({"sessions_allowed": ev_user.c.sessions_allowed}),
        "bank_details": Merged(ev_user.c.bank_details),
    },
    changed=UserChanged,
    references={"user_group_ids": user_groups},
    conflicts={
        "uq_ev_user_email": ("email", "The email has already been taken."),
        "uq_ev_user_nonce": ("nonce", "The nonce has already been used."),
    },
)


_OF_PARTNER = Statement(
    select(ev_user.c.id).where(ev_user.c.partner_id == bindparam("partner"), ev_user.c.deleted_at.is_(None)).limit(1)
)


@partners.deleting
async def no_user_is_its(write: Write) -> None:
    if await write.tx.value(_OF_PARTNER, partner=write.id) is not None:
        raise Conflict("Users still belong to the partner.")


@users.creating
async def a_partner_may_make_users_where_it_was_let(write: Write) -> None:
    await require_option(write.tx, write.call.actor, "createUsers", write.values.get("partner_id"))


users.rule(bank_details_have_an_iban_that_can_be)


@users.writing
async def password_is_hashed(write: Write) -> None:
    """Only the hash is kept."""
    if "password" in write.values:
        write.values["password_hash"] = await hashed(write.values.pop("password"))


@users.writing
async def state_belongs_to_the_country(write: Write) -> None:
    """Countries whose addresses have no state forget it."""
    state, states = write.value_of("state"), STATES.get(write.value_of("country") or "", ())
    if not states:
        write.values["state"] = None
    elif state is not None and state not in states:
        write.add_error("state", "The selected state is invalid.")


@users.creating
async def maker_is_known(write: Write) -> None:
    """Who made the account: a partner's token, or a token of the operator's own."""
    actor = write.call.actor
    write.values["created_by"] = f"partner:{actor.partner}" if actor.binding == "one" else f"token:{actor.token_id}"


actions = Group("action / user", "actions/users/", "users", access=PARTNERS)


class StatusChange(View):
    status: Annotated[Status, Meta(description="A disabled user may not charge.")]
    reason: Annotated[str, Meta(min_length=1, description="Why; kept in the audit log.")]


@actions.post("v1.0/{user}/change-status", "User / Change Status", body=StatusChange)
async def change_status(call: Call, change: StatusChange) -> None:
    """Let a user use the system, or no longer."""
    user = await users.find(call, lock=True)
    await call.tx.run(
        update(ev_user).where(ev_user.c.id == user["id"]).values(status=change.status, updated_at=call.now)
    )
    call.changes = {"id": user["id"], "status": change.status, "reason": change.reason}
    call.tx.tell(UserChanged(id=user["id"], action="updated"))
