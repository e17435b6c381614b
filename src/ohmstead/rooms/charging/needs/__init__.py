"""Charging needs: when the vehicle of a session leaves, and how much energy it wants by then."""

from ohmstead.rooms.charging.needs.carried_on import needs_carried_on
from ohmstead.rooms.charging.needs.from_vehicles import needs_taken, needs_told
from ohmstead.rooms.charging.needs.told import Needs, Source, needs_at, needs_of

__all__ = ["Needs", "Source", "needs_at", "needs_carried_on", "needs_of", "needs_taken", "needs_told"]
