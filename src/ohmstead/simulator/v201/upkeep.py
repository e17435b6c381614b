"""The commands of OCPP 2.0.1's logs and firmware (chapters L and N): those of 1.6's security extension, in one form."""

from ohmstead.simulator.handler_context import Answer, HandlerContext
from ohmstead.simulator.v16 import messages as v16
from ohmstead.simulator.v16 import upkeep
from ohmstead.simulator.v201 import messages


def update_firmware(context: HandlerContext, command: messages.UpdateFirmware) -> Answer:
    """Signed where it comes with a certificate; that is told by the same message either way."""
    wanted = command.firmware
    if wanted.signing_certificate is None or wanted.signature is None:
        return upkeep.install_unsigned(
            context,
            wanted.location,
            wanted.retrieve_date_time,
            command.request_id,
            command.retries,
            command.retry_interval,
        )
    signed = v16.SignedUpdateFirmware(
        request_id=command.request_id,
        firmware=v16.SignedFirmware(
            location=wanted.location,
            retrieve_date_time=wanted.retrieve_date_time,
            signing_certificate=wanted.signing_certificate,
            signature=wanted.signature,
        ),
        retries=command.retries,
        retry_interval=command.retry_interval,
    )
    return upkeep.install_signed(context, signed, upkeep.FIRMWARE)
