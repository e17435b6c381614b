"""TriggerMessage, and where only the security extension knows the message ExtendedTriggerMessage: ask for one now.

A name that neither lists is refused before it is sent.
"""

from typing import cast

from ohmstead.ocpp.v16.types import (
    ExtendedTriggerMessageRequest,
    MessageTriggerEnumType,
    RequestedMessage,
    TriggerMessageRequest,
)
from ohmstead.rooms.devices.stations import TriggerMessage

EXTENDED: dict[str, MessageTriggerEnumType] = {
    "LogStatusNotification": "LogStatusNotification",
    "SignChargePointCertificate": "SignChargePointCertificate",
    "SignChargingStationCertificate": "SignChargePointCertificate",
}
"""Under the names of 1.6 and of 2.x."""


def request(command: TriggerMessage) -> TriggerMessageRequest | ExtendedTriggerMessageRequest:
    if command.message in EXTENDED:
        return ExtendedTriggerMessageRequest(
            requested_message=EXTENDED[command.message], connector_id=command.evse_network_id
        )
    return TriggerMessageRequest(
        requested_message=cast(RequestedMessage, command.message), connector_id=command.evse_network_id
    )
