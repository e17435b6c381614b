"""SignCertificate: the station asks for a certificate; it follows in CertificateSigned.

Certificates by which a vehicle knows the station (V2GCertificate) cannot be had: there is no such authority here.
"""

from ohmstead.ocpp.v201.types import SignCertificateRequest, SignCertificateResponse
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.devices.facts import CertificateWanted


async def answer(request: SignCertificateRequest, at: Arrival) -> SignCertificateResponse:
    if request.certificate_type == "V2GCertificate":
        return SignCertificateResponse(status="Rejected")
    promised = await at.rooms.certificate_wanted(
        CertificateWanted(charge_point_id=at.charge_point_id, request=request.csr, received_at=at.received_at)
    )
    return SignCertificateResponse(status="Accepted" if promised else "Rejected")
