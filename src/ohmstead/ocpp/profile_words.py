"""Words of charging profiles that all versions write alike, how exact their limits are, and what is 2.1's alone."""

from math import floor
from typing import Literal

from ohmstead.ocpp.errors import ErrorCode
from ohmstead.rooms.devices.stations import ChargingProfile, StationRefused

KIND: dict[str, Literal["Absolute", "Recurring", "Relative"]] = {
    "absolute": "Absolute",
    "recurring": "Recurring",
    "relative": "Relative",
}
RECURRENCY: dict[str, Literal["Daily", "Weekly"]] = {"daily": "Daily", "weekly": "Weekly"}


def before_2_1(profile: ChargingProfile) -> ChargingProfile:
    """The profile, if a version before 2.1 can say it: without its end while the station is offline it would never
    end."""
    if profile.kind == "dynamic" or profile.offline_s is not None:
        raise StationRefused(ErrorCode.NOT_SUPPORTED, "only OCPP 2.1 has dynamic profiles and ends by being offline")
    return profile


def tenths(limit: float) -> float:
    """Limits have one decimal; the rest is cut off, for a limit must not grow."""
    return floor(round(limit * 10, 6)) / 10
