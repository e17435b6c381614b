"""Charging profiles that operators lay on charge points and take off again."""

from ohmstead.rooms.charging.profiles import ending  # noqa: F401 - listens to sessions
from ohmstead.rooms.charging.profiles.applied import tell_applied
from ohmstead.rooms.charging.profiles.clear_profile import clear_profile_actions
from ohmstead.rooms.charging.profiles.composite_schedules import readings
from ohmstead.rooms.charging.profiles.profile_reconciliation import profiles_told
from ohmstead.rooms.charging.profiles.profile_report_requests import ProfileAccounts
from ohmstead.rooms.charging.profiles.set_profile import set_profile_actions
from ohmstead.rooms.charging.profiles.table import caps_of, limited_by_us
from ohmstead.rooms.charging.profiles.withholding import limits_taken_off

__all__ = [
    "ProfileAccounts",
    "caps_of",
    "clear_profile_actions",
    "limited_by_us",
    "limits_taken_off",
    "profiles_told",
    "readings",
    "set_profile_actions",
    "tell_applied",
]
