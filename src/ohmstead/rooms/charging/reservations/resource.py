"""Reservations as the API shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, case, null, select

from ohmstead.kit.access import owned
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import contents
from ohmstead.kit.filters import equals, one_of, since, until
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Opt, ReadOnly, View, stamp
from ohmstead.rooms.charging.durable_facts import ReservationChanged
from ohmstead.rooms.charging.reservations.table import reservation

_own = reservation.c


class Reservation(View):
    id: ReadOnly[int]
    charge_point_id: ReadOnly[int]
    evse_id: ReadOnly[int]
    status: ReadOnly[
        Annotated[
            Literal["active", "expired", "canceled", "done"],
            Meta(description="Done: its user began to charge; expired: nobody came in time."),
        ]
    ]
    user_id: ReadOnly[Annotated[int, Meta(description="For whom the EVSE is kept.")]]
    reserved_at: ReadOnly[datetime]
    canceled_at: ReadOnly[datetime | None]
    duration: ReadOnly[Annotated[int, Meta(description="How long it is kept, min.")]]
    last_updated_at: Opt[ReadOnly[datetime]]


reservations = Resource(
    "reservations",
    reservation,
    tag="resource / reservations",
    title="Reservation",
    key="reservation",
    versions=[Version("v1.0", Reservation, pages=Pages.NUMBER, verbs=("list", "read"))],
    access=owned(_own.partner_id),
    columns={"canceled_at": case((_own.status == "canceled", _own.ended_at), else_=null())},
    filters=[
        equals("evseId", _own.evse_id, int),
        equals("userId", _own.user_id, int),
        one_of("status", _own.status, "active", "expired", "canceled", "done"),
        since("reservedFrom", _own.reserved_at),
        until("reservedTo", _own.reserved_at),
    ],
    changed=ReservationChanged,
)

_STATUSES = Statement(
    select(_own.id, _own.status, _own.updated_at).where(_own.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
)


@contents(ReservationChanged)
async def statuses_of(tx: Tx, ids: list[int]) -> Mapping[int, Any]:
    """What each has come to, and when."""
    rows = await tx.all(_STATUSES, ids=ids)
    return {row["id"]: {"status": row["status"], "lastUpdatedAt": stamp(row["updated_at"])} for row in rows}
