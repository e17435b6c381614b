"""The stations connected to this node, as the rooms see them: commands in, outcomes out, no version in sight."""

from ohmstead.ocpp.commands import send
from ohmstead.ocpp.registry import Registry
from ohmstead.rooms.devices.stations import Command, Disconnect, Outcome, RefreshQuirks, StationOffline


class Gateway:
    """Implements `ohmstead.rooms.devices.stations.Stations`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        """Send a command once the station takes commands, wait for the answer; raises a `StationError`."""
        connection = self._registry.get(charge_point_id)
        if connection is None:
            raise StationOffline
        if isinstance(command, Disconnect):
            self._registry.dismiss(connection, command.reason)
            return Outcome(status="Accepted")
        if isinstance(command, RefreshQuirks):
            await self._registry.look_again(connection)
            return Outcome(status="Accepted")
        await connection.boot_phase.over()
        return await send(connection, command)

    def connected(self, charge_point_id: int) -> bool:
        connection = self._registry.get(charge_point_id)
        return connection is not None and not connection.is_closing
