"""The commands of OCPP 2.0.1 about certificates and network profiles, as far as they are not those of 1.6."""

from ohmstead.simulator.certificates import hashed
from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.v16 import certificates as v16
from ohmstead.simulator.v16 import messages as v16_messages
from ohmstead.simulator.v201 import messages

SLOTS = range(1, 4)


def certificate_signed(context: HandlerContext, command: messages.CertificateSigned) -> Answer:
    """This station has no certificate for vehicles."""
    if command.certificate_type == "V2GCertificate":
        return status("Rejected")
    return v16.certificate_signed(context, v16_messages.CertificateSigned(certificate_chain=command.certificate_chain))


def install_certificate(context: HandlerContext, command: messages.InstallCertificate) -> Answer:
    installed = context.station.safe.certificates.install(command.certificate_type, command.certificate)
    return status("Accepted" if installed else "Rejected")


def get_installed_certificate_ids(context: HandlerContext, command: messages.GetInstalledCertificateIds) -> Answer:
    """Roots stand alone; there are no chains of vehicles' certificates."""
    found = [
        {"certificateType": type, "certificateHashData": hashed(one)}
        for type, roots in context.station.safe.certificates.roots.items()
        for one in roots
        if not command.certificate_type or type in command.certificate_type
    ]
    return Answer({"status": "Accepted", "certificateHashDataChain": found} if found else {"status": "NotFound"})


def set_network_profile(context: HandlerContext, command: messages.SetNetworkProfile) -> Answer:
    """Kept for when it is first in the order (B09); what the station lacks for it refuses it."""
    safe, data = context.station.safe, command.connection_data
    used = context.station.uplink.line.address.profile
    if command.configuration_slot not in SLOTS or safe.lacks(data.security_profile, used, data.ocpp_csms_url):
        return status("Rejected")
    safe.slots[command.configuration_slot] = safe.address(data.security_profile, data.ocpp_csms_url)
    return status("Accepted")
