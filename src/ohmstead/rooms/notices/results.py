"""Results of attempts: written together, many deliveries in one statement."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import BigInteger, bindparam, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.batches import Batcher
from ohmstead.kit.db import Database, DatabaseUnavailable, Row, Statement, Tx, as_columns, unnested_rows
from ohmstead.kit.views import stamp
from ohmstead.rooms.notices.lanes import Delivery
from ohmstead.rooms.notices.tables import notification_delivery, notification_subscription
from ohmstead.rooms.notices.transport import Outcome

GATHER_S = 0.05
AGAIN_S = 1.0
MOST_TEXT = 500

_own, _subscription = notification_delivery.c, notification_subscription.c
_COLUMNS = ("id", "attempts", "status", "due_at", "delivered_at", "response_status", "error", "latency_ms", "log")
_told = unnested_rows(**{name: _own[name].type for name in _COLUMNS})
_WRITE = Statement(
    update(notification_delivery)
    .where(_own.id == _told.c.id, _own.status == "pending", _own.attempts == _told.c.attempts - 1)
    .values(
        {name: _told.c[name] for name in _COLUMNS[1:-1]} | {"log": _own.log.op("||", return_type=JSONB)(_told.c.log)}
    )
)
_failing = unnested_rows(id=BigInteger, failing_since=_subscription.failing_since.type)
_FAILING = Statement(
    update(notification_subscription)
    .where(_subscription.id == _failing.c.id)
    .values(failing_since=_failing.c.failing_since)
)
_DISABLE = Statement(
    update(notification_subscription)
    .where(
        _subscription.id == bindparam("id_"),
        _subscription.disabled_at.is_(None),
        _subscription.updated_at == bindparam("as_of", type_=_subscription.updated_at.type),
    )
    .values(disabled_at=bindparam("now"), updated_at=bindparam("now"), disabled_reason=bindparam("reason"))
)
_FAIL_ALL = Statement(
    update(notification_delivery)
    .where(_own.subscription_id == bindparam("id_"), _own.status == "pending")
    .values(status="failed", due_at=None, error=bindparam("reason"))
)


class Result(Struct, frozen=True, kw_only=True):
    """What came of an attempt: it is delivered, failed for good, or due again. `failing_since`, where that changed, is
    since when its subscription is failing."""

    delivery: Delivery
    subscription_id: int
    at: datetime
    outcome: Outcome
    status: Literal["pending", "delivered", "failed"]
    due_at: datetime | None = None
    failing_since: datetime | UnsetType | None = UNSET


class Results:
    """Writes them. One that another process was faster with changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batcher: Batcher[Result, None] = Batcher(self._write, GATHER_S)

    def put(self, result: Result) -> "asyncio.Future[None]":
        """Done once it is durable, however long the database is away."""
        return self._batcher.put(result)

    async def _write(self, results: list[Result]) -> Sequence[None]:
        while True:
            try:
                await self._written(results)
                return [None] * len(results)
            except DatabaseUnavailable:
                await asyncio.sleep(AGAIN_S)

    async def _written(self, results: list[Result]) -> None:
        failing = {
            one.subscription_id: one.failing_since for one in results if not isinstance(one.failing_since, UnsetType)
        }
        async with self._database.begin() as tx:
            await tx.run(_WRITE, **as_columns(_row(one) for one in results))
            if failing:
                await tx.run(_FAILING, id=[*failing], failing_since=[*failing.values()])


def _row(result: Result) -> Row:
    outcome, attempts = result.outcome, result.delivery.attempts + 1
    error = None if outcome.error is None else outcome.error.replace("\0", "")[:MOST_TEXT]
    entry = {"at": stamp(result.at), "status": outcome.status, "error": error, "latencyMs": outcome.latency_ms}
    return {
        "id": result.delivery.id, "attempts": attempts, "status": result.status, "due_at": result.due_at,
        "delivered_at": result.at if result.status == "delivered" else None, "response_status": outcome.status,
        "error": error, "latency_ms": outcome.latency_ms, "log": entry,
    }  # fmt: skip


async def disable(tx: Tx, subscription: Row, reason: str) -> bool:
    """Disable a subscription, unless somebody changed it since, and take what it still was to get as failed; whether it
    was done."""
    known: dict[str, Any] = {"id_": subscription["id"], "reason": reason}
    if not await tx.run(_DISABLE, as_of=subscription["updated_at"], now=tx.now, **known):
        return False
    await tx.run(_FAIL_ALL, **known)
    return True
