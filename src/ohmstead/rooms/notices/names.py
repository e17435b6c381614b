"""Names of notifications: what a subscription may ask for, and which tables tell it."""

from typing import Any, Literal, get_args

from ohmstead.kit.notifications import Notification
from ohmstead.rooms.billing import notifications as billing
from ohmstead.rooms.charging import notifications as charging
from ohmstead.rooms.devices import notifications as devices
from ohmstead.rooms.network import notifications as network
from ohmstead.rooms.operator import notifications as operator
from ohmstead.rooms.people import notifications as people
from ohmstead.rooms.power import notifications as power
from ohmstead.rooms.tariffs import notifications as tariffs

Name = Literal[
    "AuthorizationNotification", "authorization.changed", "BootNotification", "ChargePointChangedNotification",
    "chargePoint.changed", "evse.changed", "ChargePointSyncConfigurationNotification",
    "CircuitConsumptionNotification", "circuit.changed", "DiagnosticsStatusNotification",
    "HardwareStatusNotification", "LocationChangedNotification", "NetworkStatusNotification",
    "SecurityEventNotification", "SessionMeterValuesNotification", "SessionStartStopNotification",
    "session.start.stop.notification", "SessionUpdateNotification", "UserChangedNotification",
    "SubOperatorChangedNotification", "TariffChangedNotification", "user.subscriptionChanged",
    "user.subscription.changed", "ReservationChangedNotification", "PaymentMethodChangedNotification",
    "PartnerInviteChangedNotification", "reservation.changed", "user.paymentMethod.changed", "userBalance.changed",
    "partnerInvite.changed", "roamingPlatform.changed", "parkingSpace.occupancyStatus.changed", "partner.changed",
    "transaction.changed", "settlementReport.created", "idTag.changed", "chargePoint.dataTransferReceived",
    "subscriptionPlan.changed", "user.invoiceDetails.changed", "cdr.received", "chargingProfile.applied",
    "installerJob.changed",
]  # fmt: skip
NAMES: tuple[str, ...] = get_args(Name)

Asked = Literal[Name, "PartnerChangedNotification"]
"""What a subscription may name: the published document tells of the last, and left it out of its list."""

ALIASES = {
    "ReservationChangedNotification": "reservation.changed",
    "PaymentMethodChangedNotification": "user.paymentMethod.changed",
    "PartnerInviteChangedNotification": "partnerInvite.changed",
}
"""Former names, which are still taken for the present ones."""

NOTIFICATIONS: tuple[Notification[Any], ...] = (
    *operator.NOTIFICATIONS,
    *people.NOTIFICATIONS,
    *tariffs.NOTIFICATIONS,
    *network.NOTIFICATIONS,
    *devices.NOTIFICATIONS,
    *charging.NOTIFICATIONS,
    *power.NOTIFICATIONS,
    *billing.NOTIFICATIONS,
)
"""All that is told, a row for each fact and event."""


def told(name: str) -> str:
    """The name under which an event is told that may be asked for by a former one."""
    return ALIASES.get(name, name)
