"""Start checks: whether a user has what the operator's billing strategy asks for before a session begins, and whether
what is to pay for it is any good. The reasons are told in the order of `charging/control/start_order.py`."""

from decimal import Decimal

from msgspec import Struct
from sqlalchemy import text

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.balance.spending import available
from ohmstead.rooms.billing.methods.corporate import corporate_left
from ohmstead.rooms.billing.methods.installments import (
    installment_wanted,
    is_installment,
    subscription_that_pays,
)
from ohmstead.rooms.billing.methods.means import AUTO, BALANCE, CORPORATE, Means, means_of, wanted
from ohmstead.rooms.charging.control import Refusal, may_start
from ohmstead.rooms.charging.paying import Payer, cannot_pay, no_means_of
from ohmstead.rooms.charging.tariffs_in_force import costs_nothing
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.exchange import converted

UNPAID = Refusal("PREVIOUS_SESSION_NOT_PAID", "An earlier session is not paid yet.")
NONE_STORED = Refusal("PAYMENT_METHOD_REQUIRED", "Add a payment method first.")
NOT_LET = Refusal("BILLING_NOT_ASSOCIATED", "The partner does not let you charge on its account.")
ELSEWHERE = Refusal("BILLING_NOT_PARTNER_ASSOCIATED", "The partner's account pays at its own charge points only.")
NOT_YOURS = Refusal("CANNOT_USE_PAYMENT_METHOD", "It is none of your payment methods.")
EXPIRED = Refusal("CANNOT_USE_EXPIRED_PAYMENT_METHOD", "The card has expired.")
USED_UP = Refusal("CORPORATE_ACCOUNT_LIMIT_REACHED", "The partner's account has reached its limit of this month.")
NOT_BY_BALANCE = Refusal("PAYMENT_METHOD_REQUIRED", "A card or a partner's account has to pay, not your balance.")
TOO_LITTLE = Refusal("PAYMENT_NO_FUNDS", "Your balance is below what a session needs.")

BY_METHOD = ("payment_method", "payment_method_and_authorization")
"""Strategies that ask for a card or an account. A balance below zero is a debt to them as an unpaid session is."""

_OWES = Statement(
    text("""
SELECT EXISTS (
    SELECT FROM session_payment WHERE user_id = CAST(:user AS bigint) AND status IN ('failed', 'partially')
) OR EXISTS (
    SELECT FROM subscription JOIN payment_transaction AS item ON item.subscription_id = subscription.id
    JOIN payment_transaction AS bill ON bill.id = item.bill_id
    WHERE subscription.user_id = CAST(:user AS bigint) AND item.means = 'subscription' AND item.status = 'pending'
        AND bill.status IN ('failed', 'reversed')
) OR (CAST(:overdrawn AS boolean) AND EXISTS (SELECT FROM ev_user WHERE id = CAST(:user AS bigint) AND balance < 0))""")
)
_RUNNING = Statement(
    text("""
SELECT currency, SUM(amount_with_tax) AS amount FROM session
WHERE user_id = CAST(:user AS bigint) AND payment_type = 'balance' AND amount_with_tax > 0
  AND (status = 'active' OR (status = 'finished' AND COALESCE(payment_status, 'pending') = 'pending'))
GROUP BY currency""")
)


@may_start.answer
async def there_is_something_to_pay_with(
    tx: Tx, there: Row, user_id: int | None, payment_method_id: str | None
) -> Refusal | None:
    """What is named is to be good whatever it costs; where nothing is due nothing else is asked for."""
    if user_id is None:
        return None
    found = await _objection(
        tx, Payer(user_id, payment_method_id or BALANCE, there["partner_id"], there["charge_point_id"])
    )
    if found is None or found.of_wish or not await costs_nothing(tx, there["id"], user_id):
        return found and found.refusal
    return None


@cannot_pay.answer
async def nothing_to_pay_with(tx: Tx, payer: Payer) -> str | None:
    """Of a user who begins by a tag."""
    found = await _objection(tx, payer)
    return found and found.refusal.message


@no_means_of.answer
async def none_of_theirs(tx: Tx, user_id: int, wish: str) -> str | None:
    """A card or account that the user has not, or that has expired. What an account lets where is told at a start."""
    named = next((one for one in await means_of(tx, user_id, tx.now) if wanted(one, wish)), None)
    return None if named is not None and not named.expired else NOT_YOURS.message


