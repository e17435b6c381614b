"""SignCertificate: the station asks for a certificate; it follows in CertificateSigned."""

from ohmstead.ocpp.v16.types import SignCertificateRequest, SignCertificateResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import CertificateWanted


async def answer(request: SignCertificateRequest, at: Arrival) -> SignCertificateResponse:
    promised = await at.rooms.certificate_wanted(
        CertificateWanted(charge_point_id=at.charge_point_id, request=request.csr, received_at=at.received_at)
    )
    return SignCertificateResponse(status="Accepted" if promised else "Rejected")
