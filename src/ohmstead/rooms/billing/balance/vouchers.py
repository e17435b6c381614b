"""Vouchers as the API shows them: made by the operator, redeemed once, and then as they are for good."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta
from sqlalchemy import Date, DateTime, Interval, cast, func, literal, select
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import row_changed
from ohmstead.kit.filters import Filter, equals, one_of, since, until
from ohmstead.kit.money import Price
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, OptionalTranslations, ReadOnly, View, camel
from ohmstead.kit.writes import Write
from ohmstead.rooms.billing.balance.codes import new_code, with_prefix
from ohmstead.rooms.billing.balance.features import OFF, is_off
from ohmstead.rooms.billing.balance.voucher_table import Type, voucher
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.rooms.operator.settings import setting

_own = voucher.c
Status = Literal["enabled", "disabled"]
Validity = Annotated[
    Literal["1 month", "3 months", "6 months", "1 year", "2 years", "3 years", "5 years"],
    Meta(description="From the day it is redeemed to its last, where `expireDate` does not say that."),
]
Expiry = Annotated[date, Meta(description="Its last day, on the operator's clock.")]
Assigned = Annotated[date, Meta(description="It has to be redeemed before this day.")]
Prefix = Annotated[str, Meta(min_length=3, max_length=3, pattern=r"^[A-Za-z0-9]*$(?!\n)")]


class Voucher(View):
    id: Id
    code: str
    created_at: ReadOnly[datetime]
    type: Type
    promo_code: Opt[str | None] = UNSET
    status: Opt[Annotated[Status, Meta(description="One that is disabled cannot be redeemed.")]] = UNSET
    expire_date: Opt[Expiry | None] = UNSET
    validity_period: Opt[Validity | None] = UNSET
    assign_before_date: Opt[Assigned | None] = UNSET
    redeemed_at: ReadOnly[Opt[datetime | None]] = UNSET
    redeemed_by_user_id: Opt[int | None] = UNSET
    amount: Price
    currency_code: str
    description: Opt[str | None] = UNSET
    transaction_id: Annotated[Opt[int | None], Meta(description="That it was bought by.")] = UNSET
    created_by_admin_id: Opt[int | None] = UNSET
    last_updated_at: ReadOnly[datetime]
    remaining_amount: Annotated[Price, Meta(description="What is left of it on the user's balance.")]
    title: Opt[OptionalTranslations] = UNSET


class VoucherBody(View):
    amount: Price
    expire_date: Opt[Expiry | None] = UNSET
    validity_period: Opt[Validity | None] = UNSET
    assign_before_date: Opt[Assigned | None] = UNSET
    description: Opt[str] = UNSET
    prefix: Opt[Annotated[Prefix, Meta(description="What its code begins with.")]] = UNSET
    title: Opt[OptionalTranslations] = UNSET


class VoucherChange(View):
    status: Opt[Status] = UNSET
    expire_date: Opt[Expiry | None] = UNSET
    validity_period: Opt[Validity | None] = UNSET
    assign_before_date: Opt[Assigned] = UNSET
    amount: Price
    prefix: Opt[Prefix] = UNSET
    title: Opt[OptionalTranslations] = UNSET


class VoucherV20(View):
    id: Id
    code: str
    created_at: ReadOnly[datetime]
    type: Type
    promo_code: Opt[str | None] = UNSET
    status: Opt[Status] = UNSET
    expire_date: Opt[Expiry | None] = UNSET
    redeemed_at: ReadOnly[Opt[datetime | None]] = UNSET
    redeemed_by_user_id: Opt[int | None] = UNSET
    amount: Price
    currency: str
    description: Opt[str | None] = UNSET
    transaction_id: Opt[int | None] = UNSET
    created_by_admin_id: Opt[int | None] = UNSET
    last_updated_at: ReadOnly[datetime]


class VoucherBodyV20(View):
    amount: Price
    expire_date: Opt[Expiry | None] = UNSET
    description: Opt[str] = UNSET


class VoucherChangeV20(View):
    status: Opt[Status] = UNSET
    expire_date: Opt[Expiry | None] = UNSET
    amount: Price


def without_what_came_later(fields: dict[str, Any]) -> dict[str, Any]:
    """v2.1 -> v2.0."""
    kept = {name: fields[name] for name in VoucherV20.__struct_fields__ if name in fields}
    return kept | {"currency": fields["currency_code"]}


_ZONE = func.coalesce(
    select(setting.c.value["timeZone"].astext).where(setting.c.key == "regional").scalar_subquery(), literal("UTC")
)
"""In which the operator's days end."""


