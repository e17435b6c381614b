"""Needs carried on: those of a session that was taken for lost are its vehicle's in the session that extends it."""

from sqlalchemy import BigInteger, Double, bindparam, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.needs.table import operator_needs, vehicle_needs

_taken = bindparam("taken", type_=Double)
_CARRY = [
    Statement(
        update(its)
        .where(its.c.session_id == bindparam("closed", type_=BigInteger))
        .values(session_id=bindparam("begun", type_=BigInteger), delivered_wh=its.c.delivered_wh - _taken)
    )
    for its in (operator_needs, vehicle_needs)
]


async def needs_carried_on(tx: Tx, closed: Row, begun: Row) -> None:
    """What the closed one took counts: the other's energy begins at nothing."""
    for statement in _CARRY:
        await tx.run(statement, closed=closed["id"], begun=begun["id"], taken=closed["energy_wh"])
