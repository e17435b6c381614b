"""Codes of EVSEs: the end of the address of the drivers' page. One tells nothing, and leads nowhere once replaced."""

import secrets

from sqlalchemy import BigInteger, Text, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.drive.table import drive_code
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # those that nobody mistakes for others
_LENGTH = 16  # 79 bits
OPEN_TO_ALL = "public"

_own = drive_code.c
_evse = bindparam("evse", type_=BigInteger)
_CODE = Statement(select(_own.code).where(_own.evse_id == _evse))
_new = {"evse_id": _evse, "code": bindparam("code", type_=Text), "created_at": bindparam("now"),
        "updated_at": bindparam("now")}  # fmt: skip
_ADD = Statement(insert(drive_code).values(_new).on_conflict_do_nothing(index_elements=["evse_id"]))
_REPLACE = Statement(
    update(drive_code).where(_own.evse_id == _evse).values(code=_new["code"], updated_at=_new["updated_at"])
)
_text = bindparam("text", type_=Text)
_FOUND = Statement(
    select(evse.c.id, evse.c.physical_reference, charge_point.c.type)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .where(evse.c.deleted_at.is_(None), charge_point.c.deleted_at.is_(None))
    .where(or_(evse.c.id == bindparam("number", type_=BigInteger), evse.c.physical_reference == _text))
    .order_by(evse.c.id)
)


async def code_of(tx: Tx, evse_id: int, replace: bool = False) -> str:
    """The code of an EVSE, made when it is first asked for; with `replace` another from now on."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    if replace:
        await tx.run(_REPLACE, evse=evse_id, code=code, now=tx.now)
    await tx.run(_ADD, evse=evse_id, code=code, now=tx.now)
    return await tx.value(_CODE, evse=evse_id)


async def evses_called(tx: Tx, text: str) -> list[Row]:
    """The EVSEs that somebody may mean by a physical reference, or where none is called so by an id."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    rows = await tx.all(_FOUND, number=number, text=text)
    return [row for row in rows if row["physical_reference"] == text] or rows
