"""The door through which every room sends commands to charge points."""

from typing import Protocol

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


class Door:
    """Where the rooms find the stations: shut, and every station offline, until the app opens it."""

    def __init__(self) -> None:
        self._stations: Stations | None = None

    def open(self, stations: Stations | None) -> None:
        """Let commands through to `stations`; None shuts the door."""
        self._stations = stations

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        """See `Stations.call`."""
        if self._stations is None:
            raise StationOffline
        return await self._stations.call(charge_point_id, command)

    def connected(self, charge_point_id: int) -> bool:
        """See `Stations.connected`."""
        return self._stations is not None and self._stations.connected(charge_point_id)


stations = Door()
