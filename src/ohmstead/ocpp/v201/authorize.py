"""Authorize: may this token charge here? One that a vehicle's contract presents comes with the hashes of its
certificates, which all have to count (C07): their authorities are asked. One that its station could not verify comes
with the certificate itself."""

import asyncio
from collections.abc import Sequence
from functools import partial

from ohmstead.ocpp.v201.certificate_status import asked
from ohmstead.ocpp.v201.tokens import id_token_info
from ohmstead.ocpp.v201.types import (
    AuthorizeCertificateStatusEnumType,
    AuthorizeRequest,
    AuthorizeResponse,
    IdTokenInfoType,
)
from ohmstead.ocpp.versions import Arrival, DeferredAnswer
from ohmstead.rooms.charging.facts import ContractPresented, TagPresented, TagVerdict
from ohmstead.rooms.devices.facts import CertificateStatus


async def answer(request: AuthorizeRequest, at: Arrival) -> AuthorizeResponse | DeferredAnswer:
    verdict = await at.rooms.authorize(
        TagPresented(
            charge_point_id=at.charge_point_id,
            id_tag=request.id_token.id_token,
            received_at=at.received_at,
            token_type=request.id_token.type,
        )
    )
    if request.iso15118_certificate_hash_data:
        return DeferredAnswer(partial(_certified, request, at, verdict))
    if request.certificate:
        return _worth(verdict, await _handed_in(request, at))
    return AuthorizeResponse(id_token_info=id_token_info(verdict))


async def _certified(request: AuthorizeRequest, at: Arrival, verdict: TagVerdict) -> AuthorizeResponse:
    chain = request.iso15118_certificate_hash_data or ()
    status = _worst(await asyncio.gather(*(asked(one, at) for one in chain)))
    if status == "Accepted" and request.certificate:
        status = await _handed_in(request, at)
    return _worth(verdict, status)


async def _handed_in(request: AuthorizeRequest, at: Arrival) -> AuthorizeCertificateStatusEnumType:
    """What the certificate itself is worth, which the station could not verify."""
    return await at.rooms.contract_presented(
        ContractPresented(
            charge_point_id=at.charge_point_id, emaid=request.id_token.id_token, chain=request.certificate or ""
        )
    )


def _worth(verdict: TagVerdict, status: AuthorizeCertificateStatusEnumType) -> AuthorizeResponse:
    told = id_token_info(verdict) if status == "Accepted" else IdTokenInfoType(status="Invalid")
    return AuthorizeResponse(id_token_info=told, certificate_status=status)


def _worst(statuses: Sequence[CertificateStatus]) -> AuthorizeCertificateStatusEnumType:
    """What can be said of a chain: one that is revoked or unknown breaks it, and so does one nobody tells of."""
    meanings = {one.meaning for one in statuses}
    if "revoked" in meanings:
        return "CertificateRevoked"
    if "unknown" in meanings:
        return "CertChainError"
    return "NoCertificateAvailable" if None in meanings else "Accepted"
