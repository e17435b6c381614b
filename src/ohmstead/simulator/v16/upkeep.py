"""The commands of OCPP 1.6's firmware profile and of its security extension: logs and firmware."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from cryptography import x509

from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.moments import utc
from ohmstead.simulator.upkeep import AGAIN_S, IDLE, Attempts, Firmware, Progress, install, upload
from ohmstead.simulator.v16 import messages

DIAGNOSTICS, LOG = "DiagnosticsStatusNotification", "LogStatusNotification"
FIRMWARE, SIGNED_FIRMWARE = "FirmwareStatusNotification", "SignedFirmwareStatusNotification"


def get_diagnostics(context: HandlerContext, command: messages.GetDiagnostics) -> Answer:
    """Put as a file below the location."""
    name = f"diagnostics-{context.station.identity}.json"
    progress, url = _progress(context, DIAGNOSTICS), _below(command.location, name)
    attempts = _attempts(command.retries, command.retry_interval)
    return Answer(
        {"fileName": name}, _uploading(context, progress, url, _diagnostics(context), "UploadFailed", attempts)
    )


def get_log(context: HandlerContext, command: messages.GetLog) -> Answer:
    """The security log, or what GetDiagnostics gives, by the way of the security extension."""
    name = f"{command.log_type}-{context.station.identity}.log"
    progress, url = _progress(context, LOG, command.request_id), _below(command.log.remote_location, name)
    attempts = _attempts(command.retries, command.retry_interval)
    content = _security_log(context) if command.log_type == "SecurityLog" else _diagnostics(context)
    work = _uploading(context, progress, url, content, "UploadFailure", attempts)
    return Answer({"status": "Accepted", "filename": name}, work)


def update_firmware(context: HandlerContext, command: messages.UpdateFirmware) -> Answer:
    """The answer says nothing."""
    begun = install_unsigned(
        context, command.location, command.retrieve_date, None, command.retries, command.retry_interval
    )
    return Answer({}, begun.then)


def install_unsigned(
    context: HandlerContext,
    location: str,
    at: datetime,
    request_id: int | None,
    retries: int | None,
    interval: int | None,
) -> Answer:
    """Fetched when it is time, installed by a restart, which the work outlives."""
    firmware = Firmware(location, utc(at), _attempts(retries, interval))
    return status("Accepted", _installation(context, _progress(context, FIRMWARE, request_id), firmware))


def signed_update_firmware(context: HandlerContext, command: messages.SignedUpdateFirmware) -> Answer:
    return install_signed(context, command, SIGNED_FIRMWARE)


def install_signed(context: HandlerContext, command: messages.SignedUpdateFirmware, message: str) -> Answer:
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
    progress = _progress(context, message, command.request_id)
    return status("Accepted", _installation(context, progress, firmware))


def tell_progress(context: HandlerContext, message: str) -> None:
    """Say how far an upload or an update is, because TriggerMessage asks."""
    progress = context.progress.get(message) or Progress(_teller(context, message, None))
    context.station.say(progress.reach(progress.status))


def _diagnostics(context: HandlerContext) -> bytes:
    """The configuration, and the state of each connector."""
    state = {"connectors": {box.id: box.state for box in context.connectors}}
    return json.dumps(context.configuration.read([]) | state, indent=1).encode()


def _security_log(context: HandlerContext) -> bytes:
    return "\n".join(f"{at.isoformat()} {what}" for at, what in context.security_log).encode()


def _uploading(
    context: HandlerContext, progress: Progress, url: str, content: bytes, failed: str, attempts: Attempts
) -> Callable[[], object]:
    return lambda: context.station.powered.start(upload(context.station, progress, url, content, failed, attempts))


def _installation(context: HandlerContext, progress: Progress, firmware: Firmware) -> Callable[[], object]:
    return lambda: context.station.outside.start(install(context.station, progress, firmware, context.started))


def _progress(context: HandlerContext, message: str, request_id: int | None = None) -> Progress:
    """A new one, of which the message tells from now on."""
    context.progress[message] = Progress(_teller(context, message, request_id), IDLE)
    return context.progress[message]


def _teller(context: HandlerContext, message: str, request_id: int | None) -> Callable[[str], Awaitable[None]]:
    async def say(word: str) -> None:
        named = {} if request_id is None else {"requestId": request_id}
        await context.station.uplink.call(message, {"status": word, **named})

    return say


def _attempts(retries: int | None, interval: int | None) -> Attempts:
    return Attempts(retries or 0, AGAIN_S if interval is None else interval)


def _below(location: str, name: str) -> str:
    """A location is a directory."""
    return f"{location.rstrip('/')}/{name}"
