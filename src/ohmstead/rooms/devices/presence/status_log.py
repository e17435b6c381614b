"""The log of hardware statuses: each change of a charge point and of its EVSEs, kept three months."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, bindparam, delete, insert, literal, select

from ohmstead.kit.db import Statement, Tx, as_columns, table, unnested_rows

KEEP = timedelta(days=90)

hardware_status_log = table(
    "hardware_status_log",
    # no foreign keys: neither is ever deleted, and a status should lock nothing but its own row
    Column("charge_point_id", BigInteger, nullable=False),
    Column("evse_id", BigInteger),  # None: it was of the charge point itself
    Column("status", Text, nullable=False),
    Column("error_code", Text),  # None: NoError
    Column("vendor_id", Text),
    Column("vendor_error_code", Text),
    Column("info", Text),
)

_own = hardware_status_log.c
Index("ix_hardware_status_log_charge_point", _own.charge_point_id, _own.created_at)
Index("ix_hardware_status_log_evse", _own.evse_id, _own.created_at)
_told = unnested_rows(
    **{
        name: _own[name].type
        for name in ("charge_point_id", "evse_id", "status", "error_code", "vendor_id", "vendor_error_code", "info")
    }
)
_now = bindparam("now", type_=_own.created_at.type)
_past = (
    delete(hardware_status_log)
    .where(_own.charge_point_id.in_(select(_told.c.charge_point_id)), _own.created_at < _now - literal(KEEP))
    .cte("past")
)
_KEEP = Statement(
    insert(hardware_status_log)
    .from_select([*_told.c.keys(), "created_at", "updated_at"], select(*_told.c, _now, _now))
    .add_cte(_past)
)


async def keep_statuses(tx: Tx, changes: Sequence[Mapping[str, Any]]) -> None:
    """Note that charge points or EVSEs are in another state, each a row of the log; what is too old of theirs goes."""
    if changes:
        await tx.run(_KEEP, now=tx.now, **as_columns(changes))
