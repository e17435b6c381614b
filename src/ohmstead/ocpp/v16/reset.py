"""Reset: restart, in good order or at once."""

from ohmstead.ocpp.v16.types import ResetRequest
from ohmstead.rooms.network.stations import Reset


def request(command: Reset) -> ResetRequest:
    return ResetRequest(type="Soft" if command.kind == "soft" else "Hard")
