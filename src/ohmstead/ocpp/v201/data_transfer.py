"""DataTransfer, both ways: a vendor's own message. 2.0.1 carries any JSON, the house a text."""

from typing import Any

import msgspec

from ohmstead.ocpp.v201.types import DataTransferRequest, DataTransferResponse, DataTransferStatusEnumType
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import DataReceived
from ohmstead.rooms.devices.stations import DataTransfer, Outcome

STATUS: dict[str, DataTransferStatusEnumType] = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "unknown_message": "UnknownMessageId",
    "unknown_vendor": "UnknownVendorId",
}


async def answer(request: DataTransferRequest, at: Arrival) -> DataTransferResponse:
    verdict = await at.rooms.data_transfer(
        DataReceived(
            charge_point_id=at.charge_point_id,
            vendor_id=request.vendor_id,
            message_id=request.message_id,
            data=_text(request.data),
            received_at=at.received_at,
        )
    )
    return DataTransferResponse(status=STATUS[verdict.status], data=verdict.data)


def request(command: DataTransfer) -> DataTransferRequest:
    return DataTransferRequest(vendor_id=command.vendor_id, message_id=command.message_id, data=command.data)


def outcome(response: DataTransferResponse) -> Outcome:
    return Outcome(status=response.status, data=_text(response.data))


def _text(data: Any) -> str | None:
    return data if data is None or isinstance(data, str) else msgspec.json.encode(data).decode()
