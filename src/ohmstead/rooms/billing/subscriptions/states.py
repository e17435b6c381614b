"""States of subscriptions: how one is changed, and who is told."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.durable_facts import SubscriptionChanged, SubscriptionStatus
from ohmstead.rooms.billing.subscriptions.table import subscription
from ohmstead.store.writes import Writes

_writes = Writes(subscription)
_LOCKED = Statement(
    select(subscription).where(subscription.c.id == bindparam("key", type_=BigInteger)).with_for_update(key_share=True)
)


async def locked(tx: Tx, key: int) -> Row:
    """A subscription, locked; LookupError where there is none."""
    row = await tx.one(_LOCKED, key=key)
    if row is None:
        raise LookupError(f"there is no subscription {key}")
    return row


async def amend(tx: Tx, row: Row, **values: Any) -> Row:
    """Change columns that nobody is told of, of one that is locked; the row as it then is."""
    return await _writes.update(tx, row["id"], values) or row


async def enter(tx: Tx, row: Row, status: SubscriptionStatus, **values: Any) -> Row:
    """The same, and have it be in a state, which is told where it is another."""
    if row["status"] == status:
        return await amend(tx, row, **values) if values else row
    after = await amend(tx, row, status=status, status_at=tx.now, **values)
    tx.tell(SubscriptionChanged(
        id=after["id"], user_id=after["user_id"], plan_id=after["plan_id"], status=status, ends_at=after["ends_at"]
    ))  # fmt: skip
    return after
