"""The log of hardware statuses: each change of a charge point and of its EVSEs, kept three months."""

from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, bindparam, delete, insert, literal, select

from ohmstead.kit.db import Statement, Tx, table

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
_said = {
    name: bindparam(name, type_=_own[name].type)
    for name in ("charge_point_id", "evse_id", "status", "error_code", "vendor_id", "vendor_error_code", "info")
}
_now = bindparam("now", type_=_own.created_at.type)
_past = (
    delete(hardware_status_log)
    .where(_own.charge_point_id == _said["charge_point_id"], _own.created_at < _now - literal(KEEP))
    .cte("past")
)
_KEEP = Statement(
    insert(hardware_status_log)
    .from_select([*_said, "created_at", "updated_at"], select(*_said.values(), _now, _now))
    .add_cte(_past)
)


async def keep_status(tx: Tx, charge_point_id: int, evse_id: int | None, said: dict[str, Any]) -> None:
    """Note that a charge point, or one of its EVSEs, is in another state; what is too old of it goes."""
    await tx.run(
        _KEEP, charge_point_id=charge_point_id, evse_id=evse_id, status=said["status"], error_code=said["error"],
        vendor_id=said["vendor"], vendor_error_code=said["vendor_error"], info=said["info"], now=tx.now,
    )  # fmt: skip
