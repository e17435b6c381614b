"""The audit's writer: a row for each act, whoever does it and however it ends."""

from typing import Any

from msgspec import Struct, structs
from sqlalchemy import bindparam, insert, select

from ohmstead.kit.db import Statement, Tx, as_columns, unnested_rows
from ohmstead.kit.facts import audit


class Act(Struct, frozen=True):
    """Who did what to which target; `refused` says why it came to nothing."""

    action: str
    target: str
    admin_id: int | None = None
    token_id: int | None = None
    changes: Any = None
    refused: str | None = None
    trace_id: str | None = None


_told = unnested_rows(**{name: audit.c[name].type for name in Act.__struct_fields__})
_WRITE = Statement(
    insert(audit).from_select([*_told.c.keys(), "at"], select(*_told.c, bindparam("at", type_=audit.c.at.type)))
)


async def write_audit(tx: Tx, *acts: Act) -> None:
    """In the transaction in which they were done."""
    await tx.run(_WRITE, at=tx.now, **as_columns(map(structs.asdict, acts)))
