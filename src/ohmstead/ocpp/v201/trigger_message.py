"""TriggerMessage: ask for a message now; a name that 2.0.1 does not list is refused before it is sent."""

from typing import cast

from ohmstead.ocpp.v201.types import EVSEType, MessageTriggerEnumType, TriggerMessageRequest
from ohmstead.rooms.devices.stations import TriggerMessage

RENAMED: dict[str, MessageTriggerEnumType] = {
    "DiagnosticsStatusNotification": "LogStatusNotification",
    "SignChargePointCertificate": "SignChargingStationCertificate",
}
"""Names of 1.6."""


def request(command: TriggerMessage) -> TriggerMessageRequest:
    return TriggerMessageRequest(
        requested_message=RENAMED.get(command.message, cast(MessageTriggerEnumType, command.message)),
        evse=_evse(command),
    )


def _evse(command: TriggerMessage) -> EVSEType | None:
    """A status is a connector's (F06.FR.12), all else an EVSE's."""
    if not command.evse_network_id:
        return None
    return EVSEType(id=command.evse_network_id, connector_id=1 if command.message == "StatusNotification" else None)
