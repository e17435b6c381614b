"""Configuration: the variables a charge point works by, as it last told them; read, written and kept in step."""

from ohmstead.rooms.devices.configuration import synced_content  # noqa: F401 - it is loaded for who is told
from ohmstead.rooms.devices.configuration.actions import actions
from ohmstead.rooms.devices.configuration.reading import reads
from ohmstead.rooms.devices.configuration.reports import MissingReports, settings_told
from ohmstead.rooms.devices.configuration.syncing import BootSync
from ohmstead.rooms.devices.configuration.table import configuration_sync, configuration_variable

__all__ = [
    "BootSync",
    "MissingReports",
    "actions",
    "configuration_sync",
    "configuration_variable",
    "reads",
    "settings_told",
]
