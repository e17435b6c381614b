"""DataTransfer, both ways: a vendor's own message."""

from ohmstead.ocpp.v16 import plug_and_charge
from ohmstead.ocpp.v16.types import DataTransferRequest, DataTransferResponse, DataTransferStatus
from ohmstead.ocpp.versions import Arrival, DeferredAnswer
from ohmstead.rooms.devices.facts import DataReceived
from ohmstead.rooms.devices.stations import DataTransfer, Outcome

STATUS: dict[str, DataTransferStatus] = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "unknown_message": "UnknownMessageId",
    "unknown_vendor": "UnknownVendorId",
}


async def answer(request: DataTransferRequest, at: Arrival) -> DataTransferResponse | DeferredAnswer:
    if request.vendor_id == plug_and_charge.VENDOR:
        return await plug_and_charge.answer(request, at)
    verdict = await at.rooms.data_transfer(
        DataReceived(
            charge_point_id=at.charge_point_id,
            vendor_id=request.vendor_id,
            message_id=request.message_id,
            data=request.data,
            received_at=at.received_at,
        )
    )
    return DataTransferResponse(status=STATUS[verdict.status], data=verdict.data)


def request(command: DataTransfer) -> DataTransferRequest:
    return DataTransferRequest(vendor_id=command.vendor_id, message_id=command.message_id, data=command.data)


def outcome(response: DataTransferResponse) -> Outcome:
    return Outcome(status=response.status, data=response.data)
