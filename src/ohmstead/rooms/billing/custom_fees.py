"""Custom fees: what the operator has a user pay beside charging, from the balance or by a stored card."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Column, ForeignKey, Numeric, Text, UniqueConstraint, false, insert, select, update

from ohmstead.kit.access import OPERATOR, PARTNER, Access
from ohmstead.kit.db import Row, Tx, table
from ohmstead.kit.errors import BadRequest, Invalid
from ohmstead.kit.filters import since, until
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.rooms.billing.balance.spending import available, spend
from ohmstead.rooms.billing.gateways.calls import begin_call, carry_out
from ohmstead.rooms.billing.gateways.gateway import Money, gateways
from ohmstead.rooms.billing.methods.means import AUTO, BALANCE, CORPORATE, Means, chosen
from ohmstead.rooms.billing.taxed import Taxed, book_sale, taxed
from ohmstead.rooms.billing.transactions.resource import Amount
from ohmstead.rooms.billing.transactions.states import move, moved, open_transaction, transaction
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.people.users import users

custom_fee = table(
    "custom_fee",
    Column("transaction_id", BigInteger, ForeignKey("payment_transaction.id"), nullable=False),
    Column("created_by_admin_id", BigInteger),
    Column("amount", Numeric, nullable=False),  # with tax
    Column("net", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("tax_id", BigInteger),  # the default one of its time
    Column("tax_percentage", Numeric),
    Column("description", Text, nullable=False),
    UniqueConstraint("transaction_id"),
)


class CustomFee(View):
    id: Id
    created_at: ReadOnly[datetime]
    transaction_id: int
    created_by_admin_id: Opt[int | None] = UNSET
    amount: Annotated[Decimal, Meta(description="With tax.")]
    currency: Annotated[str, Meta(min_length=3, max_length=3)]
    bank_message: Annotated[str, Meta(description="What it is for.")]
    last_updated_at: ReadOnly[datetime]


_own, _paid = custom_fee.c, payment_transaction.c
_payment = select(_paid.id).where(_paid.id == _own.transaction_id).correlate_except(payment_transaction)

custom_fees = Resource(
    "custom-fees",
    custom_fee,
    tag="resource / custom fees",
    title="Custom Fee",
    key="customFee",
    access=Access(_payment.where(_paid.partner_id == PARTNER).exists(), false()),  # of a partner's users
    versions=[Version("v2.0", CustomFee, pages=Pages.EITHER, verbs=("list", "read"))],
    where=_payment.where(_paid.status != "failed").exists(),  # what could not be had was never a fee
    filters=[since("createdAfter", _own.created_at), until("createdBefore", _own.created_at)],
    columns={"bank_message": _own.description},
)

fee_actions = Group("action / user", "actions/users/", "users", access=OPERATOR)


class FeeBody(View):
    amount: Annotated[Amount, Meta(description="In base currency, with tax.")]
    description: Annotated[str, Meta(min_length=1, max_length=255, description="What the user reads.")]
    payment_method_id: Opt[
        Annotated[
            str | None,
            Meta(description="A stored card; null: the balance, which has to suffice. No corporate account."),
        ]
    ] = UNSET


@fee_actions.post(
    "v1.0/{user}/apply-custom-fee",
    "User / Apply Custom Fee",
    body=FeeBody,
    errors=(400, 401, 403, 404, 422, 429),
    transactions=Transactions.MANUAL,
)
async def apply_custom_fee(call: Call, wanted: FeeBody) -> None:
    """Have a user pay a fee now. What a card's bank does not answer at once is asked for later."""
    async with call.begin() as tx:
        user = await users.find(call, tx=tx, lock=True)
        fee = await _fee(tx, wanted.amount)
        means = await _means(tx, user, wanted.payment_method_id or None, fee)
        key = await _open(tx, call.actor.admin_id, user, fee, means, wanted.description)
        hold = await _collect(tx, key, user["id"], fee, means)
        call.changes = {"id": user["id"], "transaction_id": key, "amount": str(fee.amount)}
    if hold is not None:
        row = await carry_out(call.database, hold)
        if row["status"] == "failed":
            raise BadRequest("Your card was declined.")
        if row["status"] == "authorized":
            async with call.begin() as tx:
                capture = await begin_call(tx, await transaction(tx, key, lock=True), "capture", fee.amount)
            await carry_out(call.database, capture)


async def _fee(tx: Tx, amount: Decimal) -> Taxed:
    fee = await taxed(tx, amount)
    if fee is None:
        raise BadRequest("Currency is not set.")
    if fee.amount <= 0:
        raise Invalid(amount="The amount must be greater than 0.")
    return fee


async def _means(tx: Tx, user: Row, wish: str | None, fee: Taxed) -> Means:
    """What pays."""
    if wish is not None and wish.startswith(CORPORATE):
        raise Invalid(paymentMethodId="A corporate account does not pay fees.")
    found = [] if wish in (AUTO, BALANCE) else await chosen(tx, user["id"], wish, None, tx.now)
    if not found:
        raise Invalid(paymentMethodId="The selected payment method id is invalid.")
    means = found[0]
    if means.gateway is not None and fee.amount < (least := gateways.current[means.gateway].minimum(fee.currency)):
        raise Invalid(amount=f"The amount must be at least {least:f}.")
    return means


async def _open(tx: Tx, admin_id: int, user: Row, fee: Taxed, means: Means, description: str) -> int:
    """The fee and its transaction; the id of the latter."""
    key = await open_transaction(
        tx, purchase_type="custom_fee", user_id=user["id"], partner_id=user["partner_id"], means=means.type,
        payment_method_id=means.id, method_id=means.method_id, card=means.card, gateway=means.gateway,
        currency=fee.currency, amount=fee.amount, bank_message=description,
    )  # fmt: skip
    row = {**fee._asdict(), "transaction_id": key, "created_by_admin_id": admin_id, "description": description}
    times = {"created_at": tx.now, "updated_at": tx.now}
    made = await tx.value(insert(custom_fee).values(row | times).returning(_own.id))
    await tx.run(update(payment_transaction).where(_paid.id == key).values(purchase_id=made))
    return key


async def _collect(tx: Tx, key: int, user_id: int, fee: Taxed, means: Means) -> int | None:
    """Take it off the balance, or begin to hold it on a card: the call that is to be made."""
    if means.type != "balance":
        return await begin_call(tx, await transaction(tx, key), "authorize", fee.amount, inline=True)
    if await available(tx, user_id, lock=True) < fee.amount:
        raise BadRequest("User has insufficient balance.")
    voucher_id = await spend(tx, user_id, Money(fee.amount, fee.currency), key, "custom_fee")
    await move(tx, key, "finalized", authorized=fee.amount, captured=fee.amount, voucher_id=voucher_id)
    return None


@moved.answer
async def a_fee_that_is_held_is_taken(tx: Tx, row: Row) -> None:
    """Also where the hold was answered late; and what was taken was sold."""
    if row["purchase_type"] != "custom_fee":
        return
    if row["status"] == "authorized":
        await begin_call(tx, row, "capture", row["amount"], inline=True)
    elif row["status"] == "finalized":
        await _bill(tx, row)


async def _bill(tx: Tx, row: Row) -> None:
    fee = await tx.one(select(custom_fee).where(_own.transaction_id == row["id"]))
    if fee is None:
        return
    await book_sale(tx, row["id"], row["user_id"], Taxed(*(fee[name] for name in Taxed._fields)))
