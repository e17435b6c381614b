"""Delivering: events of the embedded gateway are signed and handed to where those of any provider come in."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec
from sqlalchemy import BigInteger, DateTime, Integer, bindparam, null, select, update

from ohmstead.kit.db import Row, Statement
from ohmstead.rooms.billing.gateways.embedded.adapter import EmbeddedGateway
from ohmstead.rooms.billing.gateways.embedded.tables import embedded_event
from ohmstead.rooms.billing.gateways.events import take
from ohmstead.rooms.billing.gateways.gateway import gateways
from ohmstead.store.due_work import DueWork, back_off

FIRST_RETRY, LAST_RETRY = timedelta(seconds=1), timedelta(hours=1)

_own = embedded_event.c
_key = bindparam("key", type_=BigInteger)
_now, _due_at = (bindparam(name, type_=DateTime(timezone=True)) for name in ("now", "due"))
_SENT = Statement(  # who has it sent again meanwhile has it sent again
    update(embedded_event)
    .where(_own.id == _key, _own.due_at == _due_at)
    .values(due_at=null(), sent_at=_now, updated_at=_now, failures=0)
)
_FAILED = Statement(
    update(embedded_event)
    .where(_own.id == _key)
    .values(due_at=_due_at, updated_at=_now, failures=bindparam("failures", type_=Integer))
)


class EmbeddedEvents(DueWork):
    """Sends what is due; what is not taken is sent again, up to once an hour."""

    due = Statement(
        select(*_own["id", "kind", "content", "due_at", "failures"])
        .where(_own.due_at <= _now)
        .order_by(_own.due_at, _own.id)
        .limit(bindparam("most", type_=Integer))
    )

    async def carry_out(self, row: Row) -> None:
        gateway = gateways.current[EmbeddedGateway.name]
        assert isinstance(gateway, EmbeddedGateway), "it is always among them"
        await take(self._database, gateway.name, *written(gateway, row))
        async with self._database.begin() as tx:
            await tx.run(_SENT, key=row["id"], due=row["due_at"], now=tx.now)

    async def failed(self, row: Row, error: Exception) -> None:
        failures = row["failures"] + 1
        async with self._database.begin() as tx:
            later = tx.now + back_off(failures, FIRST_RETRY, LAST_RETRY)
            await tx.run(_FAILED, key=row["id"], due=later, failures=failures, now=tx.now)


def written(gateway: EmbeddedGateway, row: Row) -> tuple[bytes, Mapping[str, str]]:
    """The body and the headers of an event, signed now."""
    raw = msgspec.json.encode({"id": f"ev_{row['id']}", "type": row["kind"]} | row["content"])
    return raw, gateway.sign(raw)
