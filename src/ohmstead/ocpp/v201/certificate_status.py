"""GetCertificateStatus: does a certificate still count? Its authority's responder is asked (OCSP), which takes time."""

import base64
from functools import partial

from ohmstead.engines.pki import CertificateHash
from ohmstead.ocpp.v201.types import (
    GetCertificateStatusRequest,
    GetCertificateStatusResponse,
    OCSPRequestDataType,
    StatusInfoType,
)
from ohmstead.ocpp.versions import Arrival, DeferredAnswer
from ohmstead.rooms.devices.facts import CertificateStatus, CertificateStatusWanted

MOST_CHARACTERS = 5500
MOST_INFO = 512
TOO_LONG = CertificateStatus(reason="TooLong", info="the answer has more than 5500 characters")


async def answer(request: GetCertificateStatusRequest, at: Arrival) -> DeferredAnswer:
    return DeferredAnswer(partial(_told, request, at))


async def _told(request: GetCertificateStatusRequest, at: Arrival) -> GetCertificateStatusResponse:
    status = await asked(request.ocsp_request_data, at)
    result = None if status.answer is None else base64.b64encode(status.answer).decode()
    if result is None:
        return _failed(status)
    if len(result) > MOST_CHARACTERS:
        return _failed(TOO_LONG)
    return GetCertificateStatusResponse(status="Accepted", ocsp_result=result)


async def asked(data: OCSPRequestDataType, at: Arrival) -> CertificateStatus:
    """What the responder says."""
    return await at.rooms.certificate_status(
        CertificateStatusWanted(
            charge_point_id=at.charge_point_id,
            hash=CertificateHash(data.hash_algorithm, data.issuer_name_hash, data.issuer_key_hash, data.serial_number),
            responder_url=data.responder_url,
        )
    )


def _failed(status: CertificateStatus) -> GetCertificateStatusResponse:
    info = status.info[:MOST_INFO] if status.info else None
    why = StatusInfoType(reason_code=status.reason or "NoAnswer", additional_info=info)
    return GetCertificateStatusResponse(status="Failed", status_info=why)
