"""Configuration: the variables a charge point works by, as it last told them; read, written and kept in step."""

from ohmstead.rooms.network.configuration.actions import actions
from ohmstead.rooms.network.configuration.reading import reads
from ohmstead.rooms.network.configuration.syncing import BootSync
from ohmstead.rooms.network.configuration.table import configuration_sync, configuration_variable

__all__ = ["BootSync", "actions", "configuration_sync", "configuration_variable", "reads"]
