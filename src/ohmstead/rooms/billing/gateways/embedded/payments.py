"""Payments of the embedded gateway: what is held on a card, taken, let go and given back; each call once by its key."""

import secrets
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, func, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.gateways.embedded.known_cards import Step, is_late, is_silent, refused_hold
from ohmstead.rooms.billing.gateways.embedded.outbox import queue_of_payment
from ohmstead.rooms.billing.gateways.embedded.outcomes import outcome_of
from ohmstead.rooms.billing.gateways.embedded.tables import embedded_call, embedded_card, embedded_payment
from ohmstead.rooms.billing.gateways.gateway import Money, Outcome, Refused
from ohmstead.rooms.operator.iso4217 import DECIMALS
from ohmstead.store.writes import Writes

LATE = timedelta(seconds=5)
"""How long a card that answers late takes."""

_own, _card = embedded_payment.c, embedded_card.c
_payments, _calls = Writes(embedded_payment), Writes(embedded_call)
_key = bindparam("key", type_=Text)
_ALONE = Statement(select(func.pg_advisory_xact_lock(func.hashtextextended(_key, 0))))
_CARD = Statement(select(embedded_card).where(_card.token == bindparam("token"), _card.forgotten_at.is_(None)))
_PAYMENTS = select(embedded_payment, _card.behaviour).join(embedded_card, _card.id == _own.card_id)
_LOCKED = Statement(
    _PAYMENTS.where(_own.reference == bindparam("reference")).with_for_update(of=embedded_payment, key_share=True)
)
_PAYMENT = Statement(_PAYMENTS.where(_own.id == bindparam("id", type_=BigInteger)))
_CALL = Statement(select(embedded_call).where(embedded_call.c.key == _key))
_AGAIN = Statement(
    update(embedded_call)
    .where(embedded_call.c.key == _key)
    .values(times=embedded_call.c.times + 1, updated_at=bindparam("now", type_=embedded_call.c.updated_at.type))
)


def minimum(currency: str) -> Decimal:
    """The smallest amount that is held: 0.50, or 50 of a currency without decimals."""
    return Decimal("0.50") if DECIMALS.get(currency) else Decimal(50)


async def authorize(tx: Tx, key: str, token: str, money: Money, description: str) -> Outcome | None:
    """Hold an amount on a card. None, as of every call: it is done, but the answer never comes."""
    _payable(money, minimum(money.currency))
    card = await tx.one(_CARD, token=token)
    if card is None:
        raise Refused("there is no such card")
    if (before := await _known(tx, key, "authorize", money)) is not None:
        return _answer(tx, before, "authorize")
    reason = refused_hold(card["behaviour"])
    values: dict[str, Any] = {
        "reference": f"ep_{secrets.token_urlsafe(16)}", "card_id": card["id"], "description": description,
        "amount": money.amount, "currency": money.currency, "state": "declined" if reason else "authorized",
        "authorized": 0 if reason else money.amount, "reason": reason, "settles_at": _settles(tx, card, "authorize"),
    }  # fmt: skip
    made = await _payments.insert(tx, values)
    return await _done(tx, key, made["id"], "authorize", money.amount)


async def capture(tx: Tx, key: str, reference: str, money: Money) -> Outcome | None:
    """Take an amount of what is held; the rest is let go."""
    row = await _locked(tx, reference)
    if (before := await _known(tx, key, "capture", money, row)) is not None:
        return _answer(tx, before, "capture")
    _payable(money, row=row)
    if row["state"] != "authorized" or money.amount > row["authorized"]:
        raise Refused(f"{row['authorized']} is held and the payment is {row['state']}")
    return await _changed(tx, key, row, "capture", money.amount, state="captured", captured=money.amount)


async def void(tx: Tx, key: str, reference: str) -> Outcome | None:
    """Let go of what is held."""
    row = await _locked(tx, reference)
    if (before := await _known(tx, key, "void", None, row)) is not None:
        return _answer(tx, before, "void")
    if row["state"] != "authorized":
        raise Refused(f"the payment is {row['state']}")
    return await _changed(tx, key, row, "void", Decimal(0), state="voided")


async def refund(tx: Tx, key: str, reference: str, money: Money) -> Outcome | None:
    """Give back an amount of what was taken."""
    row = await _locked(tx, reference)
    if (before := await _known(tx, key, "refund", money, row)) is not None:
        return _answer(tx, before, "refund")
    _payable(money, row=row)
    if money.amount > row["captured"] - row["refunded"]:
        raise Refused(f"{row['captured']} was taken and {row['refunded']} given back")
    return await _changed(tx, key, row, "refund", money.amount, refunded=row["refunded"] + money.amount)


async def look_up(tx: Tx, key: str) -> Outcome | None:
    """How the payment stands that a call made or changed; None where no such call was done."""
    call = await tx.one(_CALL, key=key)
    return None if call is None else outcome_of(await _payment(tx, call["payment_id"]), tx.now)


def _payable(money: Money, least: Decimal | None = None, row: Row | None = None) -> None:
    decimals = DECIMALS.get(money.currency)
    if decimals is None or -int(money.amount.normalize().as_tuple().exponent) > decimals:
        raise Refused(f"{money.amount} {money.currency} is no amount that can be paid")
    if row is not None and money.currency != row["currency"]:
        raise Refused(f"the payment is in {row['currency']}")
    if money.amount < least if least is not None else money.amount <= 0:
        raise Refused(f"{money.amount} {money.currency} is too small an amount")


async def _known(tx: Tx, key: str, step: Step, money: Money | None, of: Row | None = None) -> Row | None:
    """The payment that a call of this key made or changed before, nobody else with the same being at it. Refused where
    it was another call."""
    await tx.run(_ALONE, key=key)
    call = await tx.one(_CALL, key=key)
    if call is None:
        return None
    row = await _payment(tx, call["payment_id"])
    same = money is None or (money.amount, money.currency) == (call["amount"], row["currency"])
    if call["step"] != step or not same or (of is not None and of["id"] != row["id"]):
        raise Refused("this key belongs to another call")
    await tx.run(_AGAIN, key=key, now=tx.now)
    return row


async def _changed(tx: Tx, key: str, row: Row, step: Step, amount: Decimal, **values: Any) -> Outcome | None:
    await _payments.update(tx, row["id"], values | {"settles_at": _settles(tx, row, step)})
    return await _done(tx, key, row["id"], step, amount)


async def _done(tx: Tx, key: str, payment_id: int, step: Step, amount: Decimal) -> Outcome | None:
    await _calls.insert(tx, {"key": key, "payment_id": payment_id, "step": step, "amount": amount})
    row = await _payment(tx, payment_id)
    silent = is_silent(row["behaviour"], step)
    await queue_of_payment(tx, row, "refunded" if step == "refund" else row["state"], by_itself=not silent)
    return None if silent else outcome_of(row, tx.now)


def _answer(tx: Tx, row: Row, step: Step) -> Outcome | None:
    return None if is_silent(row["behaviour"], step) else outcome_of(row, tx.now)


def _settles(tx: Tx, row: Row, step: Step) -> Any:
    """Until when a payment is said to be pending by what was done now; `row` holds the card's behaviour."""
    return tx.now + LATE if is_late(row["behaviour"], step) else None


async def _locked(tx: Tx, reference: str) -> Row:
    row = await tx.one(_LOCKED, reference=reference)
    if row is None:
        raise Refused("there is no such payment")
    return row


async def _payment(tx: Tx, payment_id: int) -> Row:
    row = await tx.one(_PAYMENT, id=payment_id)
    assert row is not None, "calls are of payments"
    return row
