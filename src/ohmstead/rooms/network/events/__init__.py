"""Events that 2.x stations report of their components: kept, and acted upon where they mean a state or a danger."""

from ohmstead.rooms.network.events.table import station_event
from ohmstead.rooms.network.events.telling import events_told

__all__ = ["events_told", "station_event"]
