"""Steps: what the engine says is next for a session's money, done. What asks no gateway is done at once; of the rest
the call is written, and made once the transaction is committed."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from ohmstead.engines.session_payments import Adjust, Capture, Pay, Refund, Step, Void
from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.billing.balance.spending import spend
from ohmstead.rooms.billing.gateways.calls import begin_call
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.methods.means import Means
from ohmstead.rooms.billing.refunds.refund import refund
from ohmstead.rooms.billing.sessions.accumulating import adjust, open_item
from ohmstead.rooms.billing.sessions.holds import of_card
from ohmstead.rooms.billing.sessions.ways import name_of
from ohmstead.rooms.billing.transactions.states import amend, moved, open_transaction, transaction


class Task(Struct):
    """A session's bill (its row, which changes with what is done), its transactions, and the means that may pay it."""

    bill: dict[str, Any]
    payments: Mapping[int, Row]
    means: list[Means]


async def take(tx: Tx, task: Task, step: Step) -> bool:
    """Do it; whether it is done, rather than on its way."""
    match step:
        case Capture(key, amount):
            await begin_call(tx, task.payments[key], "capture", amount)
        case Void(key):
            await begin_call(tx, task.payments[key], "void", Decimal(0))
        case Refund(key, amount):
            bill, row = task.bill, await transaction(tx, key, lock=True)
            await refund(tx, row, amount, f"session:{bill['session_id']}:r{bill['revision']}:{row['refunded']}")
            return row["gateway"] is None
        case Adjust(key, amount):
            await adjust(tx, task.payments[key], amount)
            return True
        case Pay():
            return await _pay(tx, task, step)
    return False


async def _pay(tx: Tx, task: Task, step: Pay) -> bool:
    means = next(one for one in task.means if name_of(one) == step.means)
    if step.discount:
        await _let_off(tx, task.bill, step.discount)
    if not step.amount:
        return True
    values = {
        "purchase_type": "session", "purchase_id": task.bill["session_id"], "session_id": task.bill["session_id"],
        "user_id": task.bill["user_id"], "partner_id": task.bill["partner_id"], "currency": task.bill["currency"],
        "amount": step.amount, "attempt": task.bill["round"],
    }  # fmt: skip
    return await _PAYING[means.type](tx, means, values)


async def _by_card(tx: Tx, means: Means, values: dict[str, Any]) -> bool:
    row = {**values, **of_card(means)}
    row["id"] = await open_transaction(tx, **row)
    await begin_call(tx, row, "authorize", values["amount"])
    return False


async def _by_balance(tx: Tx, means: Means, values: dict[str, Any]) -> bool:
    key = await _paid_at_once(tx, means, values)
    money = Money(values["amount"], values["currency"])
    voucher = await spend(tx, values["user_id"], money, key, "transaction")
    if voucher is None:
        await moved(tx, await transaction(tx, key))
    else:
        await amend(tx, key, voucher_id=voucher)
    return True


async def _by_account(tx: Tx, means: Means, values: dict[str, Any]) -> bool:
    key, currency = await _paid_at_once(tx, means, values), values["currency"]
    owed = Account("receivable", currency, values["user_id"])
    await post(tx, Entry(
        key=f"transaction:{key}:corporate", debit=Account("corporate", currency, means.partner_id or 0), credit=owed,
        amount=values["amount"], transaction_id=key, session_id=values["session_id"],
    ))  # fmt: skip
    await moved(tx, await transaction(tx, key))
    return True


async def _by_subscription(tx: Tx, means: Means, values: dict[str, Any]) -> bool:
    await open_item(tx, means, values)
    return True


_PAYING: Mapping[str, Callable[[Tx, Means, dict[str, Any]], Awaitable[bool]]] = {
    "tokenized": _by_card,
    "balance": _by_balance,
    "corporate": _by_account,
    "subscription": _by_subscription,
}


async def _paid_at_once(tx: Tx, means: Means, values: dict[str, Any]) -> int:
    paid = {"status": "finalized", "captured": values["amount"], "finalized_at": tx.now}
    return await open_transaction(tx, **values, **paid, means=means.type, payment_method_id=means.id)


async def _let_off(tx: Tx, bill: dict[str, Any], amount: Decimal) -> None:
    """A discount, once in a round: who gives one pays all the rest."""
    bill["discount"] += amount
    currency, session_id = bill["currency"], bill["session_id"]
    await post(tx, Entry(
        key=f"session:{session_id}:r{bill['revision']}:{bill['round']}:discount", debit=Account("discount", currency),
        credit=Account("receivable", currency, bill["user_id"] or 0), amount=amount, session_id=session_id,
    ))  # fmt: skip
