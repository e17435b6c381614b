"""Taxed: an amount in base currency, with the tax of the operator's default that is in it."""

from decimal import Decimal
from typing import NamedTuple

from msgspec import UNSET
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.taxes import tax

_PERCENTAGE = Statement(select(tax.c.percentage).where(tax.c.id == bindparam("tax", type_=BigInteger)))


class Taxed(NamedTuple):
    """What is to be paid, rounded, and what of it is net."""

    amount: Decimal
    net: Decimal
    currency: str
    tax_id: int | None
    tax_percentage: Decimal | None


async def taxed(tx: Tx, amount: Decimal) -> Taxed | None:
    """An amount with tax, by the default tax as it is now; None while there is no base currency."""
    currency = await settings.base_currency_code(tx)
    if currency is None:
        return None
    rounded = (await settings.base_precision(tx)).amount
    amount = rounded(amount)
    default = (await settings.read(tx)).default_tax
    if default is UNSET:
        return Taxed(amount, amount, currency, None, None)
    percentage = await tx.value(_PERCENTAGE, tax=default.id)
    return Taxed(amount, rounded(amount * 100 / (100 + percentage)), currency, default.id, percentage)


async def book_sale(tx: Tx, transaction_id: int, user_id: int, sold: Taxed) -> bool:
    """It was sold to a user, who owes it, by a transaction: whether that is news, for it is booked once."""
    owed = Account("receivable", sold.currency, user_id)
    sides = {"net": Account("revenue", sold.currency), "tax": Account("tax", sold.currency, sold.tax_id or 0)}
    parts = {"net": sold.net, "tax": sold.amount - sold.net}
    entries = (
        Entry(key=f"transaction:{transaction_id}:billed:{name}", debit=owed, credit=sides[name], amount=part,
              transaction_id=transaction_id)
        for name, part in parts.items() if part > 0
    )  # fmt: skip
    return bool(await post(tx, *entries))
