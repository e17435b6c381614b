"""Charging profiles that operators lay on charge points and take off again."""

from ohmstead.rooms.charging.profiles import ending  # noqa: F401 - listens to sessions
from ohmstead.rooms.charging.profiles.accounts import profiles_told
from ohmstead.rooms.charging.profiles.asking import ProfileAccounts
from ohmstead.rooms.charging.profiles.clearing import clearings
from ohmstead.rooms.charging.profiles.laying import layings
from ohmstead.rooms.charging.profiles.reading import readings
from ohmstead.rooms.charging.profiles.table import caps_of, limited_by_us

__all__ = [
    "ProfileAccounts",
    "caps_of",
    "clearings",
    "layings",
    "limited_by_us",
    "profiles_told",
    "readings",
]
