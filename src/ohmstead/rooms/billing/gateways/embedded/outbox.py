"""The outbox of the embedded gateway: events as rows, written with what they tell of."""

from typing import Any

import msgspec

from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.billing.gateways.embedded.outcomes import settled
from ohmstead.rooms.billing.gateways.embedded.tables import embedded_event
from ohmstead.store.writes import Writes

_events = Writes(embedded_event)


async def queue_of_payment(tx: Tx, row: Row, happened: str, *, by_itself: bool) -> None:
    """Tell how a payment stands, once that is known; not `by_itself`: only when somebody has it sent."""
    content = {"payment": row["reference"], "outcome": msgspec.to_builtins(settled(row))}
    due_at = (row["settles_at"] or tx.now) if by_itself else None
    await _queue(tx, f"payment.{happened}", content, due_at=due_at, payment_id=row["id"])


async def queue_of_setup(tx: Tx, row: Row) -> None:
    """Tell that a card was entered."""
    await _queue(tx, "setup.stored", {"setup": row["reference"]}, due_at=tx.now, setup_id=row["id"])


async def _queue(tx: Tx, kind: str, content: dict[str, Any], **columns: Any) -> None:
    await _events.insert(tx, {"kind": kind, "content": content} | columns)
