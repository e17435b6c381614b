"""The commands of OCPP 1.6's security extension that are about certificates."""

from ohmstead.simulator.certificates import hashed
from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.v16 import messages

TYPES = {"CentralSystemRootCertificate": "CSMSRootCertificate"}
"""What 1.6 has another word for."""


def certificate_signed(context: HandlerContext, command: messages.CertificateSigned) -> Answer:
    """Used at once where the line is secured by a certificate (whitepaper, A02)."""
    station = context.station
    if not station.safe.certificates.take(command.certificate_chain):
        return status("Rejected", lambda: context.report("InvalidChargePointCertificate"))
    address = station.uplink.line.address
    if address.profile != 3:
        return status("Accepted")
    return status("Accepted", lambda: station.outside.start(station.reconnect(station.safe.again(address))))


def install_certificate(context: HandlerContext, command: messages.InstallCertificate) -> Answer:
    installed = context.station.safe.certificates.install(
        TYPES.get(command.certificate_type, command.certificate_type), command.certificate
    )
    return status("Accepted" if installed else "Rejected")


def delete_certificate(context: HandlerContext, command: messages.DeleteCertificate) -> Answer:
    return status(context.station.safe.certificates.delete(command.certificate_hash_data))


def get_installed_certificate_ids(context: HandlerContext, command: messages.GetInstalledCertificateIds) -> Answer:
    type = TYPES.get(command.certificate_type, command.certificate_type)
    found = [hashed(one) for one in context.station.safe.certificates.roots.get(type, [])]
    return Answer({"status": "Accepted", "certificateHashData": found} if found else {"status": "NotFound"})
