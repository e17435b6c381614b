"""Bookings as the API shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, null, select

from ohmstead.kit.access import owned
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.filters import equals, one_of, since, until
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Opt, ReadOnly, View
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.bookings.views import AuthorizedToken
from ohmstead.rooms.charging.durable_facts import BookingChanged
from ohmstead.rooms.network.locations.view import AccessMethod

_own = booking.c
_EVSES = Statement(select(_own.id, _own.evse_ids).where(_own.id == any_(bindparam("wanted", type_=ARRAY(BigInteger)))))


class BookedEvse(View):
    id: int


class Booking(View):
    id: ReadOnly[int]
    user_id: ReadOnly[Opt[int]] = UNSET
    authorized_tokens: ReadOnly[Opt[list[AuthorizedToken]]] = UNSET
    location_id: ReadOnly[int]
    start_at: ReadOnly[datetime]
    end_at: ReadOnly[datetime]
    status: ReadOnly[
        Annotated[
            Literal["accepted", "reserved", "completed", "cancelled", "no-show", "failed"],
            Meta(
                description="Reserved: the charge point keeps the EVSE; completed: its user began to charge; no-show: "
                "nobody came in time; failed: no EVSE could be reserved."
            ),
        ]
    ]
    session_id: ReadOnly[Opt[Annotated[int, Meta(description="The session that fulfilled it.")]]] = UNSET
    access_methods: ReadOnly[
        Opt[Annotated[list[AccessMethod], Meta(description="The location's when it was booked.")]]
    ] = UNSET
    created_at: ReadOnly[datetime]
    last_updated_at: ReadOnly[datetime]
    booked_evses: ReadOnly[
        Opt[Annotated[list[BookedEvse], Meta(description="Those that were to serve it so far, 3 at most.")]]
    ] = UNSET


async def _booked(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, Any]:
    return {key: [{"id": one} for one in evses] for key, evses in await tx.all(_EVSES, wanted=ids)}


bookings = Resource(
    "bookings",
    booking,
    tag="resource / bookings",
    title="Booking",
    key="booking",
    versions=[Version("v1.0", Booking, verbs=("list", "read"))],
    access=owned(_own.partner_id),
    columns={"authorized_tokens": null()},  # there are none before roaming
    includes=(Include("bookedEvses", _booked),),
    filters=[
        one_of("status", _own.status, "accepted", "reserved", "completed", "cancelled", "no-show", "failed"),
        equals("userId", _own.user_id, int),
        equals("locationId", _own.location_id, int),
        since("startAfter", _own.start_at),
        until("startBefore", _own.start_at),
        since("endAfter", _own.end_at),
        until("endBefore", _own.end_at),
    ],
    changed=BookingChanged,
)
