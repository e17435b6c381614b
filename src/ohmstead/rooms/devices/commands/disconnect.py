"""Disconnecting: a charge point's connection is closed, and it comes again when it likes."""

from typing import Annotated

from msgspec import Meta

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.errors import Conflict
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import View
from ohmstead.rooms.devices.commands.actions import whole_station
from ohmstead.rooms.devices.stations import Disconnect, StationError, stations
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.people.partner_contracts import require_permission

disconnect_actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

TOLD = "disconnected by the operator"


class Reason(View):
    reason: Annotated[str, Meta(max_length=255, description="For the audit; the charge point is not told.")]


class Success(View):
    success: bool


@disconnect_actions.post(
    "v1.0/{chargePoint}/disconnect",
    "Charge Point / Disconnect",
    body=Reason,
    gives=Success,
    errors=(401, 403, 404, 409, 422, 429),
    transactions=Transactions.MANUAL,
)
async def disconnect(call: Call, body: Reason) -> Success:
    """Close the connection of a charge point, and of all that share it; 409 where there is none."""
    async with call.begin() as tx:
        station = await whole_station(call, tx)
        point = await charge_points.find(call, tx=tx)
        await require_permission(tx, call.actor, "resetChargePoint", point["partner_id"])
    call.changes = {"id": point["id"], "reason": body.reason}
    try:
        await stations.current.call(station, Disconnect(reason=TOLD))
    except StationError as error:
        raise Conflict(str(error)) from None
    return Success(success=True)
