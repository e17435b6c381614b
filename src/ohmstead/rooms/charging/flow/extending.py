"""Extending: data that arrives after a session was closed for a lost connection goes on in another session."""

from sqlalchemy import bindparam, select, text, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.flow.changes import add, tell
from ohmstead.rooms.charging.needs import needs_carried_on
from ohmstead.rooms.charging.pricing.tariff_of_session import COLUMNS as TARIFF_COLUMNS
from ohmstead.rooms.charging.session_table import session

_own = session.c
_CLOSED = Statement(select(session).where(_own.id == bindparam("closed")).with_for_update())
_EXTENSION = Statement(select(session).where(_own.original_session_id == bindparam("closed")))
_OCCUPIED = Statement(select(_own.id).where(_own.evse_id == bindparam("evse"), _own.status == "active"))
# the station goes on with the number or name it has, so the closed session takes one that nobody knows
_RENUMBER = Statement(
    update(session).where(_own.id == bindparam("closed")).values(transaction_id=text("DEFAULT"), transaction_ref=None)
)
_TAKEN_OVER = (
    "station_id", "charge_point_id", "evse_id", "connector_id", "partner_id", "transaction_id", "transaction_ref",
    "user_id",
    "authorization_id", "id_tag", "id_tag_label", "booking_id", "payment_method_id", "payment_type",
    *TARIFF_COLUMNS,
)  # fmt: skip


async def extend(tx: Tx, session_id: int) -> Row | None:
    """The session that goes on where this one was closed; None while another vehicle charges there."""
    closed = await tx.one(_CLOSED, closed=session_id)
    known = await tx.one(_EXTENSION, closed=session_id)
    if known is not None or closed is None or await tx.one(_OCCUPIED, evse=closed["evse_id"]) is not None:
        return known
    await tx.run(_RENUMBER, closed=session_id)
    values = {name: closed[name] for name in _TAKEN_OVER}
    values |= {"original_session_id": session_id, "status": "active", "started_at": closed["stopped_at"]}
    values |= {"meter_start_wh": closed["meter_wh"], "meter_wh": closed["meter_wh"], "meter_at": closed["stopped_at"]}
    values |= {"meter_start_at": closed["stopped_at"]}
    begun = await add(tx, values, "started")
    tell(tx, closed, "updated")  # it shows what goes on with it
    await needs_carried_on(tx, closed, begun)
    return begun
