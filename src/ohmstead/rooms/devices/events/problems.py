"""Problems: a station of 2.x, an EVSE or a connector of it is faulted for as long as it reports one (N07)."""

from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.devices.events.table import station_event
from ohmstead.rooms.devices.facts import Basis, EventsTold, StationEvent, StatusChanged
from ohmstead.rooms.devices.presence import status_changed
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.hardware_status import HardwareStatus

STATIONS_OWN = {"ChargingStation", "EVSE", "Connector"}
"""The components whose state is that of an EVSE or of the charge point."""
CODES = {
    "ConnectorLockFailure", "EVCommunicationError", "GroundFailure", "HighTemperature", "InternalError",
    "LocalListConflict", "OverCurrentFailure", "OverVoltage", "PowerMeterFailure", "PowerSwitchFailure",
    "ReaderFailure", "ResetFailure", "UnderVoltage", "WeakSignal",
}  # fmt: skip
"""What 1.6 knows of errors (6.16); many stations have these for their technical codes in 2.x too."""
OTHER = "OtherError"

_station = bindparam("station", type_=BigInteger)
_number = bindparam("number", type_=Integer)
_own = station_event.c
_place = (_own.component, _own.component_instance, _own.connector_network_id)
_LATEST = Statement(
    select(*_place, _own.value, _own.cleared, _own.tech_code, _own.tech_info)
    .where(_own.charge_point_id == _station, _own.evse_network_id == _number, _own.variable == "Problem")
    .where(or_(*(_own.component == name for name in sorted(STATIONS_OWN))))
    .ext(distinct_on(*_place))
    .order_by(*_place, _own.at.desc(), _own.received_at.desc(), _own.number.desc())
)
_BEFORE = {
    True: Statement(select(charge_point.c.status_before_problem).where(charge_point.c.id == _station)),
    False: Statement(
        select(evse.c.status_before_problem).where(
            evse.c.station_id == _station, evse.c.network_id == _number, evse.c.deleted_at.is_(None)
        )
    ),
}


def is_on(event: StationEvent) -> bool:
    """Whether it tells that something is so, and not that it is over."""
    return not event.cleared and event.value.strip().lower() in ("true", "1")


async def problem_told(tx: Tx, fact: EventsTold, event: StationEvent) -> None:
    """One more, or one less. With the last of a place it is again in the state it was in, unless the station said
    itself meanwhile what state that is."""
    if is_on(event):
        await status_changed(tx, _changed(fact, event, "faulted", "problem", event.tech_code, event.tech_info))
        return
    place = {"station": fact.charge_point_id, "number": event.evse_network_id}
    left = [
        row for row in await tx.all(_LATEST, **place) if not row["cleared"] and row["value"].lower() in ("true", "1")
    ]
    before = await tx.value(_BEFORE[event.evse_network_id == 0], **place)
    if left:
        await status_changed(tx, _remaining(fact, event, left[0]))
    elif before is not None:
        await status_changed(tx, _changed(fact, event, before, "availability"))


def _remaining(fact: EventsTold, event: StationEvent, problem: Row) -> StatusChanged:
    return _changed(fact, event, "faulted", "problem", problem["tech_code"], problem["tech_info"])


def _changed(
    fact: EventsTold, event: StationEvent, status: HardwareStatus, basis: Basis, code: str | None = None,
    info: str | None = None,
) -> StatusChanged:  # fmt: skip
    error: dict[str, Any] = {"error_code": None, "vendor_error_code": None}
    if status == "faulted":
        error = {"error_code": code if code in CODES else OTHER, "vendor_error_code": code}
    return StatusChanged(
        charge_point_id=fact.charge_point_id, evse_network_id=event.evse_network_id, status=status, vendor_id=None,
        info=info, at=event.at, received_at=fact.received_at, basis=basis, **error,
    )  # fmt: skip
