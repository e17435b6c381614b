"""Commands on their way to one charge point: into the words of its version, its own settings heeded."""

from msgspec.structs import replace

from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.errors import ErrorCode
from ohmstead.rooms.devices.configuration.standard import PASSWORDS
from ohmstead.rooms.devices.stations import ChangeConfiguration, Command, Outcome, RawCall, StationRefused


async def send(connection: Connection, command: Command) -> Outcome:
    """Translate the command for the station's version, send it, wait for the answer; raises a `StationError`."""
    if isinstance(command, RawCall):
        return Outcome(status="Accepted", payload=await connection.call_raw(command.action, command.payload))
    sent = connection.version.commands.get(type(command))
    if sent is None:
        version = connection.version.dialect.version
        raise StationRefused(ErrorCode.NOT_SUPPORTED, f"OCPP {version} has no {type(command).__name__}")
    request = sent.request(_in_hex(command) if connection.settings.password_as_hex else command)
    return sent.outcome(await connection.call(sent.action_of(request), request))


def _in_hex(command: Command) -> Command:
    """A password that is no hexadecimal yet is written as such (OCPP 1.6 security whitepaper, A01)."""
    if not isinstance(command, ChangeConfiguration) or command.key not in PASSWORDS:
        return command
    try:
        bytes.fromhex(command.value)
    except ValueError:
        return replace(command, value=command.value.encode().hex())
    return command
