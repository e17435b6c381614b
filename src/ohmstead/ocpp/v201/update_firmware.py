"""UpdateFirmware: fetch firmware and install it."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v201.types import FirmwareType, UpdateFirmwareRequest
from ohmstead.rooms.devices.stations import UpdateFirmware


def request(command: UpdateFirmware) -> UpdateFirmwareRequest:
    return UpdateFirmwareRequest(
        request_id=command.request_id,
        firmware=FirmwareType(
            location=command.url,
            retrieve_date_time=sent(command.retrieve_at),
            signing_certificate=command.signing_certificate,
            signature=command.signature,
        ),
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )
