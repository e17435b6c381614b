"""States of subscriptions: how one is made and changed, and who is told."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, bindparam, select, update

from ohmstead.engines.subscription_cycles import cycle_end
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.durable_facts import SubscriptionChanged
from ohmstead.rooms.billing.subscriptions.table import subscription
from ohmstead.rooms.billing.subscriptions.terms import Terms
from ohmstead.rooms.people.users import UserChanged, ev_user
from ohmstead.store.writes import Writes

LIVING = ("pending", "active", "suspended")
_TOLD = ("status", "plan_id", "ends_at")

_own, _writes = subscription.c, Writes(subscription)
_key = bindparam("key", type_=BigInteger)
_LOCKED = Statement(select(subscription).where(_own.id == _key).with_for_update(key_share=True))
_user = bindparam("user", type_=BigInteger)
_NOT_OVER = Statement(
    select(subscription)
    .where(_own.user_id == _user, _own.status != "expired", _own.status != "failed")
    .order_by(_own.id)
    .with_for_update(key_share=True)
)
_OF_USER = Statement(
    update(ev_user)
    .where(ev_user.c.id == _user)
    .values(subscription_id=bindparam("of", type_=BigInteger), updated_at=bindparam("now"))
)


async def locked(tx: Tx, key: int) -> Row:
    """A subscription by its id, locked."""
    row = await tx.one(_LOCKED, key=key)
    assert row is not None, f"there is no subscription {key}"
    return row


async def not_over(tx: Tx, user_id: int) -> list[Row]:
    """The subscriptions of a user that have not ended, locked: one that lives, and canceled ones."""
    return await tx.all(_NOT_OVER, user=user_id)


async def added(tx: Tx, values: dict[str, Any]) -> Row:
    """A new subscription."""
    row = await _writes.insert(tx, {"status_at": tx.now, **values})
    await _tell(tx, row)
    return row


async def changed(tx: Tx, before: Row, **values: Any) -> Row:
    """Change a subscription that is locked, and tell of it; as it then is."""
    if values.get("status", before["status"]) != before["status"]:
        values["status_at"] = tx.now
    row = await _writes.update(tx, before["id"], values)
    assert row is not None, "it is locked"
    if any(row[name] != before[name] for name in _TOLD):
        await _tell(tx, row)
    return row


async def _tell(tx: Tx, row: Row) -> None:
    told = {name: row[name] for name in ("id", "user_id", *_TOLD)}
    if row["status"] == "failed":  # it never began: who was told of it as pending hears that it is over
        told["status"] = "expired"
    tx.tell(SubscriptionChanged(**told))
    if row["status"] in ("active", "expired"):
        await tx.run(_OF_USER, user=row["user_id"], of=row["id"] if row["status"] == "active" else None, now=tx.now)
        tx.tell(UserChanged(id=row["user_id"], action="updated"))


def following(row: Row, terms: Terms) -> dict[str, Any]:
    """The columns that say where the following cycle is."""
    begin, zone = row["ends_at"], ZoneInfo(row["zone"])
    ends_at = cycle_end(row["anchor"], begin, terms.renewal_cycle, zone)
    return {"cycle": row["cycle"] + 1, "cycle_started_at": begin, "ends_at": ends_at, "due_at": ends_at}
