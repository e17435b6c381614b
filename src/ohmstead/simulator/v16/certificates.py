"""The commands of OCPP 1.6's security extension that are about certificates."""

from ohmstead.simulator.certificates import hashed
from ohmstead.simulator.desk import Answer, Desk, status
from ohmstead.simulator.v16 import messages

TYPES = {"CentralSystemRootCertificate": "CSMSRootCertificate"}
"""What 1.6 has another word for."""


def certificate_signed(desk: Desk, command: messages.CertificateSigned) -> Answer:
    """Used at once where the line is secured by a certificate (whitepaper, A02)."""
    station = desk.station
    if not station.safe.certificates.take(command.certificate_chain):
        return status("Rejected", lambda: desk.report("InvalidChargePointCertificate"))
    address = station.uplink.line.address
    if address.profile != 3:
        return status("Accepted")
    return status("Accepted", lambda: station.outside.start(station.reconnect(station.safe.again(address))))


def install_certificate(desk: Desk, command: messages.InstallCertificate) -> Answer:
    installed = desk.station.safe.certificates.install(
        TYPES.get(command.certificate_type, command.certificate_type), command.certificate
    )
    return status("Accepted" if installed else "Rejected")


def delete_certificate(desk: Desk, command: messages.DeleteCertificate) -> Answer:
    return status(desk.station.safe.certificates.delete(command.certificate_hash_data))


def get_installed_certificate_ids(desk: Desk, command: messages.GetInstalledCertificateIds) -> Answer:
    type = TYPES.get(command.certificate_type, command.certificate_type)
    found = [hashed(one) for one in desk.station.safe.certificates.roots.get(type, [])]
    return Answer({"status": "Accepted", "certificateHashData": found} if found else {"status": "NotFound"})
