"""GetLog: upload a log."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v201.types import GetLogRequest, GetLogResponse, LogParametersType
from ohmstead.rooms.devices.stations import GetLog, Outcome


def request(command: GetLog) -> GetLogRequest:
    return GetLogRequest(
        log=LogParametersType(
            remote_location=command.url,
            oldest_timestamp=sent(command.since) if command.since else None,
            latest_timestamp=sent(command.until) if command.until else None,
        ),
        log_type="SecurityLog" if command.kind == "security" else "DiagnosticsLog",
        request_id=command.request_id,
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )


def outcome(response: GetLogResponse) -> Outcome:
    return Outcome(status=response.status, file_name=response.filename or None)
