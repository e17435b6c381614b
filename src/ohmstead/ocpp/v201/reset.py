"""Reset: restart the station or one EVSE at once, or when nothing is charging any more."""

from ohmstead.ocpp.v201.types import ResetRequest
from ohmstead.rooms.devices.stations import Reset


def request(command: Reset) -> ResetRequest:
    """2.0.1 has no reset that ends sessions in good order and waits for none: the soft one waits for their end."""
    return ResetRequest(type="OnIdle" if command.kind == "soft" else "Immediate", evse_id=command.evse_network_id)
