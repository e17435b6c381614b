"""ChangeConfiguration: write one setting."""

from ohmstead.ocpp.v16.types import ChangeConfigurationRequest
from ohmstead.rooms.devices.stations import ChangeConfiguration


def request(command: ChangeConfiguration) -> ChangeConfigurationRequest:
    return ChangeConfigurationRequest(key=command.key, value=command.value)
