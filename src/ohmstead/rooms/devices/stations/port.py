"""The port through which every room sends commands to charge points."""

from typing import Protocol

from ohmstead.kit.ports import Port
from ohmstead.rooms.devices.stations.commands import Command
from ohmstead.rooms.devices.stations.errors import StationOffline
from ohmstead.rooms.devices.stations.outcomes import Outcome


class Stations(Protocol):
    """The charge points within reach, addressed by charge point id."""

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        """Send one command and wait for its answer; raises a `StationError`."""
        ...

    def connected(self, charge_point_id: int) -> bool:
        """Whether the charge point holds a connection now."""
        ...


class NoStations:
    """Every charge point is offline."""

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        """Raises StationOffline."""
        raise StationOffline

    def connected(self, charge_point_id: int) -> bool:
        """No."""
        return False


stations: Port[Stations] = Port("stations", NoStations())
