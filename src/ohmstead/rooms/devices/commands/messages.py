"""Actions that send a single message: ask the charge point or an EVSE to report now, or send a vendor's own data."""

from typing import Annotated, Literal, cast

from msgspec import UNSET, Meta

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.errors import Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.devices.commands.actions import ask, whole_station
from ohmstead.rooms.devices.stations import DataTransfer, StationError, TriggerMessage, stations
from ohmstead.rooms.network.charge_points.permissions import require_permission_at
from ohmstead.rooms.network.evses import evses

at_charge_point = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)
at_evse = Group("action / evse", "actions/evse/", "evses", access=PARTNERS)

Message = Literal[
    "BootNotification", "DiagnosticsStatusNotification", "LogStatusNotification", "FirmwareStatusNotification",
    "PublishFirmwareStatusNotification", "Heartbeat", "MeterValues", "StatusNotification", "SignV2GCertificate",
    "SignChargingStationCertificate", "SignCombinedCertificate", "TransactionEvent",
]  # fmt: skip
Status = Literal["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]


class Trigger(View):
    type: Annotated[Message, Meta(description="What to send now; some of these only OCPP 2.0.1 knows.")]


class Data(View):
    vendor_id: Annotated[str, Meta(min_length=1, max_length=255, description="Whose message it is.")]
    message_id: Opt[Annotated[str, Meta(max_length=50)] | None] = UNSET
    data: Opt[str | None] = UNSET


class Answered(View):
    status: Opt[Status] = UNSET
    data: Opt[str | None] = UNSET


@at_charge_point.post("v1.0/{chargePoint}/trigger-message", "Charge Point / Trigger Message", body=Trigger,
                      errors=(401, 403, 404, 406, 422, 429), transactions=Transactions.MANUAL)  # fmt: skip
async def trigger_message(call: Call, wanted: Trigger) -> None:
    """Have the charge point send a message now. One that its version of OCPP lacks is refused with 406; those of the
    security extension of 1.6 go by that."""
    async with call.begin() as tx:
        station = await whole_station(call, tx, "sessionsRemoteControl")
    await ask(station, TriggerMessage(message=wanted.type))


@at_evse.post("v1.0/{evse}/trigger-message", "EVSE / Trigger Message", body=Trigger,
              errors=(401, 403, 404, 406, 422, 429), transactions=Transactions.MANUAL)  # fmt: skip
async def trigger_message_of_evse(call: Call, wanted: Trigger) -> None:
    """Have the charge point send a message now that is about this EVSE."""
    async with call.begin() as tx:
        outlet = await evses.find(call, tx=tx)
        await require_permission_at(tx, call.actor, "sessionsRemoteControl", outlet["charge_point_id"])
    await ask(outlet["station_id"], TriggerMessage(message=wanted.type, evse_network_id=outlet["network_id"]))


@at_charge_point.post("v1.0/{chargePoint}/send-data-transfer", "Charge Point / Send Data Transfer", body=Data,
                      status=200, gives=Answered, errors=(401, 403, 404, 406, 422, 429),
                      transactions=Transactions.MANUAL)  # fmt: skip
async def send_data_transfer(call: Call, message: Data) -> Answered:
    """Send a vendor's own message; the charge point's answer comes back, whatever it is."""
    async with call.begin() as tx:
        station = await whole_station(call, tx)
    command = DataTransfer(
        vendor_id=message.vendor_id, message_id=message.message_id or None, data=message.data or None
    )
    try:
        outcome = await stations.current.call(station, command)
    except StationError as error:
        raise Rejected(str(error)) from None
    return Answered(status=cast(Status, outcome.status), data=UNSET if outcome.data is None else outcome.data)
