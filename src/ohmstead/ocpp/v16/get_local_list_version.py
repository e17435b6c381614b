"""GetLocalListVersion: the version of the list of tags a station admits by itself."""

from ohmstead.ocpp.v16.types import GetLocalListVersionRequest, GetLocalListVersionResponse
from ohmstead.rooms.devices.stations import GetLocalListVersion, Outcome


def request(command: GetLocalListVersion) -> GetLocalListVersionRequest:
    return GetLocalListVersionRequest()


def outcome(response: GetLocalListVersionResponse) -> Outcome:
    """The response has no status; a station that answers has agreed."""
    return Outcome(status="Accepted", list_version=response.list_version)
