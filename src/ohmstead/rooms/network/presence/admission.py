"""Admission: which charge point presents itself, and whether it proves to be the one."""

from typing import Literal

from sqlalchemy import bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.network.charge_points.passwords import NOBODY, matches
from ohmstead.rooms.network.charge_points.table import charge_point

Refusal = Literal["unknown", "unauthorized"]

_ADMIT = Statement(
    select(charge_point).where(charge_point.c.network_id == bindparam("identity"), charge_point.c.deleted_at.is_(None))
)


async def admit(tx: Tx, identity: str, password: bytes | None) -> Row | Refusal:
    """The charge point that presents itself, or why it may not come in. One with a password has to present it."""
    row = await tx.one(_ADMIT, identity=identity)
    stored = row["network_password"] if row else NOBODY
    proved = stored is None or matches(password or b"", stored)
    if row is None or row["communication_mode"] != "direct_ocpp":
        return "unknown"
    return row if proved else "unauthorized"
