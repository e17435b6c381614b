"""Raw calls: any OCPP action to a charge point, for what only its maker or a newer version knows."""

from typing import Annotated, Any

from msgspec import Meta, field

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import View
from ohmstead.rooms.devices.commands.actions import whole_station
from ohmstead.rooms.devices.stations import RawCall, StationError, StationUntold, stations
from ohmstead.rooms.people.partner_contracts import Permission

_STEERING = (
    "RemoteStartTransaction", "RequestStartTransaction", "RemoteStopTransaction", "RequestStopTransaction",
    "UnlockConnector", "TriggerMessage", "ExtendedTriggerMessage", "SetChargingProfile", "ClearChargingProfile",
    "GetCompositeSchedule",
)  # fmt: skip
_PERMISSIONS: dict[str, Permission] = {
    **{action.lower(): "sessionsRemoteControl" for action in _STEERING},
    "reservenow": "startReservation",
    "cancelreservation": "stopReservation",
    "reset": "resetChargePoint",
    **dict.fromkeys(("updatefirmware", "signedupdatefirmware", "publishfirmware"), "firmwareUpdate"),
}
"""What a partner's contract has to permit for a call, as for the action that sends the same."""

raw_calls = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)


class GivenCall(View):
    action: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,50}$", description="The action's name in OCPP.")]
    payload: Annotated[
        dict[str, Any], Meta(description="What goes on the wire; where OCPP defines the action, it has its form.")
    ] = field(default_factory=dict)


class Answered(View):
    response: Annotated[dict[str, Any], Meta(description="What the charge point answered, as it is.")]


@raw_calls.post(
    "v1.0/{chargePoint}/send-custom-ocpp",
    "Charge Point / Send Custom OCPP",
    body=GivenCall,
    gives=Answered,
    errors=(401, 403, 404, 406, 422, 429),
    transactions=Transactions.MANUAL,
)
async def send_custom_ocpp(call: Call, given: GivenCall) -> Answered:
    """Send a call and hand back the answer, whatever it says."""
    async with call.begin() as tx:
        station = await whole_station(call, tx, _PERMISSIONS.get(given.action.lower()))
    try:
        outcome = await stations.current.call(station, RawCall(action=given.action, payload=given.payload))
    except StationUntold as error:
        raise Invalid(payload=str(error)) from None
    except StationError as error:
        raise Rejected(str(error)) from None
    call.changes = {"action": given.action}
    return Answered(response=outcome.payload)
