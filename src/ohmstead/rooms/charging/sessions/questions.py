"""Answers to the rooms below: what has a session cannot be taken away."""

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, or_, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.writes import Write
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.evses import evses, in_use

_key = bindparam("key", type_=BigInteger)
_running = or_(session.c.status == "active", session.c.status == "pending")
_AT_POINT = Statement(
    select(session.c.id).where(_running, or_(session.c.charge_point_id == _key, session.c.station_id == _key)).limit(1)
)
_AT_EVSE = Statement(select(session.c.id).where(_running, session.c.evse_id == _key).limit(1))
_AT_EVSES = Statement(
    select(session.c.evse_id).where(_running, session.c.evse_id == any_(bindparam("evses", type_=ARRAY(BigInteger))))
)


@charge_points.may_delete.answer
async def nobody_charges_at_it(write: Write) -> None:
    if await write.tx.value(_AT_POINT, key=write.id) is not None:
        raise Conflict("A session is running at the charge point.")


@evses.may_delete.answer
async def nobody_charges_there(write: Write) -> None:
    if await write.tx.value(_AT_EVSE, key=write.id) is not None:
        raise Conflict("A session is running at the EVSE.")


@in_use.answer
async def somebody_charges_there(tx: Tx, ids: list[int]) -> list[int]:
    return [row["evse_id"] for row in await tx.all(_AT_EVSES, evses=ids)]
