"""Taking events in: each is kept once, and what it means for a state or for security is done with it."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, select, text

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.devices.communication.security_events import security_event_told
from ohmstead.rooms.devices.events.problems import STATIONS_OWN, is_on, problem_told
from ohmstead.rooms.devices.events.table import station_event
from ohmstead.rooms.devices.facts import EventsTold, SecurityEvent, StationEvent, StatusChanged
from ohmstead.rooms.devices.presence import status_changed
from ohmstead.rooms.network.charge_points import charge_point

TRUSTED_FOR = timedelta(days=90)  # a station's time further back is taken for a clock that was never set
SLACK = timedelta(minutes=1)
SECURITY = "SecurityCtrlr"
TAMPERED = {"CableBreakawaySensor", "CaseAccessSensor", "ImpactSensor", "ShockSensor", "TiltSensor"}
"""Components that tell of somebody at work who should not be (OCPP 2.0.1 Part 2, appendix 3.1)."""

_ELSEWHERE = ("status", "at", "said_at")  # what of an event its row has otherwise, or not at all
_COLUMNS = [column.name for column in station_event.c if column.name not in ("at", "received_at", "severity")]
_STATION = Statement(
    select(charge_point.c.id).where(charge_point.c.id == bindparam("station")).with_for_update(key_share=True)
)
_NEW = Statement(
    text(f"""
INSERT INTO station_event (at, received_at, severity, {", ".join(_COLUMNS)})
SELECT told.at, :received_at, station_monitor.severity, {", ".join(f"told.{name}" for name in _COLUMNS)}
FROM json_populate_recordset(CAST(NULL AS station_event), CAST(:told AS json)) AS told
LEFT JOIN station_monitor ON station_monitor.charge_point_id = told.charge_point_id
     AND station_monitor.number = told.monitor
WHERE NOT EXISTS (SELECT FROM station_event AS known
                  WHERE known.charge_point_id = told.charge_point_id AND known.ref = told.ref)
RETURNING ref""")
)


async def events_told(tx: Tx, fact: EventsTold) -> None:
    """Keep what is new of a report and do as it says; of one station, one report at a time."""
    told = {_ref(event): event for event in fact.events}
    await tx.one(_STATION, station=fact.charge_point_id)
    rows = [_row(fact, ref, event) for ref, event in told.items()]
    new = {row["ref"] for row in await tx.all(_NEW, told=rows, received_at=fact.received_at)}
    for ref, event in told.items():
        if ref in new:
            await _follow(tx, fact, event)


async def _follow(tx: Tx, fact: EventsTold, event: StationEvent) -> None:
    if event.component in STATIONS_OWN and event.status is not None:
        await status_changed(tx, _status(fact, event))
    elif event.component in STATIONS_OWN and event.variable == "Problem":
        await problem_told(tx, fact, event)
    elif (type := _danger(event)) is not None:
        await security_event_told(tx, _security_event(fact, event, type))


def _status(fact: EventsTold, event: StationEvent) -> StatusChanged:
    assert event.status is not None
    return StatusChanged(
        charge_point_id=fact.charge_point_id,
        evse_network_id=event.evse_network_id,
        status=event.status,
        error_code=None,
        vendor_error_code=None,
        vendor_id=None,
        info=None,
        at=event.at,
        received_at=fact.received_at,
        basis="availability",
    )


def _danger(event: StationEvent) -> str | None:
    """The security event that it is, in the words of OCPP."""
    if event.component == SECURITY:
        return "ReconfigurationOfSecurityParameters"
    if event.component in TAMPERED and event.variable in ("Active", "Tripped") and is_on(event):
        return "TamperDetectionActivated"
    return None


def _security_event(fact: EventsTold, event: StationEvent, type: str) -> SecurityEvent:
    said = f"{event.component}.{event.variable}: {event.value}"
    info = " ".join(part for part in (said, event.tech_code, event.tech_info) if part)
    return SecurityEvent(
        charge_point_id=fact.charge_point_id, type=type, tech_info=info[:255], at=event.at, received_at=fact.received_at
    )


def _ref(event: StationEvent) -> str:
    """What an event says tells it from another: numbers may begin anew with a boot."""
    place = (event.component, event.component_instance, event.evse_network_id, event.connector_network_id)
    said = (
        event.number,
        (event.said_at or event.at).isoformat(),
        place,
        event.variable,
        event.variable_instance,
        event.value,
    )
    return sha256(repr((*said, event.cleared)).encode()).hexdigest()


def _row(fact: EventsTold, ref: str, event: StationEvent) -> dict[str, Any]:
    own = {name: getattr(event, name) for name in event.__struct_fields__ if name not in _ELSEWHERE}
    at = event.at if fact.received_at - TRUSTED_FOR <= event.at <= fact.received_at + SLACK else fact.received_at
    return own | {"charge_point_id": fact.charge_point_id, "ref": ref, "at": at.isoformat()}
