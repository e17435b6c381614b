"""Deliveries in the log, as the fan-out and the senders would leave them."""

from typing import Any

from sqlalchemy import func, insert, select

from ohmstead.app.system import System
from ohmstead.kit.db import Row
from ohmstead.rooms.notices.tables import notification_delivery, notification_event


async def logged(system: System, subscription_id: int, name: str = "evse.changed", **values: Any) -> int:
    """A delivery of an event of its own, to wait for its first attempt unless it is said otherwise; its id."""
    async with system.database.begin() as tx:
        fact = (await tx.value(select(func.coalesce(func.max(notification_event.c.fact_id), 0)))) + 1
        told = {"fact_id": fact, "name": name, "entity": "evse:7", "created_at": values.get("created_at", tx.now)}
        body = b'{"notification":"%s","id":7}' % name.encode()
        made = insert(notification_event).values(told | {"body": body}).returning(notification_event.c.id)
        row = told | {"subscription_id": subscription_id, "event_id": await tx.value(made), "bytes": len(body)}
        row |= {"due_at": tx.now} | values
        return await tx.value(insert(notification_delivery).values(row).returning(notification_delivery.c.id))


async def delivery(system: System, key: int) -> Row:
    """One, as it is now."""
    async with system.database.read() as tx:
        row = await tx.one(select(notification_delivery).where(notification_delivery.c.id == key))
    assert row is not None
    return row
