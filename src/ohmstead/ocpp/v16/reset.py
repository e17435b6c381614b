"""Reset: restart, in good order or at once."""

from ohmstead.ocpp.errors import ErrorCode
from ohmstead.ocpp.v16.types import ResetRequest
from ohmstead.rooms.devices.stations import Reset, StationRefused


def request(command: Reset) -> ResetRequest:
    if command.evse_network_id is not None:
        raise StationRefused(ErrorCode.NOT_SUPPORTED, "OCPP 1.6 resets a charge point as a whole")
    return ResetRequest(type="Soft" if command.kind == "soft" else "Hard")
