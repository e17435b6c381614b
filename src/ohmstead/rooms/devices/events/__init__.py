"""Events that 2.x stations report of their components: kept, and acted upon where they mean a state or a danger."""

from ohmstead.rooms.devices.events.monitors import monitors_told
from ohmstead.rooms.devices.events.reading import operations
from ohmstead.rooms.devices.events.table import station_event, station_monitor
from ohmstead.rooms.devices.events.telling import events_told

__all__ = ["events_told", "monitors_told", "operations", "station_event", "station_monitor"]
