"""ClearCache: forget the tokens whose verdicts the station has learned."""

from ohmstead.ocpp.v201.types import ClearCacheRequest
from ohmstead.rooms.devices.stations import ClearCache


def request(command: ClearCache) -> ClearCacheRequest:
    return ClearCacheRequest()
