"""Events that 2.x stations report of their components: kept, and acted upon where they mean a state or a danger."""

from ohmstead.rooms.network.events.monitors import monitors_told
from ohmstead.rooms.network.events.reading import operations
from ohmstead.rooms.network.events.table import station_event, station_monitor
from ohmstead.rooms.network.events.telling import events_told

__all__ = ["events_told", "monitors_told", "operations", "station_event", "station_monitor"]
