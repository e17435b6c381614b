"""Transaction ids of 1.6 are numbers, ours; the rooms refer to transactions by text."""

from ohmstead.ocpp.errors import ErrorCode
from ohmstead.rooms.devices.stations import StationRefused


def transaction_number(ref: str) -> int:
    """Raises `StationRefused` for a reference that is no number."""
    try:
        return int(ref)
    except ValueError as failure:
        reason = f"OCPP 1.6 numbers its transactions, {ref!r} is none"
        raise StationRefused(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, reason) from failure
