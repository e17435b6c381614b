"""Admission: which charge point presents itself, and whether it proves to be the one."""

from typing import Literal

from sqlalchemy import bindparam, func, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.network.charge_points.passwords import NOBODY, matches
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.models import charge_point_model

Refusal = Literal["unknown", "unauthorized"]

_numbers = select(func.array_agg(evse.c.network_id)).where(
    evse.c.station_id == charge_point.c.id, evse.c.deleted_at.is_(None)
)
_ADMIT = Statement(
    select(charge_point, charge_point_model.c.quirks, _numbers.scalar_subquery().label("evse_numbers"))
    .outerjoin(charge_point_model, charge_point_model.c.id == charge_point.c.model_id)
    .where(charge_point.c.network_id == bindparam("identity"), charge_point.c.deleted_at.is_(None))
)


async def admit(tx: Tx, identity: str, password: bytes | None) -> Row | Refusal:
    """The charge point that presents itself, with the `quirks` of its model and its `evse_numbers`, or why it may not
    come in. One with a password has to present it."""
    row = await tx.one(_ADMIT, identity=identity)
    stored = row["network_password"] if row else NOBODY
    proved = stored is None or matches(password or b"", stored)
    if row is None or row["communication_mode"] != "direct_ocpp":
        return "unknown"
    return row if proved else "unauthorized"
