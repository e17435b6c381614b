"""The stations connected to this node, as the rooms see them: commands in, outcomes out, no version in sight."""

from ohmstead.ocpp.errors import ErrorCode
from ohmstead.ocpp.registry import Registry
from ohmstead.rooms.network.stations import Command, Disconnect, Outcome, RawCall, StationOffline, StationRefused


class Gateway:
    """Implements `ohmstead.rooms.network.stations.Stations`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        """Translate the command for the station's version, send it, wait for the answer; raises a `StationError`."""
        connection = self._registry.get(charge_point_id)
        if connection is None:
            raise StationOffline
        if isinstance(command, Disconnect):
            self._registry.dismiss(connection, command.reason)
            return Outcome(status="Accepted")
        if isinstance(command, RawCall):
            return Outcome(status="Accepted", payload=await connection.call_raw(command.action, command.payload))
        sent = connection.version.commands.get(type(command))
        if sent is None:
            version = connection.version.dialect.version
            raise StationRefused(ErrorCode.NOT_SUPPORTED, f"OCPP {version} has no {type(command).__name__}")
        request = sent.request(command)
        return sent.outcome(await connection.call(sent.action_of(request), request))

    def connected(self, charge_point_id: int) -> bool:
        return self._registry.get(charge_point_id) is not None
