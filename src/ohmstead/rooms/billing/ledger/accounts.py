"""Accounts: what money lies on or is owed by, one for each kind, owner and currency; made when first posted to."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct, structs
from sqlalchemy import BigInteger, Column, Numeric, Text, UniqueConstraint, text

from ohmstead.kit.db import Statement, Tx, table

Kind = Literal[
    "user_balance",  # of a user: what the operator owes it (below 0: it owes)
    "receivable",  # of a user (0: who has no account): what was sold and is not paid
    "corporate",  # of a partner: what its users charged on its account
    "gateway",  # what payment providers collected for us
    "external",  # what was collected outside of the system
    "voucher",  # what vouchers gave away
    "top_up",  # what top-up packages gave on top of their price
    "credit",  # what the operator put on balances by hand or through the API
    "revenue",  # sold, without tax
    "tax",  # of a tax (0: none): collected for the state
    "discount",  # let off the price by contract
    "waived",  # given up
    "subscription",  # of a user: between what its subscription pays and the bills that collect it; 0 when all is billed
    "exchange",  # between currencies
    "partner",  # what a partner is owed
]

KEPT: tuple[Kind, ...] = ("user_balance",)
"""Kinds whose balance is kept beside the entries, because it decides what may be spent. Of the others nobody waits for
anybody: every sale touches the account of revenue."""

ledger_account = table(
    "ledger_account",
    Column("kind", Text, nullable=False),
    Column("owner_id", BigInteger, nullable=False),  # 0: the operator's own
    Column("currency", Text, nullable=False),  # ISO 4217
    Column("balance", Numeric),  # given to it less taken from it; kept of KEPT alone
    UniqueConstraint("kind", "owner_id", "currency"),
)


class Account(Struct, frozen=True):
    """Names an account."""

    kind: Kind
    currency: str
    owner_id: int = 0


_BALANCE = Statement(
    text("""
SELECT COALESCE(SUM(CASE WHEN entry.credit_id = account.id THEN entry.amount ELSE -entry.amount END), 0)
FROM ledger_account AS account JOIN ledger_entry AS entry ON account.id IN (entry.credit_id, entry.debit_id)
WHERE account.kind = CAST(:kind AS text) AND account.currency = CAST(:currency AS text)
  AND account.owner_id = CAST(:owner_id AS bigint)""")
)


async def balance_of(tx: Tx, account: Account) -> Decimal:
    """What was given to an account less what was taken from it, by its entries."""
    return await tx.value(_BALANCE, **structs.asdict(account))
