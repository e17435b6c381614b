"""GetConfiguration: read settings by key, or all of them."""

from ohmstead.ocpp.v16.types import GetConfigurationRequest, GetConfigurationResponse
from ohmstead.rooms.devices.stations import GetConfiguration, GetVariables, Outcome, Setting


def request(command: GetConfiguration) -> GetConfigurationRequest:
    return GetConfigurationRequest(key=list(command.keys) or None)


def named(command: GetVariables) -> GetConfigurationRequest:
    return GetConfigurationRequest(key=[one.key for one in command.variables])


def outcome(response: GetConfigurationResponse) -> Outcome:
    """The response has no status; a station that answers has agreed."""
    return Outcome(
        status="Accepted",
        settings=tuple(Setting(each.key, each.value, each.readonly) for each in response.configuration_key or ()),
        unknown_keys=tuple(response.unknown_key or ()),
    )
