"""docs/notification-events.md, written from what was told."""

import json
import re
from collections.abc import Mapping
from typing import Any

from ohmstead.kit.notifications import Notification
from ohmstead.rooms.notices.names import NAMES, NOTIFICATIONS
from tests.notices import Body

HEAD = """# Events

What notifications say of each event that a subscription may ask for. How they come, in which order, and how to know
that they are ours, is told in [Notifications](notifications.md). This page is written by a test, from what the system
made of one day: `tests/rooms/notices/a_told_day.py`.

Events of one entity are told in their order. The right is what the token of a subscription needs, besides that of
`notifications`.
"""
WHEN = {
    "AuthorizationNotification": "somebody was allowed to charge, or not",
    "authorization.changed": "somebody was allowed to charge, or not, and what became of that",
    "BootNotification": "a charge point started",
    "ChargePointChangedNotification": "a charge point or one of its EVSEs was changed, with all of it",
    "chargePoint.changed": "a charge point was made, changed or deleted; not: its statuses, its EVSEs",
    "evse.changed": "an EVSE or one of its connectors was made, changed or deleted; not: its statuses",
    "ChargePointSyncConfigurationNotification": "a charge point's configuration was read, as asked or after a boot",
    "CircuitConsumptionNotification": "what a circuit draws changed clearly; at most once a minute",
    "circuit.changed": "a circuit was made, changed or deleted",
    "DiagnosticsStatusNotification": "how far the upload of a charge point's log is",
    "HardwareStatusNotification": "a charge point or an EVSE has another hardware status",
    "LocationChangedNotification": "a location was made, changed or deleted, with all of it",
    "NetworkStatusNotification": "a charge point came, is gone, or has been away for a day",
    "SecurityEventNotification": "a charge point told of something, or did something, that concerns security",
    "SessionMeterValuesNotification": "a session's meter was read",
    "SessionStartStopNotification": "a session began or ended",
    "session.start.stop.notification": "a session began or ended",
    "SessionUpdateNotification": "a session was changed, with all of it",
    "UserChangedNotification": "a user was made, changed or deleted, with all of it",
    "SubOperatorChangedNotification": "a sub-operator was made or deleted",
    "TariffChangedNotification": "a tariff was made, changed or deleted, with all of it",
    "reservation.changed": "a reservation was made, changed or ended",
    "partnerInvite.changed": "an invite of a partner was made, accepted or ended",
    "parkingSpace.occupancyStatus.changed": "somebody stands on a parking space, or nobody any more",
    "partner.changed": "a partner was made, changed or deleted",
    "transaction.changed": "a payment was made, or its state, sum or reference is another",
    "userBalance.changed": "money was put on a user's balance, or taken off it",
    "user.paymentMethod.changed": "a user's card was stored, made the default or no longer, or removed",
    "idTag.changed": "an ID tag was made, changed or deleted",
    "chargePoint.dataTransferReceived": "a charge point sent a message of its vendor's own",
    "user.subscription.changed": "a user's subscription began, was renewed, suspended or canceled, or ended",
    "user.subscriptionChanged": "a user's subscription began, was renewed or canceled, or ended",
    "subscriptionPlan.changed": "a subscription plan was made, changed or deleted",
    "user.invoiceDetails.changed": "a user's details for invoices were changed",
    "chargingProfile.applied": "a charge point took a charging profile, or did not",
}
"""What makes each happen."""


def written(bodies: Mapping[str, Body]) -> str:
    """The page: a table of all events, and the body of each."""
    events = [name for name in NAMES if name in bodies]
    rows = [
        f"| [`{name}`](#{_anchor(name)}) | {_when(name)} | {_entities(name)} | {_rights(name)} |" for name in events
    ]
    table = ["| Event | Told when | Entity | Right |", "| --- | --- | --- | --- |", *rows]
    examples = [f"## {name}\n\n```json\n{_json(bodies[name])}\n```" for name in events]
    return "\n".join((HEAD, *table, "", "\n\n".join(examples), ""))


def _rows(name: str) -> list[Notification[Any]]:
    return [one for one in NOTIFICATIONS if one.name == name]


def _row(name: str) -> str:
    return f"| [`{name}`](#{_anchor(name)}) | {_when(name)} | {_entities(name)} | {_rights(name)} |"


def _when(name: str) -> str:
    return WHEN[name] + ("; deprecated" if _rows(name)[0].deprecated else "")


def _entities(name: str) -> str:
    return ", ".join(dict.fromkeys(f"`{one.entity}`" for one in _rows(name)))


def _rights(name: str) -> str:
    return ", ".join(dict.fromkeys(f"`{one.scope}.read`" for one in _rows(name)))


def _anchor(heading: str) -> str:
    """As GitHub and others make them."""
    return re.sub(r"[^\w-]", "", heading.lower())


def _json(body: Body) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)
