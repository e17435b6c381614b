"""What charging holds of a user: tags, sessions with their readings and when the vehicle was to leave, authorizations,
reservations, bookings, and the frames that name the tags while the user charged."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Text, and_, bindparam, func, or_, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.reading import NOW
from ohmstead.kit.rendering import rendered
from ohmstead.kit.resources import Resource
from ohmstead.rooms.charging.authorizations import authorization, authorizations
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.bookings import booking_request, booking_requests, bookings
from ohmstead.rooms.charging.contracts import provisioning_certificates
from ohmstead.rooms.charging.id_tags import id_tag, id_tags
from ohmstead.rooms.charging.meter_values import meter_value, signed_reading
from ohmstead.rooms.charging.needs import needs_of
from ohmstead.rooms.charging.provisioning_certificate_table import provisioning_certificate
from ohmstead.rooms.charging.reservations import reservations
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.sessions.resource import sessions
from ohmstead.rooms.devices.communication.log import communication_log
from ohmstead.rooms.people.private_data import held
from ohmstead.rooms.people.text_erasure import patterns

AROUND = timedelta(minutes=5)

_user, _pattern = bindparam("user", type_=BigInteger), bindparam("in_json", type_=Text)
_charge, _frame = session.c, communication_log.c
_RESOURCES: dict[str, tuple[Resource, str, Statement]] = {
    name: (resource, version, Statement(select(table.c.id).where(table.c.user_id == _user).order_by(table.c.id)))
    for name, resource, version, table in (
        ("id-tags", id_tags, "v2.0", id_tag),
        ("sessions", sessions, "v1.0", session),
        ("authorizations", authorizations, "v2.0", authorization),
        ("reservations", reservations, "v1.0", reservation),
        ("bookings", bookings, "v1.0", booking),
        ("booking-requests", booking_requests, "v1.0", booking_request),
        ("provisioning-certificates", provisioning_certificates, "v2.0", provisioning_certificate),
    )
}
_ended = func.coalesce(_charge.stopped_at, NOW)
_of_session = and_(
    meter_value.c.session_id == _charge.id,
    meter_value.c.evse_id == _charge.evse_id,
    meter_value.c.at.between(_charge.started_at - AROUND, _ended + AROUND),  # by the index
)
_READINGS = Statement(
    select(meter_value).join(session, _of_session).where(_charge.user_id == _user).order_by(meter_value.c.at)
)
_SIGNED = Statement(
    select(signed_reading)
    .join(session, signed_reading.c.session_id == _charge.id)
    .where(_charge.user_id == _user)
    .order_by(signed_reading.c.at)
)
_meanwhile = and_(
    _frame.charge_point_id == _charge.station_id, _frame.at.between(_charge.started_at - AROUND, _ended + AROUND)
)
_FRAMES = Statement(
    select(_frame.at, _frame.charge_point_id, _frame.direction, _frame.action, _frame.raw, _frame.answer)
    .join(session, _meanwhile)
    .where(_charge.user_id == _user)
    .where(or_(*(column.op("~*", is_comparison=True)(_pattern) for column in (_frame.raw, _frame.answer))))
    .distinct()
    .order_by(_frame.at)
)
_UIDS = Statement(select(id_tag.c.id_tag_uid).where(id_tag.c.user_id == _user))


@held.answer
async def charges_of(tx: Tx, user_id: int, context: RenderContext) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (resource, version, statement) in _RESOURCES.items():
        ids = [row[0] for row in await tx.all(statement, user=user_id)]
        found[name] = [*(await rendered(resource, version, ids, tx, context)).values()]
        if resource is sessions:
            found["charging-needs"] = [asdict(one) for told in (await needs_of(tx, ids)).values() for one in told]
    words = patterns(row["id_tag_uid"] for row in await tx.all(_UIDS, user=user_id))
    rows = {
        "meter-values": await tx.all(_READINGS, user=user_id, now=tx.now),
        "signed-readings": await tx.all(_SIGNED, user=user_id),
        "frames": await tx.all(_FRAMES, user=user_id, now=tx.now, **words),
    }
    return found | {name: [dict(row) for row in these] for name, these in rows.items()}
