"""Authorizations: who was let charge, or was not, by what means and why."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from msgspec import UNSET, Meta
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Text,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import owned
from ohmstead.kit.db import Statement, Tx, table
from ohmstead.kit.filters import Filter, changed, one_of, since, until
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Opt, ReadOnly, View
from ohmstead.rooms.charging.durable_facts import AuthorizationCreated
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.network.charge_points.access import partner_of
from ohmstead.rooms.people.users import ev_user

Method = Literal[
    "user_device", "id_tag", "mac_address", "admin", "plug_and_charge", "roaming", "payment_terminal",
    "plug_and_charge_iso15118",
]  # fmt: skip

KEPT = timedelta(minutes=10)  # how long after its authorization a charge may begin on it

authorization = table(
    "charging_authorization",
    Column("method", Text, nullable=False),
    Column("source", Text, nullable=False, server_default="local"),
    Column("status", Text, nullable=False),  # accepted | rejected | pending
    Column("rejection_reason", Text),
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),
    Column("id_tag_uid", Text),  # as the station or the client sent it
    Column("token_type", Text),  # as the station called it (OCPP 2.x)
    Column("roaming", JSONB),
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, index=True),
    Column("evse_id", BigInteger, ForeignKey("evse.id")),
    Column("partner_id", BigInteger),  # the charge point's at that time
    Index(None, "partner_id", "id"),
)

_GIVEN = (
    "method", "status", "rejection_reason", "user_id", "id_tag_uid", "token_type", "charge_point_id", "evse_id",
)  # fmt: skip
_INSERT = Statement(
    insert(authorization)
    .values({name: bindparam(name, type_=authorization.c[name].type) for name in _GIVEN})
    .values(partner_id=partner_of(bindparam("charge_point_id", type_=BigInteger)))
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
    token_type: str | None = None,
    rejection_reason: str | None = None,
) -> int:
    """Record that somebody was let charge, or with a reason was not; the authorization's id."""
    status = "rejected" if rejection_reason else "accepted"
    made = await tx.value(
        _INSERT, now=tx.now, method=method, status=status, rejection_reason=rejection_reason, user_id=user_id,
        id_tag_uid=id_tag_uid or None, token_type=token_type, charge_point_id=charge_point_id, evse_id=evse_id,
    )  # fmt: skip
    told = {"charge_point_id": charge_point_id, "id_tag": id_tag_uid or None}
    tx.tell(AuthorizationCreated(id=made, status=status, rejection_reason=rejection_reason, **told))
    return made


class AuthorizationRoaming(View):
    """The provider beyond a roaming platform that said yes."""

    platform_id: Opt[int] = UNSET
    platform_role_id: Opt[int] = UNSET
    platform_role: Opt[str] = UNSET
    reference: Opt[Annotated[str, Meta(description="The provider's own name of the authorization.")]] = UNSET
    client: Opt[Annotated[str, Meta(description="The provider's name of the customer's contract.")]] = UNSET


class Authorization(View):
    id: int
    method: Annotated[
        Literal[
            "user_device", "id_tag", "admin", "plug_and_charge", "roaming", "payment_terminal",
            "plug_and_charge_iso15118",
        ],
        Meta(description="By what means; id_tag is a card at the reader, or a car known by its MAC address."),
    ]  # fmt: skip
    source: Literal["local", "roaming"]
    created_at: datetime
    status: Literal["accepted", "rejected", "pending"]
    rejection_reason: str | None
    user_id: Opt[int | None] = UNSET
    id_tag_uid: Opt[str] = UNSET
    roaming: Opt[AuthorizationRoaming | None] = UNSET
    charge_point_id: int
    evse_id: Opt[int] = UNSET
    session_ids: list[int]
    last_updated_at: Opt[ReadOnly[datetime]] = UNSET


class AuthorizationV1(View):
    id: int
    method: Literal["user_device", "rfid_tag", "admin", "plug_and_charge"]
    source: Literal["local", "roaming", "third_party"]
    created_at: datetime
    status: Literal["accepted", "rejected"]
    rejection_reason: str | None
    user_id: Opt[int | None] = UNSET
    rfid_tag_uid: Opt[str] = UNSET
    roaming: Opt[AuthorizationRoaming] = UNSET
    last_updated_at: Opt[ReadOnly[datetime]] = UNSET


_OLD_METHODS = {
    "id_tag": "rfid_tag",
    "mac_address": "plug_and_charge",
    "plug_and_charge_iso15118": "plug_and_charge",
    "payment_terminal": "user_device",
    "roaming": "user_device",
}


def with_old_methods(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 1.0 had four methods, called tags RFID tags, knew no pending ones nor where it was."""
    kept = {name: value for name, value in fields.items() if name in AuthorizationV1.__struct_fields__}
    kept["method"] = _OLD_METHODS.get(fields["method"], fields["method"])
    kept["status"] = "accepted" if fields["status"] == "accepted" else "rejected"
    kept["rfid_tag_uid"] = fields.get("id_tag_uid", UNSET)
    kept["roaming"] = fields.get("roaming") or UNSET
    return kept


_own = authorization.c
_sessions = select(func.array_agg(session.c.id)).where(session.c.authorization_id == _own.id).scalar_subquery()

authorizations = Resource(
    "authorizations",
    authorization,
    tag="resource / authorizations",
    title="Authorization",
    key="authorization",
    access=owned(_own.partner_id),
    versions=[
        Version("v2.0", Authorization, pages=Pages.EITHER, verbs=("list", "read")),
        Version("v1.0", AuthorizationV1, verbs=("read",), downgrade=with_old_methods, deprecated=True),
    ],
    columns={
        "method": case((_own.method == "mac_address", "id_tag"), else_=_own.method),
        "session_ids": func.coalesce(_sessions, literal([], ARRAY(BigInteger))),
    },
    filters=(
        since("createdAfter", _own.created_at),
        until("createdBefore", _own.created_at),
        *changed(_own.updated_at),
        one_of("status", _own.status, "accepted", "rejected", "pending"),
        one_of("method", _own.method, *get_args(Method)),
        Filter(
            "partnerId",
            int,
            lambda value: _own.user_id.in_(select(ev_user.c.id).where(ev_user.c.partner_id == value)),
            BigInteger(),
            "Of the users of a partner.",
        ),
    ),
)
