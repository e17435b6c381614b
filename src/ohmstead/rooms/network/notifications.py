"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from typing import Literal

from msgspec import UNSET

from ohmstead.kit.facts import Action
from ohmstead.kit.notifications import Notification, Table
from ohmstead.kit.views import Opt, ReadOnly, View
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.charge_points_v1.view import ChargePointV1
from ohmstead.rooms.network.durable_facts import (
    ChargePointChanged,
    ChargePointEvsesChanged,
    EvseChanged,
    LocationChanged,
    ParkingSpaceOccupancyChanged,
)
from ohmstead.rooms.network.locations import locations
from ohmstead.rooms.network.locations.v1 import LocationV1
from ohmstead.rooms.operator.contents import Moment, carries

carries(LocationChanged, locations, "v1.0")
carries(ChargePointChanged, charge_points, "v1.0")
carries(ChargePointEvsesChanged, charge_points, "v1.0")


class ToldLocation(LocationV1):
    id: ReadOnly[Opt[int]] = UNSET


class LocationNotification(View):
    location: ToldLocation
    action: Opt[Action] = UNSET
    last_updated_at: Moment


def _location(fact: LocationChanged, at: str) -> LocationNotification:
    """Of one that is gone by now only the id is left."""
    shown = ToldLocation(id=fact.id) if fact.content is UNSET else fact.content
    return LocationNotification(location=shown, action=fact.action, last_updated_at=at)


class ChargePointNotification(View):
    charge_point_id: int
    action: Action
    last_updated_at: Moment


def _charge_point(fact: ChargePointChanged, at: str) -> ChargePointNotification:
    return ChargePointNotification(charge_point_id=fact.id, action=fact.action, last_updated_at=at)


class WholeChargePointNotification(View):
    charge_point: Opt[ChargePointV1] = UNSET
    action: Action
    last_updated_at: Moment


def _whole(fact: ChargePointChanged | ChargePointEvsesChanged, at: str) -> WholeChargePointNotification | None:
    """Of one that is gone by now there is nothing to show. It was updated, whatever became of its EVSEs."""
    if fact.content is UNSET:
        return None
    return WholeChargePointNotification(charge_point=fact.content, action=fact.action, last_updated_at=at)


class EvseNotification(View):
    evse_id: int
    action: Action
    last_updated_at: Moment


def _evse(fact: EvseChanged, at: str) -> EvseNotification:
    return EvseNotification(evse_id=fact.id, action=fact.action, last_updated_at=at)


class OccupancyNotification(View):
    parking_space_id: int
    occupancy_status: Literal["available", "occupied"]
    last_updated_at: Moment


def _occupancy(fact: ParkingSpaceOccupancyChanged, at: str) -> OccupancyNotification | None:
    """That it is not known any more has no word."""
    if fact.occupancy_status == "unknown":
        return None
    return OccupancyNotification(
        parking_space_id=fact.id, occupancy_status=fact.occupancy_status, last_updated_at=fact.at
    )


NOTIFICATIONS: Table = (
    Notification("LocationChangedNotification", LocationChanged, LocationNotification, _location, "location",
                 "locations"),
    Notification("chargePoint.changed", ChargePointChanged, ChargePointNotification, _charge_point, "chargePoint",
                 "charge-points"),
    *(
        Notification("ChargePointChangedNotification", fact, WholeChargePointNotification, _whole, "chargePoint",
                     "charge-points", deprecated=True)
        for fact in (ChargePointChanged, ChargePointEvsesChanged)
    ),
    Notification("evse.changed", EvseChanged, EvseNotification, _evse, "evse", "evses"),
    Notification("parkingSpace.occupancyStatus.changed", ParkingSpaceOccupancyChanged, OccupancyNotification,
                 _occupancy, "parkingSpace", "parking-spaces"),
)  # fmt: skip
