"""Erasure: what a deleted user paid stays in the accounts; the card, and what names the person in texts, goes. While
money is on its way nobody is deleted: there would be nobody left to give it back to. A subscription ends at once."""

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, cast, literal, select, text, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.writes import Write
from ohmstead.rooms.billing.custom_fees import custom_fee
from ohmstead.rooms.billing.refunds.table import payment_refund
from ohmstead.rooms.billing.subscriptions.states import changed, not_over
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.people.erasure import UserErased, erasing
from ohmstead.rooms.people.text_erasure import TextErasure, patterns
from ohmstead.rooms.people.users import users

_paid = payment_transaction.c
_of_user = _paid.user_id == bindparam("user", type_=BigInteger)
_through_it = select(_paid.id).where(_of_user).scalar_subquery()

_UNDER_WAY = Statement(  # what another system collects is no matter of ours
    text("""
SELECT id FROM payment_transaction AS paid WHERE user_id = CAST(:user AS bigint) AND billing_type = 'internal' AND (
    status IN ('initialized', 'pending', 'authorized') OR EXISTS (
        SELECT FROM gateway_call AS call
        WHERE call.transaction_id = paid.id AND call.step LIKE 'refund:%' AND call.due_at IS NOT NULL))
ORDER BY id LIMIT 1""")
)
_NAMING = cast(literal(["last4", "expMonth", "expYear", "token"]), ARRAY(Text))
_CARDS = Statement(
    update(payment_transaction).where(_of_user, _paid.card.is_not(None)).values(card=_paid.card.op("-")(_NAMING))
)
_texts = TextErasure(
    payment_transaction, plain=[_paid.ref, _paid.bank_message, _paid.failure_reason, _paid.description]
)
_reasons = TextErasure(payment_refund, plain=[payment_refund.c.reason])
_descriptions = TextErasure(custom_fee, plain=[custom_fee.c.description])
_TEXTS = (
    Statement(_texts.where(_of_user)),
    Statement(_reasons.where(payment_refund.c.transaction_id.in_(_through_it))),
    Statement(_descriptions.where(custom_fee.c.transaction_id.in_(_through_it))),
)


@users.deleting
async def who_pays_stays(write: Write) -> None:
    found = await write.tx.value(_UNDER_WAY, user=write.id)
    if found is not None:
        raise Conflict(f"Money of the user's transaction {found} is on its way: that has to end first.")


@erasing.answer
async def no_payment_names_them(tx: Tx, gone: UserErased) -> None:
    await tx.run(_CARDS, user=gone.id)
    words = patterns(gone.texts)
    for statement in _TEXTS:
        await tx.run(statement, user=gone.id, **words)


@erasing.answer
async def no_subscription_renews(tx: Tx, gone: UserErased) -> None:
    for row in await not_over(tx, gone.id):
        await changed(tx, row, status="expired", due_at=None, bill_due_at=None)
