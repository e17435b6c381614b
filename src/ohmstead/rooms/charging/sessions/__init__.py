"""Sessions: one vehicle's stay at an EVSE, from the authorization to the last reading of the meter."""

from ohmstead.rooms.charging.session_table import known_as, session

__all__ = ["known_as", "session"]
