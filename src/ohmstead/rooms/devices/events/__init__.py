"""Events that 2.x stations report of their components: kept, and acted upon where they mean a state or a danger."""

from ohmstead.rooms.devices.events.event_intake import events_told
from ohmstead.rooms.devices.events.monitors import monitors_told
from ohmstead.rooms.devices.events.reading import operations
from ohmstead.rooms.devices.events.table import station_event, station_monitor

__all__ = ["events_told", "monitors_told", "operations", "station_event", "station_monitor"]
