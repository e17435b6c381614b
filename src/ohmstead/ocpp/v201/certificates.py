"""InstallCertificate, DeleteCertificate, GetInstalledCertificateIds and CertificateSigned."""

from ohmstead.engines.pki import CertificateHash
from ohmstead.ocpp.v201.types import (
    CertificateHashDataType,
    CertificateSignedRequest,
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
)


def install(command: InstallCertificate) -> InstallCertificateRequest:
    return InstallCertificateRequest(certificate_type=command.type, certificate=command.certificate)


def delete(command: DeleteCertificate) -> DeleteCertificateRequest:
    hash = command.hash
    return DeleteCertificateRequest(
        certificate_hash_data=CertificateHashDataType(
            hash_algorithm=hash.algorithm,
            issuer_name_hash=hash.issuer_name,
            issuer_key_hash=hash.issuer_key,
            serial_number=hash.serial,
        )
    )


def ask_installed(command: GetInstalledCertificates) -> GetInstalledCertificateIdsRequest:
    return GetInstalledCertificateIdsRequest(certificate_type=list(command.types) or None)


def installed(response: GetInstalledCertificateIdsResponse) -> Outcome:
    """Of a chain its first certificate stands for it."""
    chains = response.certificate_hash_data_chain or ()
    return Outcome(
        status=response.status,
        certificates=tuple(
            InstalledCertificate(one.certificate_type, _hash(one.certificate_hash_data)) for one in chains
        ),
    )


def signed(command: CertificateSigned) -> CertificateSignedRequest:
    return CertificateSignedRequest(certificate_chain=command.chain, certificate_type="ChargingStationCertificate")


def _hash(data: CertificateHashDataType) -> CertificateHash:
    return CertificateHash(data.hash_algorithm, data.issuer_name_hash, data.issuer_key_hash, data.serial_number)
