"""SetChargingProfile: limits that 2.1 alone has, which end by the station's own count or are changed by a number."""

from msgspec.structs import asdict, replace

from ohmstead.ocpp.profile_words import KIND
from ohmstead.ocpp.v21.types import ChargingProfileType, SetChargingProfileRequest
from ohmstead.ocpp.v201.profiles import charging_profile
from ohmstead.rooms.devices.stations import ChargingProfile, SetChargingProfile


def request(command: SetChargingProfile) -> SetChargingProfileRequest:
    return SetChargingProfileRequest(evse_id=command.evse_network_id, charging_profile=_profile(command.profile))


def _profile(profile: ChargingProfile) -> ChargingProfileType:
    """Once it ended because the station was offline it stays so: else it would hold again before we know of that."""
    plain = charging_profile(replace(profile, kind="relative", offline_s=None))
    ends = profile.offline_s is not None
    return ChargingProfileType(
        **asdict(plain)
        | {
            "charging_profile_kind": "Dynamic" if profile.kind == "dynamic" else KIND[profile.kind],
            "max_offline_duration": profile.offline_s,
            "invalid_after_offline_duration": True if ends else None,
        }
    )
