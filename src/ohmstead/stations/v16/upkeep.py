"""The commands of OCPP 1.6's firmware profile and of its security extension: logs and firmware."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from cryptography import x509

from ohmstead.stations.desk import Answer, Desk, status
from ohmstead.stations.moments import utc
from ohmstead.stations.upkeep import AGAIN_S, IDLE, Attempts, Firmware, Progress, install, upload
from ohmstead.stations.v16 import messages

DIAGNOSTICS, LOG = "DiagnosticsStatusNotification", "LogStatusNotification"
FIRMWARE, SIGNED_FIRMWARE = "FirmwareStatusNotification", "SignedFirmwareStatusNotification"


def get_diagnostics(desk: Desk, command: messages.GetDiagnostics) -> Answer:
    """Put as a file below the location."""
    name = f"diagnostics-{desk.station.identity}.json"
    progress, url = _progress(desk, DIAGNOSTICS), _below(command.location, name)
    attempts = _attempts(command.retries, command.retry_interval)
    return Answer({"fileName": name}, _uploading(desk, progress, url, _diagnostics(desk), "UploadFailed", attempts))


def get_log(desk: Desk, command: messages.GetLog) -> Answer:
    """The security log, or what GetDiagnostics gives, by the way of the security extension."""
    name = f"{command.log_type}-{desk.station.identity}.log"
    progress, url = _progress(desk, LOG, command.request_id), _below(command.log.remote_location, name)
    attempts = _attempts(command.retries, command.retry_interval)
    content = _security_log(desk) if command.log_type == "SecurityLog" else _diagnostics(desk)
    work = _uploading(desk, progress, url, content, "UploadFailure", attempts)
    return Answer({"status": "Accepted", "filename": name}, work)


def update_firmware(desk: Desk, command: messages.UpdateFirmware) -> Answer:
    """The answer says nothing."""
    begun = install_unsigned(
        desk, command.location, command.retrieve_date, None, command.retries, command.retry_interval
    )
    return Answer({}, begun.then)


def install_unsigned(
    desk: Desk, location: str, at: datetime, request_id: int | None, retries: int | None, interval: int | None
) -> Answer:
    """Fetched when it is time, installed by a restart, which the work outlives."""
    firmware = Firmware(location, utc(at), _attempts(retries, interval))
    return status("Accepted", _installation(desk, _progress(desk, FIRMWARE, request_id), firmware))


def signed_update_firmware(desk: Desk, command: messages.SignedUpdateFirmware) -> Answer:
    return install_signed(desk, command, SIGNED_FIRMWARE)


def install_signed(desk: Desk, command: messages.SignedUpdateFirmware, message: str) -> Answer:
    """As above, once the signature has proved right; a certificate that is none is refused at once. `message` tells of
    the progress."""
    wanted = command.firmware
    try:
        certificate = x509.load_pem_x509_certificate(wanted.signing_certificate.encode())
        signature = base64.b64decode(wanted.signature, validate=True)
    except (ValueError, binascii.Error):
        return status("InvalidCertificate")
    attempts = _attempts(command.retries, command.retry_interval)
    firmware = Firmware(wanted.location, utc(wanted.retrieve_date_time), attempts, certificate, signature)
    progress = _progress(desk, message, command.request_id)
    return status("Accepted", _installation(desk, progress, firmware))


def tell_progress(desk: Desk, message: str) -> None:
    """Say how far an upload or an update is, because TriggerMessage asks."""
    progress = desk.progress.get(message) or Progress(_teller(desk, message, None))
    desk.station.say(progress.reach(progress.status))


def _diagnostics(desk: Desk) -> bytes:
    """The configuration, and the state of each connector."""
    state = {"connectors": {box.id: box.state for box in desk.connectors}}
    return json.dumps(desk.configuration.read([]) | state, indent=1).encode()


def _security_log(desk: Desk) -> bytes:
    return "\n".join(f"{at.isoformat()} {what}" for at, what in desk.security_log).encode()


def _uploading(
    desk: Desk, progress: Progress, url: str, content: bytes, failed: str, attempts: Attempts
) -> Callable[[], object]:
    return lambda: desk.station.powered.start(upload(desk.station, progress, url, content, failed, attempts))


def _installation(desk: Desk, progress: Progress, firmware: Firmware) -> Callable[[], object]:
    return lambda: desk.station.outside.start(install(desk.station, progress, firmware, desk.started))


def _progress(desk: Desk, message: str, request_id: int | None = None) -> Progress:
    """A new one, of which the message tells from now on."""
    desk.progress[message] = Progress(_teller(desk, message, request_id), IDLE)
    return desk.progress[message]


def _teller(desk: Desk, message: str, request_id: int | None) -> Callable[[str], Awaitable[None]]:
    async def say(word: str) -> None:
        named = {} if request_id is None else {"requestId": request_id}
        await desk.station.uplink.call(message, {"status": word, **named})

    return say


def _attempts(retries: int | None, interval: int | None) -> Attempts:
    return Attempts(retries or 0, AGAIN_S if interval is None else interval)


def _below(location: str, name: str) -> str:
    """A location is a directory."""
    return f"{location.rstrip('/')}/{name}"