async def balance_left(tx: Tx, user_id: int) -> Decimal:
    """A user's balance less what the charges cost by now that it will have to pay, in base currency. What is of a
    currency without a rate counts as it is."""
    left, base = await available(tx, user_id), await settings.base_currency_code(tx)
    for row in await tx.all(_RUNNING, user=user_id):
        exchanged = await converted(tx, row["amount"], row["currency"], base or row["currency"])
        left -= row["amount"] if exchanged is None else exchanged
    return left


class _Objection(Struct, frozen=True):
    refusal: Refusal
    of_wish: bool = False  # what was named is no good


class _Purse(Struct):
    """What a user has to pay with at a charge point."""

    payer: Payer
    all: list[Means]
    good: list[Means]  # what pays there
    used_up: list[Means]  # accounts that would, but for their limit

    @property
    def stored(self) -> list[Means]:
        """The cards and accounts that pay there and are wished for; who wishes for the balance may have them, too."""
        by_balance = self.payer.wish == BALANCE
        return [one for one in self.good if one.type != "balance" and (by_balance or wanted(one, self.payer.wish))]


async def _objection(tx: Tx, payer: Payer) -> _Objection | None:
    billing, named = await settings.billing(tx), payer.wish not in (AUTO, BALANCE)
    required = billing.strategy != "nothing_required"
    if not required and not named:
        return None
    if required and await tx.value(_OWES, user=payer.user_id, overdrawn=billing.strategy in BY_METHOD):
        return _Objection(UNPAID)
    if is_installment(payer.wish):
        return None if await _by_subscription(tx, payer) else _Objection(NOT_YOURS, of_wish=True)
    purse = await _purse(tx, payer)
    if named and (refusal := _named(purse)) is not None:
        return _Objection(refusal, of_wish=True)
    refusal = await _lacking(tx, purse, billing) if required else None
    return None if refusal is None or await _by_subscription(tx, payer) else _Objection(refusal)


async def _by_subscription(tx: Tx, payer: Payer) -> bool:
    """Whether a subscription pays there, as it is wished for or where nothing is."""
    there = await subscription_that_pays(tx, payer.user_id, payer.charge_point_id)
    return bool(installment_wanted(payer.wish, there))


async def _purse(tx: Tx, payer: Payer) -> _Purse:
    found = await means_of(tx, payer.user_id, tx.now)
    there = [one for one in found if one.pays_at(payer.partner_id)]
    used_up = [one for one in there if one.partner_id is not None and await _is_used_up(tx, one.partner_id)]
    return _Purse(payer, found, [one for one in there if one not in used_up], used_up)


async def _is_used_up(tx: Tx, partner_id: int) -> bool:
    left = await corporate_left(tx, partner_id, tx.now)
    return left is not None and left <= 0


def _named(purse: _Purse) -> Refusal | None:
    """Why what a wish names is no good."""
    wish = purse.payer.wish
    named = next((one for one in purse.all if wanted(one, wish)), None)
    if named is None:
        return NOT_LET if wish.startswith(CORPORATE) else NOT_YOURS
    if named in purse.good:
        return None
    return EXPIRED if named.expired else USED_UP if named in purse.used_up else ELSEWHERE


async def _lacking(tx: Tx, purse: _Purse, billing: settings.Billing) -> Refusal | None:
    """What of a strategy is not met."""
    if billing.strategy in BY_METHOD:
        if billing.strategy == "payment_method_and_authorization" and purse.payer.wish == BALANCE:
            return NOT_BY_BALANCE
        return None if purse.stored else _why_none(purse)
    pays = purse.stored if purse.payer.wish != BALANCE else []
    if any(one.type == "corporate" or billing.strategy == "payment_method_or_minimum_balance" for one in pays):
        return None
    return None if await balance_left(tx, purse.payer.user_id) >= billing.minimum_balance else TOO_LITTLE


def _why_none(purse: _Purse) -> Refusal:
    """Why no card or account pays there."""
    cards = [one for one in purse.all if one.type == "tokenized"]
    if not cards and all(one.type == "balance" for one in purse.all):
        return NONE_STORED
    elsewhere = [one for one in purse.all if one.type == "corporate" and one not in purse.used_up]
    return ELSEWHERE if elsewhere else EXPIRED if cards else USED_UP
