"""Spending: what is on a user's balance, what is taken off it to pay, what comes back to it, and what is put on it.

All in the caller's transaction, in which the user, its vouchers and the ledger's account move together or not at all.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import Text, bindparam, insert, select, text

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.balance import account
from ohmstead.rooms.billing.balance.codes import new_code
from ohmstead.rooms.billing.balance.voucher_table import voucher
from ohmstead.rooms.billing.durable_facts import BalanceChange
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.billing.ledger.entries import ledger_entry
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.rooms.operator.exchange import converted

NONE = Decimal(0)
_POSTED = Statement(
    select(ledger_entry.c.id, ledger_entry.c.voucher_id).where(ledger_entry.c.key == bindparam("key", type_=Text))
)
_PAID = Statement(
    text("""
SELECT SUM(entry.amount) FILTER (WHERE debit.kind = 'user_balance') AS taken,
       SUM(entry.amount) FILTER (WHERE credit.kind = 'user_balance') AS given,
       SUM(entry.amount) FILTER (WHERE credit.kind = 'receivable') AS paid,
       SUM(entry.amount) FILTER (WHERE debit.kind = 'receivable') AS returned
FROM ledger_entry AS entry
JOIN ledger_account AS debit ON debit.id = entry.debit_id JOIN ledger_account AS credit ON credit.id = entry.credit_id
WHERE entry.transaction_id = CAST(:transaction AS bigint)
  AND (debit.kind IN ('user_balance', 'exchange') OR credit.kind IN ('user_balance', 'exchange'))""")
)
_GAVE = Statement(
    text("""
SELECT voucher.id, LEAST(SUM(entry.amount), voucher.amount - voucher.remaining_amount) AS room
FROM voucher JOIN ledger_entry AS entry ON entry.voucher_id = voucher.id
JOIN ledger_account AS debit ON debit.id = entry.debit_id
WHERE entry.transaction_id = CAST(:transaction AS bigint) AND debit.kind = 'user_balance'
  AND (voucher.expires_at IS NULL OR voucher.expires_at > :now)
