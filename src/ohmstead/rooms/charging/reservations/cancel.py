"""Canceling a reservation: the charge point gives the EVSE free; with force it ends for us whatever that says."""

from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.reservations.holding import end
from ohmstead.rooms.charging.reservations.reserve import THROUGH_API
from ohmstead.rooms.charging.reservations.resource import reservations
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.devices.commands.actions import ask
from ohmstead.rooms.devices.stations import CancelReservation

cancel_actions = Group("action / reservation", "actions/reservation/", "reservations", access=PARTNERS)

_STATUS = Statement(
    select(reservation.c.status).where(reservation.c.id == bindparam("key", type_=BigInteger)).with_for_update()
)


class Canceling(View):
    force: Annotated[bool, Meta(description="End it even where the charge point does not agree.")] = False
    reason: Opt[Annotated[str, Meta(max_length=255, description=f"Why; if empty: {THROUGH_API}.")] | None] = UNSET


@cancel_actions.post(
    "v1.0/{reservation}/cancel",
    "Reservation / Cancel",
    body=Canceling,
    errors=(401, 403, 404, 406, 429),
    transactions=Transactions.MANUAL,
)
async def cancel(call: Call, body: Canceling) -> None:
    """Give the EVSE free before its time is up."""
    async with call.begin() as tx:
        found = await reservations.find(call, tx=tx)
        _must_be_active(found["status"])
        if found["booking_id"] is not None:  # which would have the EVSE reserved anew
            raise Rejected(f"The reservation belongs to the booking {found['booking_id']}: cancel that.")
    try:
        if not found["waits"]:  # for an EVSE that is taken: the station knows nothing of it
            await ask(found["station_id"], CancelReservation(reservation_id=found["id"]))
    except Rejected:
        if not body.force:
            raise
    async with call.begin() as tx:
        await _canceled(tx, found, body.reason or THROUGH_API)
    call.changes = {"reservation": found["id"]}


async def _canceled(tx: Tx, found: Row, why: str) -> None:
    """Its user may have begun to charge meanwhile, or the station have told of the end before it answered."""
    status = await tx.value(_STATUS, key=found["id"])
    if status == "canceled":
        return
    _must_be_active(status)
    await end(tx, found["id"], "canceled", at=tx.now, why=why)


def _must_be_active(status: str) -> None:
    if status != "active":
        raise Rejected(f"The reservation is not active: it is {status}.")
