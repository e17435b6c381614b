"""GetDiagnostics, and GetLog of the security extension: upload a log."""

from ohmstead.ocpp.timestamps import sent
from ohmstead.ocpp.v16.types import (
    GetDiagnosticsRequest,
    GetDiagnosticsResponse,
    GetLogRequest,
    GetLogResponse,
    LogParametersType,
)
from ohmstead.rooms.devices.stations import GetLog, Outcome

NOTHING = "Rejected"
"""A station that has no diagnostics answers without a file name (OCPP 1.6, section 5.9)."""


def request(command: GetLog) -> GetDiagnosticsRequest | GetLogRequest:
    since = sent(command.since) if command.since else None
    until = sent(command.until) if command.until else None
    if command.kind == "security":
        return GetLogRequest(
            log=LogParametersType(remote_location=command.url, oldest_timestamp=since, latest_timestamp=until),
            log_type="SecurityLog",
            request_id=command.request_id,
            retries=command.retries,
            retry_interval=command.retry_interval_s,
        )
    return GetDiagnosticsRequest(
        location=command.url,
        retries=command.retries,
        retry_interval=command.retry_interval_s,
        start_time=since,
        stop_time=until,
    )


def outcome(response: GetDiagnosticsResponse | GetLogResponse) -> Outcome:
    if isinstance(response, GetDiagnosticsResponse):
        return Outcome(status="Accepted" if response.file_name else NOTHING, file_name=response.file_name or None)
    return Outcome(status=response.status, file_name=response.filename or None)
