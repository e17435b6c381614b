"""Messages of 2.0.1 inside DataTransfer, by which a station of 1.6 is told of certificates for vehicles (OCA
application note "Using ISO 15118 Plug & Charge with OCPP 1.6")."""

import json

import msgspec

from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.orders import Handler
from ohmstead.simulator.v16 import certificates, core
from ohmstead.simulator.v16.messages import DataTransfer
from ohmstead.simulator.v201 import messages, security

VENDOR = "org.openchargealliance.iso15118pnc"
COMMANDS: dict[str, tuple[type[messages.Message], Handler]] = {
    "DeleteCertificate": (messages.DeleteCertificate, certificates.delete_certificate),
    "GetInstalledCertificateIds": (messages.GetInstalledCertificateIds, security.get_installed_certificate_ids),
    "InstallCertificate": (messages.InstallCertificate, security.install_certificate),
}


def data_transfer(context: HandlerContext, command: DataTransfer) -> Answer:
    """On anything else this station's vendor has agreed with nobody."""
    if command.vendor_id != VENDOR:
        return core.data_transfer(context, command)
    if command.message_id not in COMMANDS:
        return status("UnknownMessageId")
    shape, handler = COMMANDS[command.message_id]
    try:
        answer = handler(context, msgspec.json.decode(command.data or "", type=shape))
    except msgspec.MsgspecError:
        return status("Rejected")
    return Answer({"status": "Accepted", "data": json.dumps(answer.payload)}, answer.then)
