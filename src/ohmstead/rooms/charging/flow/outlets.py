"""Outlets: the EVSE that a station means by a number, with what charging wants to know of its charge point."""

from datetime import datetime

from sqlalchemy import bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.displays import shows_messages
from ohmstead.rooms.charging.tariffs_in_force import some_are_forbidden
from ohmstead.rooms.devices.facts import StatusChanged
from ohmstead.rooms.devices.presence import status_changed
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.operator.settings import payment_is_required

_outlets = select(
    evse.c.id,
    evse.c.charge_point_id,
    evse.c.station_id,
    evse.c.network_id,
    evse.c.max_power,
    evse.c.current_type,
    evse.c.tariff_group_id,
    charge_point.c.partner_id,
    charge_point.c.electricity_rate_id,
    charge_point.c.type.label("charge_point_type"),
    charge_point.c.auto_start_without_authorization,
    location.c.timezone,
    payment_is_required().label("payment_is_required"),
    shows_messages(charge_point.c.capabilities).label("shows_messages"),
    some_are_forbidden(evse.c.tariff_group_id).label("some_are_forbidden"),
)
_outlets = _outlets.join(charge_point, charge_point.c.id == evse.c.charge_point_id)
_outlets = _outlets.outerjoin(location, location.c.id == charge_point.c.location_id)
_of_station = _outlets.where(evse.c.station_id == bindparam("station"), evse.c.deleted_at.is_(None))
# the lock puts the starts and stops at one outlet in a row
_locked = {"of": evse, "key_share": True}
_BY_NUMBER = Statement(_of_station.where(evse.c.network_id == bindparam("number")).with_for_update(**_locked))
_FIRST = Statement(_of_station.order_by(evse.c.network_id).limit(1).with_for_update(**_locked))
_BY_ID = Statement(_outlets.where(evse.c.id == bindparam("evse")).with_for_update(**_locked))


async def outlet(tx: Tx, station_id: int, number: int, at: datetime) -> Row:
    """The EVSE with this number, locked; one that was never heard of comes to be, for a charge is never lost."""
    found = await tx.one(_BY_NUMBER, station=station_id, number=number)
    if found is None:
        await _mention(tx, station_id, number, at)
        found = await tx.one(_BY_NUMBER, station=station_id, number=number)
    return found or await any_outlet(tx, station_id, at)


async def any_outlet(tx: Tx, station_id: int, at: datetime) -> Row:
    """Where a station names none, or none that can be: its first EVSE, locked."""
    found = await tx.one(_FIRST, station=station_id)
    if found is None:
        await _mention(tx, station_id, 1, at)
        found = await tx.one(_FIRST, station=station_id)
    if found is None:
        raise LookupError(f"there is no charge point {station_id}")
    return found


async def outlet_of(tx: Tx, evse_id: int) -> Row:
    """An EVSE by its id, locked."""
    found = await tx.one(_BY_ID, evse=evse_id)
    assert found is not None, "sessions keep their EVSE's row"
    return found


async def _mention(tx: Tx, station_id: int, number: int, at: datetime) -> None:
    """What is charging must be there: presence makes the EVSE."""
    if number < 1:
        return
    said = StatusChanged(
        charge_point_id=station_id, evse_network_id=number, status="charging", error_code=None,
        vendor_error_code=None, vendor_id=None, info=None, at=at, received_at=at,
    )  # fmt: skip
    await status_changed(tx, said)
