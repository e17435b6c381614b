"""Giving back what was collected, or a part of it: at once, or by the provider that collected it."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Text, bindparam, select, text

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Conflict, Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.billing.balance.spending import give_back
from ohmstead.rooms.billing.gateways.calls import begin_call
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.refunds.booking import WAITING, hold_session, new_refund
from ohmstead.rooms.billing.refunds.table import payment_refund
from ohmstead.rooms.billing.transactions.resource import Amount, transactions
from ohmstead.rooms.billing.transactions.states import amend, is_bill
from ohmstead.rooms.operator.currencies import precision_of

_own = payment_refund.c
_KNOWN = Statement(
    select(payment_refund).where(
        _own.transaction_id == bindparam("transaction", type_=BigInteger), _own.key == bindparam("key", type_=Text)
    )
)
_ON_ITS_WAY = Statement(text(f"SELECT COALESCE(SUM(amount), 0) FROM ({WAITING}) AS waiting"))
_WAITS = Statement(text(f"SELECT id FROM ({WAITING}) AS waiting WHERE id = CAST(:refund AS bigint)"))


async def refundable(tx: Tx, row: Row) -> Decimal:
    """What of a transaction can still be given back: it was collected, and is not on its way back."""
    return row["captured"] - row["refunded"] - await tx.value(_ON_ITS_WAY, transaction=row["id"])


async def refund(
    tx: Tx, transaction: Row, amount: Decimal, key: str, *, by_operator: bool = False, reason: str = ""
) -> Row:
    """Give back an amount of a transaction that is locked, once by the caller's key; the row of `payment_refund`, whose
    `booked_at` says that it is done. Conflict where that was not collected, or is going back already. Unless it is
    `by_operator`, the entries of a lower price say why."""
    known = await tx.one(_KNOWN, transaction=transaction["id"], key=key)
    if known is not None:
        return known
    if not 0 < amount <= await refundable(tx, transaction):
        raise Conflict(f"{amount:f} is not there to be given back.")
    made = await new_refund(tx, transaction["id"], amount, key, by_operator, reason)
    if transaction["gateway"] is not None and transaction["billing_type"] == "internal":
        await begin_call(tx, transaction, f"refund:{made['number']}", amount)
    else:
        await _at_once(tx, transaction, amount, made)
    return await tx.one(_KNOWN, transaction=transaction["id"], key=key) or made


async def _at_once(tx: Tx, row: Row, amount: Decimal, made: Row) -> None:
    await hold_session(tx, row)
    if row["means"] == "balance":
        name = f"transaction:{row['id']}:refund:{made['number']}"
        await give_back(tx, row["user_id"], Money(amount, row["currency"]), row["id"], name)
    refunded = row["refunded"] + amount
    status = "refunded" if refunded == row["captured"] else row["status"]
    await amend(tx, row["id"], refunded=refunded, status=status)


at_internal = Group("internal / transactions", "internal/transactions/", "transactions", access=OPERATOR)


class RefundBody(View):
    amount: Opt[
        Annotated[Amount, Meta(description="Of what is left, in the transaction's currency; without it all.")]
    ] = UNSET
    reason: Annotated[str, Meta(min_length=1, max_length=255)]
    key: Annotated[
        str, Meta(min_length=1, max_length=255, description="Yours: asked again with it, nothing more is given back.")
    ]


class Refund(View):
    number: Annotated[int, Meta(description="Of the transaction's refunds.")]
    amount: Decimal
    currency: str
    status: Annotated[
        Literal["pending", "done", "failed"], Meta(description="Pending: its payment provider has not said yet.")
    ]


@at_internal.post(
    "v1.0/{transaction}/refund",
    "Transaction / Refund",
    body=RefundBody,
    gives=Refund,
    errors=(401, 403, 404, 409, 422, 429),
)
async def refund_by_operator(call: Call, wanted: RefundBody) -> Refund:
    """Give back what a transaction collected, or a part of it, and count as much less as sold."""
    row = await transactions.find(call, lock=True)
    made = await call.tx.one(_KNOWN, transaction=row["id"], key=wanted.key)
    if made is None:
        amount = await _wanted(call.tx, row, wanted)
        made = await refund(call.tx, row, amount, wanted.key, by_operator=True, reason=wanted.reason)
    elif wanted.amount is not UNSET and wanted.amount != made["amount"]:
        raise Conflict(f"With this key {made['amount']:f} was given back.")
    call.changes = {"id": row["id"], "amount": str(made["amount"]), "reason": wanted.reason}
    status = "done" if made["booked_at"] else await _under_way(call.tx, made)
    return Refund(number=made["number"], amount=made["amount"], currency=row["currency"], status=status)


async def _wanted(tx: Tx, row: Row, wanted: RefundBody) -> Decimal:
    """The amount, where it can be given back."""
    if row["status"] != "finalized":
        raise Conflict("Only what is finalized can be given back.")
    if row["purchase_type"] == "subscription_plan" and await is_bill(tx, row["id"]):
        raise Conflict("It is the bill of a subscription: give back what it collected for, and it follows.")
    if row["purchase_type"] == "topup_package":
        raise Conflict("What was bought is on the user's balance, which cannot be given back.")
    left = await refundable(tx, row)
    amount = left if wanted.amount is UNSET else (await precision_of(tx, row["currency"])).amount(wanted.amount)
    if left <= 0:
        raise Conflict("Nothing is left to be given back.")
    if not 0 < amount <= left:
        raise Invalid(amount=f"The amount must be greater than 0, and may not be greater than {left:f}.")
    return amount


async def _under_way(tx: Tx, made: Row) -> Literal["pending", "failed"]:
    found = await tx.value(_WAITS, transaction=made["transaction_id"], refund=made["id"])
    return "failed" if found is None else "pending"
