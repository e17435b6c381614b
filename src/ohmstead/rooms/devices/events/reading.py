"""Station events as operators read them, newest first: what 2.x stations told of their components (NotifyEvent)."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import Integer

from ohmstead.kit.db import Row
from ohmstead.kit.filters import Filter, equals, is_true
from ohmstead.kit.views import View
from ohmstead.rooms.devices.communication.moment_log import TimeOrderedLog
from ohmstead.rooms.devices.events.table import station_event

_own = station_event.c
Severity = Annotated[int, Meta(ge=0, le=9)]


class Event(View):
    charge_point: Annotated[int, Meta(description="That holds the OCPP connection.")]
    at: Annotated[datetime, Meta(description="The station's time, or that of receipt where it cannot be true.")]
    received_at: datetime
    number: Annotated[int, Meta(description="The station's own; it may begin anew with a boot.")]
    component: str
    component_instance: str | None
    evse_network_id: Annotated[int, Meta(description="The EVSE's number in OCPP; 0: the whole station.")]
    connector_network_id: int | None
    variable: str
    variable_instance: str | None
    value: Annotated[str, Meta(description="What the variable was at that moment.")]
    trigger: Annotated[str, Meta(description="`Alerting`, `Delta` or `Periodic`.")]
    kind: Annotated[str, Meta(description="Who wanted it told: the standard, the maker, a monitor of ours or preset.")]
    cleared: Annotated[bool, Meta(description="It tells that something is over.")]
    tech_code: str | None
    tech_info: str | None
    cause: Annotated[int | None, Meta(description="The number of the event that led to this one.")]
    transaction_ref: str | None
    monitor: Annotated[int | None, Meta(description="The station's number of the monitor that saw it.")]
    severity: Annotated[
        Severity | None, Meta(description="0 (danger) to 9 (debug); null where the monitor is not known.")
    ]


_SAID = {word: name for name, word in zip(Event.__struct_fields__, Event.__struct_encode_fields__, strict=True)}
_MOMENTS = ("at", "receivedAt")


def _told(row: Row) -> dict[str, Any]:
    columns = _SAID | {"chargePoint": "charge_point_id"}
    told = {word: row[column] for word, column in columns.items()}
    return told | {word: told[word].isoformat(timespec="microseconds") for word in _MOMENTS}


_events = TimeOrderedLog(
    station_event,
    [
        equals("evseNetworkId", _own.evse_network_id, int, "The EVSE's number in OCPP; 0: the whole station."),
        equals("component", _own.component),
        equals("variable", _own.variable),
        equals("transactionRef", _own.transaction_ref),
        is_true("cleared", _own.cleared, "Only what tells that something is over, or what does not."),
        Filter(
            "maxSeverity", Severity, lambda value: _own.severity <= value, Integer(),
            "Only what a known monitor saw, as bad as this or worse: 0 is danger, 9 debug.",
        ),
    ],
    _told,
)  # fmt: skip

operations = [
    _events.operation(
        "station-events",
        "Station Events",
        Event,
        "What charge points of OCPP 2.x told of their components, newest first: problems, alarms of monitors, changes. "
        "Events are kept for three months.",
    )
]
