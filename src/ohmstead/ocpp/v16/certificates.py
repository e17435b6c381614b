"""InstallCertificate, DeleteCertificate, GetInstalledCertificateIds and CertificateSigned of the security extension.

1.6 calls us the central system, and knows roots of it and of manufacturers alone.
"""

from ohmstead.ocpp.certificate_hashes import told, understood
from ohmstead.ocpp.errors import ErrorCode
from ohmstead.ocpp.v16.types import (
    CertificateHashDataType,
    CertificateSignedRequest,
    CertificateUseEnumType,
    DeleteCertificateRequest,
    GetInstalledCertificateIdsRequest,
    GetInstalledCertificateIdsResponse,
    InstallCertificateRequest,
)
from ohmstead.rooms.network.stations import (
    CertificateSigned,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
    InstalledCertificate,
    Outcome,
    StationRefused,
)

USES: dict[str, CertificateUseEnumType] = {
    "CSMSRootCertificate": "CentralSystemRootCertificate",
    "ManufacturerRootCertificate": "ManufacturerRootCertificate",
}


def install(command: InstallCertificate) -> InstallCertificateRequest:
    return InstallCertificateRequest(certificate_type=_use(command.type), certificate=command.certificate)


def delete(command: DeleteCertificate) -> DeleteCertificateRequest:
    return DeleteCertificateRequest(certificate_hash_data=CertificateHashDataType(**told(command.hash)))


def ask_installed(command: GetInstalledCertificates) -> GetInstalledCertificateIdsRequest:
    [type] = command.types
    return GetInstalledCertificateIdsRequest(certificate_type=_use(type))


def installed(response: GetInstalledCertificateIdsResponse) -> Outcome:
    hashes = response.certificate_hash_data or ()
    found = tuple(InstalledCertificate(None, understood(one)) for one in hashes)
    return Outcome(status=response.status, certificates=found)


def signed(command: CertificateSigned) -> CertificateSignedRequest:
    return CertificateSignedRequest(certificate_chain=command.chain)


def _use(type: str) -> CertificateUseEnumType:
    if type not in USES:
        raise StationRefused(ErrorCode.NOT_SUPPORTED, f"OCPP 1.6 has no {type}")
    return USES[type]
