"""The audit's writer: a row for each act, whoever does it and however it ends."""

from typing import Any

from sqlalchemy import insert

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import audit

_COLUMNS = ("at", "admin_id", "token_id", "action", "target", "changes", "refused", "trace_id")
_WRITE = Statement(insert(audit).values(dict.fromkeys(_COLUMNS)))


async def write_audit(
    tx: Tx,
    action: str,
    target: str,
    *,
    admin_id: int | None = None,
    token_id: int | None = None,
    changes: Any = None,
    refused: str | None = None,
    trace_id: str | None = None,
) -> None:
    """Who did what to which target, in the transaction in which it was done; `refused` says why it came to nothing."""
    await tx.run(
        _WRITE, at=tx.now, admin_id=admin_id, token_id=token_id, action=action, target=target, changes=changes,
        refused=refused, trace_id=trace_id,
    )  # fmt: skip
