"""States of transactions: they have ranks and only rise, so that of events in any order the same remains (D24)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.questions import Question
from ohmstead.rooms.billing.durable_facts import TransactionChanged
from ohmstead.rooms.billing.transactions.table import Status, payment_transaction
from ohmstead.store.writes import Writes

RANKS: Mapping[Status, int] = {
    "initialized": 0, "pending": 1, "authorized": 2, "failed": 3, "reversed": 4, "finalized": 4, "refunded": 5,
}  # fmt: skip
"""Of equal rank the first stays. What `failed` may turn out to have been captured."""

moved: Question[[Tx, Row], None] = Question("what follows from a transaction's new state?")
"""Asked with the row as it now is, in the transaction that changed it: of sessions, fees, top-ups, charges ad hoc."""

_own, _writes = payment_transaction.c, Writes(payment_transaction)
_key = bindparam("key", type_=BigInteger)
_ROW = Statement(select(payment_transaction).where(_own.id == _key))
_LOCKED = Statement(select(payment_transaction).where(_own.id == _key).with_for_update(key_share=True))
_ITEM = Statement(select(_own.id).where(_own.bill_id == _key).limit(1))


async def transaction(tx: Tx, key: int, lock: bool = False) -> Row:
    """A transaction by its id; LookupError where there is none."""
    found = await tx.one(_LOCKED if lock else _ROW, key=key)
    if found is None:
        raise LookupError(f"there is no transaction {key}")
    return found


async def open_transaction(tx: Tx, **values: Any) -> int:
    """A new transaction, by the columns of its table (`initialized` where no status is said); its id."""
    key = (await _writes.insert(tx, {"status": "initialized"} | values))["id"]
    tx.tell(TransactionChanged(id=key, action="created"))
    return key


async def move(tx: Tx, key: int, status: Status, *, locked: Row | None = None, **values: Any) -> Row | None:
    """Raise a transaction to a state, with further columns; the row as it then is. None where it has that state or one
    above: nothing is changed then. `locked`: the row, by who has locked it."""
    row = locked or await transaction(tx, key, lock=True)
    if RANKS[status] <= RANKS[row["status"]]:
        return None
    if status == "finalized":
        values.setdefault("finalized_at", tx.now)
    return await amend(tx, key, status=status, **values)


async def amend(tx: Tx, key: int, **values: Any) -> Row:
    """Change columns of a transaction that is locked, tell of it and let follow what follows; the row as it then is."""
    row = await _writes.update(tx, key, values)
    assert row is not None, "it is locked"
    tx.tell(TransactionChanged(id=key, action="updated"))
    await moved(tx, row)
    return row


async def is_bill(tx: Tx, key: int) -> bool:
    """Whether a transaction is the bill of a subscription, which others name."""
    return await tx.value(_ITEM, key=key) is not None


def paid(row: Row) -> Decimal:
    """What of a transaction was collected and not given back."""
    return row["captured"] - row["refunded"]
