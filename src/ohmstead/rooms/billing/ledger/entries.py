"""Entries: a sum that is taken from one account (debit) and given to another (credit), posted once by its key."""

from decimal import Decimal
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Numeric, Text, UniqueConstraint, text

from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.rooms.billing.ledger.accounts import KEPT, Account

ledger_entry = table(
    "ledger_entry",
    Column("key", Text, nullable=False),  # what it is the effect of, "transaction:7:captured"
    Column("debit_id", BigInteger, ForeignKey("ledger_account.id"), nullable=False, index=True),
    Column("credit_id", BigInteger, ForeignKey("ledger_account.id"), nullable=False, index=True),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    timestamp("effective_at", nullable=False),  # when it became true; `created_at`: when we knew
    Column("transaction_id", BigInteger),
    Column("session_id", BigInteger),
    Column("voucher_id", BigInteger),
    UniqueConstraint("key"),
    CheckConstraint("amount > 0", name="above_zero"),
    Index("ix_ledger_entry_transaction_id", "transaction_id"),
    Index("ix_ledger_entry_session_id", "session_id"),
    Index("ix_ledger_entry_voucher_id", "voucher_id"),
)


class Entry(Struct, frozen=True, kw_only=True):
    """`amount` (above 0) is taken from `debit` and given to `credit`, which are of one currency."""

    key: str
    debit: Account
    credit: Account
    amount: Decimal
    transaction_id: int | None = None
    session_id: int | None = None
    voucher_id: int | None = None


_side = "kind text, owner_id bigint, currency text"
_ACCOUNTS = Statement(
    text(f"""
INSERT INTO ledger_account (kind, owner_id, currency, balance, created_at, updated_at)
SELECT kind, owner_id, currency, CASE WHEN kind = ANY(CAST(:kept AS text[])) THEN 0 END, :now, :now
FROM json_to_recordset(CAST(:named AS json)) AS one({_side})
WHERE NOT EXISTS (
    SELECT FROM ledger_account AS known
    WHERE (known.kind, known.owner_id, known.currency) = (one.kind, one.owner_id, one.currency))
ORDER BY kind, owner_id, currency ON CONFLICT DO NOTHING""")
)
_POST = Statement(
    text("""
WITH told AS (
    SELECT one.*, debit.id AS debit_id, credit.id AS credit_id
    FROM json_to_recordset(CAST(:told AS json)) AS one(
        key text, debit_kind text, debit_owner bigint, credit_kind text, credit_owner bigint, amount numeric,
        currency text, transaction_id bigint, session_id bigint, voucher_id bigint)
    JOIN ledger_account AS debit
      ON (debit.kind, debit.owner_id, debit.currency) = (debit_kind, debit_owner, one.currency)
    JOIN ledger_account AS credit
      ON (credit.kind, credit.owner_id, credit.currency) = (credit_kind, credit_owner, one.currency)
), posted AS (
    INSERT INTO ledger_entry (key, debit_id, credit_id, amount, currency, effective_at, transaction_id, session_id,
        voucher_id, created_at, updated_at)
    SELECT key, debit_id, credit_id, amount, currency, :now, transaction_id, session_id, voucher_id, :now, :now
    FROM told ON CONFLICT (key) DO NOTHING RETURNING key, debit_id, credit_id, amount
), moved AS (
    SELECT id, SUM(amount) AS amount FROM (
        SELECT credit_id AS id, amount FROM posted UNION ALL SELECT debit_id, -amount FROM posted) AS sides
    GROUP BY id
), kept AS (
    UPDATE ledger_account SET balance = balance + moved.amount, updated_at = :now
    FROM moved WHERE ledger_account.id = moved.id AND balance IS NOT NULL
)
SELECT key FROM posted""")
)


async def post(tx: Tx, *entries: Entry) -> set[str]:
    """Post what is not posted yet; the keys of those that were not."""
    if not entries:
        return set()
    for one in entries:
        if one.debit.currency != one.credit.currency or one.amount <= 0:
            raise ValueError(f"no entry: {one}")
    named = [structs.asdict(account) for account in {side for one in entries for side in (one.debit, one.credit)}]
    await tx.run(_ACCOUNTS, named=named, kept=list(KEPT), now=tx.now)
    return {row["key"] for row in await tx.all(_POST, told=[_row(one) for one in entries], now=tx.now)}


def _row(one: Entry) -> dict[str, Any]:
    fields = structs.asdict(one)
    debit, credit = fields.pop("debit"), fields.pop("credit")
    sides = {"debit_kind": debit.kind, "debit_owner": debit.owner_id}
    sides |= {"credit_kind": credit.kind, "credit_owner": credit.owner_id, "currency": debit.currency}
    return fields | sides
