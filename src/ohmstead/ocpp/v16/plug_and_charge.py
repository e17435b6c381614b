"""Plug & Charge in 1.6: messages of 2.0.1 inside DataTransfer, as JSON in its text (OCA application note "Using ISO
15118 Plug & Charge with OCPP 1.6"), both ways. They are answered as those of 2.0.1 are."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from msgspec import Raw

from ohmstead.ocpp.errors import ErrorCode, Refusal
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.v16.types import DataTransferRequest, DataTransferResponse
from ohmstead.ocpp.v201 import absent, authorize, certificate_status, iso15118, sign_certificate
from ohmstead.ocpp.v201.types import ACTIONS
from ohmstead.ocpp.versions import Answer, Arrival, DeferredAnswer, Payload
from ohmstead.rooms.devices.stations import StationRefused

VENDOR = "org.openchargealliance.iso15118pnc"
ANSWERS: dict[str, Answer] = {
    "Authorize": authorize.answer,
    "Get15118EVCertificate": iso15118.ev_certificate,
    "GetCertificateStatus": certificate_status.answer,
    "SignCertificate": sign_certificate.answer,
}
SENT = ("DeleteCertificate", "GetInstalledCertificateIds", "InstallCertificate")
_PAYLOADS = {name: (Payload(ACTIONS[name][0], absent.MEANT), Payload(ACTIONS[name][1])) for name in (*ANSWERS, *SENT)}
_NO_MOMENT = datetime.min.replace(tzinfo=UTC)  # for what is told of certificates tells of none

log = structlog.get_logger()


async def answer(request: DataTransferRequest, at: Arrival) -> DataTransferResponse | DeferredAnswer:
    """What cannot be read is Rejected: there are no errors inside a DataTransfer."""
    action = request.message_id or ""
    if action not in ANSWERS:
        return DataTransferResponse(status="UnknownMessageId")
    try:
        asked, _ = _PAYLOADS[action][0].read(Raw((request.data or "").encode()), at.received_at)
    except Refusal as refusal:
        log.warning("call refused", charge_point_id=at.charge_point_id, action=action, reason=refusal.description)
        return DataTransferResponse(status="Rejected")
    response = await ANSWERS[action](asked, at)
    return (
        DeferredAnswer(partial(_answered_later, action, response))
        if isinstance(response, DeferredAnswer)
        else _answered(action, response)
    )


async def _answered_later(action: str, later: DeferredAnswer) -> DataTransferResponse:
    return _answered(action, await later.response())


def _answered(action: str, response: Message) -> DataTransferResponse:
    return DataTransferResponse(status="Accepted", data=bytes(_PAYLOADS[action][1].write(response)).decode())


def wrapped(message: Message) -> DataTransferRequest:
    """A request of 2.0.1 on its way to a station of 1.6."""
    action = _action(message)
    return DataTransferRequest(
        vendor_id=VENDOR, message_id=action, data=bytes(_PAYLOADS[action][0].write(message)).decode()
    )


def unwrapped(action: str, response: DataTransferResponse) -> Any:
    """The station's response of 2.0.1; StationRefused where it does not know these messages, or answers nonsense."""
    if response.status != "Accepted":
        raise StationRefused(ErrorCode.NOT_SUPPORTED, f"it answers Plug & Charge with {response.status}")
    try:
        return _PAYLOADS[action][1].read(Raw((response.data or "").encode()), _NO_MOMENT)[0]
    except Refusal as refusal:
        raise StationRefused(refusal.code, refusal.description) from None


def _action(message: Message) -> str:
    return type(message).__name__.removesuffix("Request")
