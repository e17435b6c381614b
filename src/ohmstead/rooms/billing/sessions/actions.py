"""What is done by hand about the money of a session: to try again to collect it, and to give it up."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import Text, bindparam, select

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Conflict, Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.money import bounded
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.billing.gateways.gateway import gateways
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.ledger.entries import ledger_entry
from ohmstead.rooms.billing.methods.installments import installment_wanted, is_installment
from ohmstead.rooms.billing.methods.means import Means, means_of
from ohmstead.rooms.billing.sessions.settling import locked_bill
from ohmstead.rooms.billing.sessions.standing import advance
from ohmstead.rooms.billing.sessions.ways import means_in_turn, name_of
from ohmstead.rooms.charging.sessions.assigning import at_session
from ohmstead.rooms.charging.sessions.priced import BILLED
from ohmstead.rooms.charging.sessions.resource import sessions
from ohmstead.rooms.operator.currencies import precision_of

_POSTED = Statement(select(ledger_entry.c.amount).where(ledger_entry.c.key == bindparam("key", type_=Text)))
OPEN = ("failed", "partially")


class Retry(View):
    payment_method_id: Opt[
        Annotated[int | str | None, Meta(description="Of the user's; without one those that the session was to use.")]
    ] = UNSET


@at_session.post(
    "v1.0/{session}/retry-payment",
    "Session / Retry Payment",
    body=Retry,
    errors=(401, 403, 404, 409, 422, 429),
    access=OPERATOR,
)
async def retry_payment(call: Call, body: Retry) -> None:
    """Try now to collect what is open of a session. What comes of it is told by its payment status."""
    row, tx = await sessions.find(call, "session"), call.tx
    if row["status"] != "finished":
        raise Conflict("The session is not finalized.")
    if row["billing_status"] not in BILLED:
        raise Conflict("The billing status of the session is not completed.")
    bill = await locked_bill(tx, row["id"])
    if bill is None or bill["status"] not in OPEN:
        raise Conflict("The payment cannot be retried: its status must be failed or partially paid.")
    await _whose(tx, bill, row["user_id"])
    wish = await _wish(tx, bill, body)
    means = await means_in_turn(tx, bill["user_id"], wish, bill["partner_id"], bill["subscription_id"])
    if means and all(_too_little(one, bill) for one in means):
        raise Conflict("The amount is below the least that the payment provider takes.")
    bill |= {"wish": wish, "round": bill["round"] + 1}
    await advance(tx, bill, all_locked=True)
    call.changes = {"id": row["id"], "paymentMethodId": wish, "amount": str(open_amount(bill))}


def open_amount(bill: Row) -> Decimal:
    """What is yet to be collected."""
    return bill["amount"] - bill["discount"] - bill["waived"] - bill["paid"]


async def _whose(tx: Tx, bill: dict[str, Any], user_id: int | None) -> None:
    """Who was made the user of a session of nobody since it was billed owes what is open of it."""
    if bill["user_id"] is not None or user_id is None:
        return
    bill["user_id"], currency = user_id, bill["currency"]
    await post(tx, Entry(
        key=f"session:{bill['session_id']}:assigned", debit=Account("receivable", currency, user_id),
        credit=Account("receivable", currency), amount=open_amount(bill), session_id=bill["session_id"],
    ))  # fmt: skip


async def _wish(tx: Tx, bill: Row, body: Retry) -> str:
    """The means that is named, where it is the user's; else what the session was to be paid with."""
    if body.payment_method_id is UNSET or body.payment_method_id is None:
        return bill["wish"]
    named = str(body.payment_method_id)
    if is_installment(named) and installment_wanted(named, bill["subscription_id"]):
        return named
    theirs = [] if bill["user_id"] is None else await means_of(tx, bill["user_id"], tx.now)
    if named not in {name_of(one) for one in theirs if one.pays_at(bill["partner_id"])}:
        raise Invalid(paymentMethodId="The selected payment method id is invalid.")
    return named


def _too_little(means: Means, bill: Row) -> bool:
    gateway = means.gateway
    return gateway is not None and open_amount(bill) < gateways.current[gateway].minimum(bill["currency"])


waiving = Group("internal / sessions", "internal/sessions/", "sessions", access=OPERATOR)


class Waiver(View):
    amount: Opt[
        Annotated[Decimal, bounded("0.000001", 10**12, places=6), Meta(description="Without it all that is open.")]
    ] = UNSET
    reason: Annotated[str, Meta(min_length=1, max_length=255)]
    key: Annotated[
        str, Meta(min_length=1, max_length=255, description="Yours: asked again with it, no more is given up.")
    ]


class Waived(View):
    amount: Annotated[Decimal, Meta(description="Given up by this key.")]
    open: Annotated[Decimal, Meta(description="What is left to be paid.")]
    currency: str
    payment_status: Literal["pending", "paid", "partially", "failed"]


@waiving.post(
    "v1.0/{session}/waive",
    "Session / Waive",
    body=Waiver,
    status=200,
    gives=Waived,
    errors=(401, 403, 404, 409, 422, 429),
)
async def waive(call: Call, body: Waiver) -> Waived:
    """Give up what is open of a session, or a part of it; its price stays."""
    row = await sessions.find(call, "session")
    bill = await locked_bill(call.tx, row["id"])
    if bill is None:
        raise Conflict("Nothing is to be paid of the session.")
    key = f"session:{row['id']}:waive:{body.key}"
    known = await call.tx.value(_POSTED, key=key)
    if known is None:
        known = await _give_up(call.tx, bill, body.amount, key)
    elif body.amount is not UNSET and body.amount != known:
        raise Conflict(f"With this key {known:f} was given up.")
    call.changes = {"id": row["id"], "amount": str(known), "reason": body.reason}
    return Waived(amount=known, open=open_amount(bill), currency=bill["currency"], payment_status=bill["status"])


async def _give_up(tx: Tx, bill: dict[str, Any], wanted: Opt[Decimal], key: str) -> Decimal:
    if bill["status"] not in OPEN:
        raise Conflict("Only what could not be collected can be given up.")
    left, currency = open_amount(bill), bill["currency"]
    amount = left if wanted is UNSET else (await precision_of(tx, currency)).amount(wanted)
    if not 0 < amount <= left:
        raise Invalid(amount=f"The amount must be greater than 0, and may not be greater than {left:f}.")
    await post(tx, Entry(
        key=key, debit=Account("waived", currency), credit=Account("receivable", currency, bill["user_id"] or 0),
        amount=amount, session_id=bill["session_id"],
    ))  # fmt: skip
    bill["waived"] += amount
    await advance(tx, bill, all_locked=True)
    return amount