GROUP BY voucher.id ORDER BY voucher.expires_at DESC NULLS FIRST, voucher.id DESC""")
)


class NotExchanged(Exception):
    """The operator has no rate between a currency and the base currency."""


async def available(tx: Tx, user_id: int, lock: bool = False) -> Decimal:
    """What a user may spend, in base currency; below 0 it is owed. Locked, it stays so until the transaction ends."""
    found = await account.balance(tx, user_id, lock)
    return found if lock else found - await account.expired_remains(tx, user_id)


async def in_base(tx: Tx, money: Money) -> Money:
    """An amount in base currency, rounded; NotExchanged where there is no rate. Without a base currency as it is."""
    base = await settings.base_currency_code(tx) or money.currency
    found = await converted(tx, money.amount, money.currency, base)
    if found is None:
        raise NotExchanged(f"there is no rate between {money.currency} and {base}")
    return Money((await precision_of(tx, base)).amount(found), base)


async def spend(tx: Tx, user_id: int, amount: Money, transaction_id: int, kind: BalanceChange) -> int | None:
    """Take an amount off a user's balance for a transaction, all of it, below 0 if need be: what expires first goes
    first. The id of the first voucher that gave, if one did. A transaction spends once."""
    return await take(tx, user_id, amount, transaction_id, kind, f"transaction:{transaction_id}:balance")


async def take(tx: Tx, user_id: int, amount: Money, transaction_id: int, kind: BalanceChange, key: str) -> int | None:
    """The same once by a ledger key, of which each voucher that gives gets one by its number."""
    await account.balance(tx, user_id, lock=True)
    if (posted := await tx.one(_POSTED, key=f"{key}:1")) is not None:
        return posted["voucher_id"]
    taken = await in_base(tx, amount)
    if taken.amount <= 0:
        return None
    parts = _parts(await account.spendable(tx, user_id), taken.amount)
    mine, owed = Account("user_balance", taken.currency, user_id), Account("receivable", amount.currency, user_id)
    same = amount.currency == taken.currency
    where = owed if same else Account("exchange", taken.currency)
    entries = [
        Entry(key=f"{key}:{n}", debit=mine, credit=where, amount=part, transaction_id=transaction_id, voucher_id=one)
        for n, (one, part) in enumerate(parts, 1)
    ]
    if not same:
        other = Account("exchange", amount.currency)
        entries.append(_entry(f"{key}:exchanged", other, owed, amount.amount, transaction_id))
    for one, part in parts:
        if one is not None:
            await account.leave(tx, one, -part)
    assert len(await post(tx, *entries)) == len(entries), f"{key} was spent in part"
    await account.move(tx, user_id, -taken.amount, taken.currency, kind, transaction_id)
    return parts[0][0]


def _parts(vouchers: list[Row], amount: Decimal) -> list[tuple[int | None, Decimal]]:
    """How much each voucher gives of an amount, and what none does."""
    parts: list[tuple[int | None, Decimal]] = []
    for row in vouchers:
        if amount <= 0:
            break
        part = min(amount, row["remaining_amount"])
        parts.append((row["id"], part))
        amount -= part
    return [*parts, (None, amount)] if amount > 0 else parts


async def give_back(tx: Tx, user_id: int, amount: Money, transaction_id: int, key: str) -> None:
    """Put an amount back that was spent for a transaction, in the transaction's currency, once by its ledger key: on
    the vouchers that gave it, where they are still good. The entry is receivable -> user_balance. ValueError where more
    comes back than was spent."""
    before = await account.balance(tx, user_id, lock=True)
    if amount.amount <= 0 or await tx.one(_POSTED, key=key) is not None:
        return
    base = await settings.base_currency_code(tx) or amount.currency
    back = await _taken_for(tx, amount, transaction_id, base)
    mine, owed = Account("user_balance", base, user_id), Account("receivable", amount.currency, user_id)
    if amount.currency == base:
        entries = [_entry(key, owed, mine, back, transaction_id)]
    else:
        there, here = Account("exchange", amount.currency), Account("exchange", base)
        entries = [_entry(key, owed, there, amount.amount, transaction_id)]
        entries += [_entry(f"{key}:exchanged", here, mine, back, transaction_id)] if back > 0 else []
    await post(tx, *entries)
    if back > 0:
        after = await account.move(tx, user_id, back, base, "transaction", transaction_id)
        await _refill(tx, user_id, Money(max(NONE, after) - max(NONE, before), base), transaction_id)


async def _taken_for(tx: Tx, amount: Money, transaction_id: int, base: str) -> Decimal:
    """What an amount that is given back was in base currency when it was spent."""
    row = await tx.one(_PAID, transaction=transaction_id) or {}
    taken, given, paid, returned = (row.get(name) or NONE for name in ("taken", "given", "paid", "returned"))
    if returned + amount.amount > paid:
        raise ValueError(f"transaction {transaction_id} took {paid}, {returned} is back: {amount.amount} is more")
    if returned + amount.amount == paid:
        return taken - given
    return min(taken - given, (await precision_of(tx, base)).amount(taken * amount.amount / paid))


async def _refill(tx: Tx, user_id: int, amount: Money, transaction_id: int) -> None:
    """Vouchers have again what they gave; for what none of them can take there is a new one, which does not expire."""
    left = amount.amount
    for row in await tx.all(_GAVE, transaction=transaction_id, now=tx.now):
        part = min(left, row["room"])
        if part > 0:
            await account.leave(tx, row["id"], part)
            left -= part
    if left > 0:
        await _voucher(tx, user_id, Money(left, amount.currency), left, {"type": "top_up_by_operator"})


async def credit(
    tx: Tx, user_id: int, amount: Money, kind: str, *, bonus: Decimal = NONE, transaction_id: int | None = None,
    **values: Any,
) -> int:  # fmt: skip
    """Put an amount in base currency on a user's balance by a voucher of a type (`kind`) that is redeemed at once; its
    id. `values` are further columns of it. What was bought by a transaction is paid for, but for the bonus."""
    before = await account.balance(tx, user_id, lock=True)
    whole = Money(amount.amount + bonus, amount.currency)
    left = whole.amount - min(whole.amount, max(NONE, -before))
    key = await _voucher(tx, user_id, whole, left, values | {"type": kind, "transaction_id": transaction_id})
    mine, currency = Account("user_balance", amount.currency, user_id), amount.currency
    if transaction_id is None:
        entries = [(f"voucher:{key}:redeemed", account.given_by(kind, currency), whole.amount)]
    else:
        entries = [(f"transaction:{transaction_id}:top_up", Account("receivable", currency, user_id), amount.amount)]
        entries += [(f"transaction:{transaction_id}:bonus", Account("top_up", currency), bonus)] if bonus > 0 else []
    made = [_entry(name, source, mine, sum_, transaction_id, key) for name, source, sum_ in entries]
    if len(await post(tx, *made)) != len(made):
        raise ValueError(f"transaction {transaction_id} was credited before")
    await account.move(tx, user_id, whole.amount, currency, account.CHANGE_OF[kind], transaction_id)
    return key


async def _voucher(tx: Tx, user_id: int, amount: Money, left: Decimal, values: dict[str, Any]) -> int:
    row = {
        "code": new_code(), "amount": amount.amount, "currency": amount.currency, "remaining_amount": left,
        "user_id": user_id, "redeemed_at": tx.now, "created_at": tx.now, "updated_at": tx.now,
    }  # fmt: skip
    return await tx.value(insert(voucher).values(row | values).returning(voucher.c.id))


def _entry(key: str, debit: Account, credit: Account, amount: Decimal, of: int | None, by: int | None = None) -> Entry:
    return Entry(key=key, debit=debit, credit=credit, amount=amount, transaction_id=of, voucher_id=by)
