"""InstallCertificate, DeleteCertificate, GetInstalledCertificateIds and CertificateSigned of the security extension.

1.6 calls us the central system, and knows roots of it and of manufacturers alone. Of those for vehicles a station is
told by the messages of Plug & Charge.
"""

from ohmstead.ocpp.certificate_hashes import told, understood
from ohmstead.ocpp.v16 import plug_and_charge
from ohmstead.ocpp.v16.types import (
    CertificateHashDataType,
    CertificateSignedRequest,
    CertificateUseEnumType,
    DataTransferRequest,
    DataTransferResponse,
    DeleteCertificateRequest,
    DeleteCertificateResponse,
    GetInstalledCertificateIdsRequest,
    GetInstalledCertificateIdsResponse,
    InstallCertificateRequest,
    InstallCertificateResponse,
)
from ohmstead.ocpp.v201 import certificates as v201
from ohmstead.ocpp.versions import by_status
from ohmstead.rooms.devices.stations import (
    CertificateSigned,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
    InstalledCertificate,
    Outcome,
)

USES: dict[str, CertificateUseEnumType] = {
    "CSMSRootCertificate": "CentralSystemRootCertificate",
    "ManufacturerRootCertificate": "ManufacturerRootCertificate",
}


def install(command: InstallCertificate) -> InstallCertificateRequest | DataTransferRequest:
    if command.type not in USES:
        return plug_and_charge.wrapped(v201.install(command))
    return InstallCertificateRequest(certificate_type=USES[command.type], certificate=command.certificate)


def install_outcome(response: InstallCertificateResponse | DataTransferResponse) -> Outcome:
    if isinstance(response, DataTransferResponse):
        return by_status(plug_and_charge.unwrapped("InstallCertificate", response))
    return by_status(response)


def delete(command: DeleteCertificate) -> DeleteCertificateRequest | DataTransferRequest:
    if command.type is not None and command.type not in USES:
        return plug_and_charge.wrapped(v201.delete(command))
    return DeleteCertificateRequest(certificate_hash_data=CertificateHashDataType(**told(command.hash)))


def delete_outcome(response: DeleteCertificateResponse | DataTransferResponse) -> Outcome:
    if isinstance(response, DataTransferResponse):
        return by_status(plug_and_charge.unwrapped("DeleteCertificate", response))
    return by_status(response)


def ask_installed(command: GetInstalledCertificates) -> GetInstalledCertificateIdsRequest | DataTransferRequest:
    [type] = command.types
    if type not in USES:
        return plug_and_charge.wrapped(v201.ask_installed(command))
    return GetInstalledCertificateIdsRequest(certificate_type=USES[type])


def installed(response: GetInstalledCertificateIdsResponse | DataTransferResponse) -> Outcome:
    if isinstance(response, DataTransferResponse):
        return v201.installed(plug_and_charge.unwrapped("GetInstalledCertificateIds", response))
    hashes = response.certificate_hash_data or ()
    found = tuple(InstalledCertificate(None, understood(one)) for one in hashes)
    return Outcome(status=response.status, certificates=found)


def signed(command: CertificateSigned) -> CertificateSignedRequest:
    return CertificateSignedRequest(certificate_chain=command.chain)
