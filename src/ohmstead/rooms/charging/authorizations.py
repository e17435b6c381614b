"""Authorizations: who was let charge, or was not, by what means and why."""

from typing import Literal

from sqlalchemy import BigInteger, Column, ForeignKey, Text, bindparam, insert
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Statement, Tx, table

Method = Literal[
    "user_device", "id_tag", "mac_address", "admin", "plug_and_charge", "roaming", "payment_terminal",
    "plug_and_charge_iso15118",
]  # fmt: skip

authorization = table(
    "charging_authorization",
    Column("method", Text, nullable=False),
    Column("source", Text, nullable=False, server_default="local"),
    Column("status", Text, nullable=False),  # accepted | rejected | pending
    Column("rejection_reason", Text),
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),
    Column("id_tag_uid", Text),  # as the station or the client sent it
    Column("roaming", JSONB),
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, index=True),
    Column("evse_id", BigInteger, ForeignKey("evse.id")),
)

_GIVEN = ("method", "status", "rejection_reason", "user_id", "id_tag_uid", "charge_point_id", "evse_id")
_INSERT = Statement(
    insert(authorization)
    .values({name: bindparam(name, type_=authorization.c[name].type) for name in _GIVEN})
    .values(source="local", created_at=bindparam("now"), updated_at=bindparam("now"))
    .returning(authorization.c.id)
)


async def authorize_by(
    tx: Tx,
    method: Method,
    charge_point_id: int,
    *,
    evse_id: int | None = None,
    user_id: int | None = None,
    id_tag_uid: str | None = None,
    rejection_reason: str | None = None,
) -> int:
    """Record that somebody was let charge, or with a reason was not; the authorization's id."""
    made = await tx.value(
        _INSERT, now=tx.now, method=method, status="rejected" if rejection_reason else "accepted",
        rejection_reason=rejection_reason, user_id=user_id, id_tag_uid=id_tag_uid, charge_point_id=charge_point_id,
        evse_id=evse_id,
    )  # fmt: skip
    tx.fact("authorization.created", id=made)
    return made
