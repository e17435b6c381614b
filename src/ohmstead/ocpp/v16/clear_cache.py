"""ClearCache: forget the verdicts on tags that were learned."""

from ohmstead.ocpp.v16.types import ClearCacheRequest
from ohmstead.rooms.devices.stations import ClearCache


def request(command: ClearCache) -> ClearCacheRequest:
    return ClearCacheRequest()
