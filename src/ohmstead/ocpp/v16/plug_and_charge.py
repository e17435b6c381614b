"""Plug & Charge in 1.6: messages of 2.0.1 inside DataTransfer, as JSON in its text (OCA application note "Using ISO
15118 Plug & Charge with OCPP 1.6"). They are answered as those of 2.0.1 are."""

import structlog
from msgspec import Raw

from ohmstead.ocpp.errors import Refusal
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.v16.types import DataTransferRequest, DataTransferResponse
from ohmstead.ocpp.v201 import authorize, certificate_status, iso15118, sign_certificate
from ohmstead.ocpp.v201.types import ACTIONS
from ohmstead.ocpp.versions import Answer, Arrival, Later, Payload

VENDOR = "org.openchargealliance.iso15118pnc"
ANSWERS: dict[str, Answer] = {
    "Authorize": authorize.answer,
    "Get15118EVCertificate": iso15118.ev_certificate,
    "GetCertificateStatus": certificate_status.answer,
    "SignCertificate": sign_certificate.answer,
}
_PAYLOADS = {name: (Payload(ACTIONS[name][0]), Payload(ACTIONS[name][1])) for name in ANSWERS}

log = structlog.get_logger()


async def answer(request: DataTransferRequest, at: Arrival) -> DataTransferResponse | Later:
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
    return Later(_wrapped_later(action, response)) if isinstance(response, Later) else _wrapped(action, response)


async def _wrapped_later(action: str, later: Later) -> DataTransferResponse:
    return _wrapped(action, await later.response)


def _wrapped(action: str, response: Message) -> DataTransferResponse:
    return DataTransferResponse(status="Accepted", data=bytes(_PAYLOADS[action][1].write(response)).decode())
