"""InstallCertificate, DeleteCertificate, GetInstalledCertificateIds and CertificateSigned."""

from ohmstead.ocpp.certificate_hashes import told, understood
from ohmstead.ocpp.v201.types import (
    CertificateHashDataType,
    CertificateSignedRequest,
    DeleteCertificateRequest,
    GetInstalledCertificateIdsRequest,
    GetInstalledCertificateIdsResponse,
    InstallCertificateRequest,
)
from ohmstead.rooms.devices.stations import (
    CertificateSigned,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
    InstalledCertificate,
    Outcome,
)


def install(command: InstallCertificate) -> InstallCertificateRequest:
    return InstallCertificateRequest(certificate_type=command.type, certificate=command.certificate)


def delete(command: DeleteCertificate) -> DeleteCertificateRequest:
    return DeleteCertificateRequest(certificate_hash_data=CertificateHashDataType(**told(command.hash)))


def ask_installed(command: GetInstalledCertificates) -> GetInstalledCertificateIdsRequest:
    return GetInstalledCertificateIdsRequest(certificate_type=list(command.types) or None)


def installed(response: GetInstalledCertificateIdsResponse) -> Outcome:
    """Of a chain its first certificate stands for it."""
    chains = response.certificate_hash_data_chain or ()
    found = tuple(InstalledCertificate(one.certificate_type, understood(one.certificate_hash_data)) for one in chains)
    return Outcome(status=response.status, certificates=found)


def signed(command: CertificateSigned) -> CertificateSignedRequest:
    return CertificateSignedRequest(certificate_chain=command.chain, certificate_type="ChargingStationCertificate")
