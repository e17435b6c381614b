"""UpdateFirmware, and SignedUpdateFirmware of the security extension: fetch firmware and install it."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v16.types import (
    FirmwareType,
    SignedUpdateFirmwareRequest,
    SignedUpdateFirmwareResponse,
    UpdateFirmwareRequest,
    UpdateFirmwareResponse,
)
from ohmstead.rooms.devices.stations import Outcome, UpdateFirmware


def request(command: UpdateFirmware) -> UpdateFirmwareRequest | SignedUpdateFirmwareRequest:
    if command.signing_certificate is None:
        return UpdateFirmwareRequest(
            location=command.url,
            retrieve_date=sent(command.retrieve_at),
            retries=command.retries,
            retry_interval=command.retry_interval_s,
        )
    return SignedUpdateFirmwareRequest(
        request_id=command.request_id,
        firmware=FirmwareType(
            location=command.url,
            retrieve_date_time=sent(command.retrieve_at),
            signing_certificate=command.signing_certificate,
            signature=command.signature or "",
        ),
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )


def outcome(response: UpdateFirmwareResponse | SignedUpdateFirmwareResponse) -> Outcome:
    """A plain update is answered without a status; a station that answers has agreed."""
    return Outcome(status=response.status if isinstance(response, SignedUpdateFirmwareResponse) else "Accepted")