def _on_day(value: Any) -> ColumnElement[bool]:
    first = cast(value, DateTime())
    after = first + cast(literal("1 day"), Interval())
    return (_own.created_at >= func.timezone(_ZONE, first)) & (_own.created_at < func.timezone(_ZONE, after))


_FILTERS = (
    one_of("type", _own.type, *get_args(Type)),
    one_of("status", _own.status, "enabled", "disabled"),
    Filter("createdAt", date, _on_day, Date(), "On this day."),
    since("redeemedAfter", _own.redeemed_at),
    until("redeemedBefore", _own.redeemed_at),
    equals("userId", _own.user_id, int, "Redeemed by this user."),
)

vouchers = Resource(
    "vouchers",
    voucher,
    tag="resource / vouchers",
    title="Voucher",
    key="voucher",
    access=OPERATOR,  # who has a code has the money
    versions=[
        Version("v2.1", Voucher, pages=Pages.EITHER, create_view=VoucherBody, update_view=VoucherChange,
                required_on_update=("amount",)),
        Version("v2.0", VoucherV20, pages=Pages.EITHER, create_view=VoucherBodyV20, update_view=VoucherChangeV20,
                required_on_update=("amount",), downgrade=without_what_came_later, filters=_FILTERS, deprecated=True),
    ],
    columns={"currency_code": _own.currency, "redeemed_by_user_id": _own.user_id},
    filters=(
        *_FILTERS,
        Filter("expireDateAfter", date, lambda value: _own.expire_date >= value, Date(), "On and after this day."),
        Filter("expireDateBefore", date, lambda value: _own.expire_date <= value, Date(), "On and before this day."),
        Filter("code", Annotated[str, Meta(min_length=3)],
               lambda value: func.strpos(_own.code, func.upper(value)) > 0, _own.code.type, "A part of it."),
    ),
    changed=row_changed("voucher"),
)  # fmt: skip


@vouchers.creating
async def it_is_of_the_base_currency(write: Write) -> None:
    """Balances are in it."""
    code, actor = await settings.base_currency_code(write.tx), write.call.actor
    if await is_off(write.tx, "vouchers"):
        write.add_error("amount", OFF)
    elif code is None:
        write.add_error("amount", "There is no base currency yet.")
    prefix = write.values.pop("prefix", "")
    write.values |= {"code": new_code(prefix), "type": "voucher", "currency": code or ""}
    write.values |= {"remaining_amount": write.values["amount"], "created_by_admin_id": actor.admin_id}


_STAYS = "The {} of a voucher that was redeemed stays as it is."


@vouchers.updating
async def what_was_redeemed_stays(write: Write) -> None:
    """But for its status, of which its money does not depend any more. What is given again as it is, is no change."""
    before, values = write.before, write.values
    assert before is not None
    prefix = values.pop("prefix", None)
    code = before["code"] if prefix is None else with_prefix(before["code"], prefix)
    if before["redeemed_at"] is None:
        values |= {"code": code, "remaining_amount": values["amount"]}
        return
    for name, value in values.items():
        if name != "status" and _plain(value) != before[name]:
            write.add_error(camel(name), _STAYS.format(name.replace("_", " ")))
    if code != before["code"]:
        write.add_error("prefix", _STAYS.format("prefix"))


def _plain(value: Any) -> Any:
    """As it is stored."""
    return msgspec.to_builtins(value) if isinstance(value, list) else value


@vouchers.rule
async def an_amount_is_one_of_its_currency(write: Write) -> None:
    amount = write.values["amount"]
    places = (await precision_of(write.tx, write.value_of("currency"))).amounts
    if amount <= 0:
        write.add_error("amount", "The amount must be greater than 0.")
    elif amount != round(amount, places):
        write.add_error("amount", f"The amount may not have more than {places} decimals.")


@vouchers.deleting
async def what_was_redeemed_is_kept(write: Write) -> None:
    if write.value_of("redeemed_at") is not None:
        raise Conflict("A voucher that was redeemed stays.")
