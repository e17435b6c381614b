"""Parking spaces: where vehicles stand that charge at EVSEs, and whether one stands there."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    all_,
    any_,
    bindparam,
    delete,
    or_,
    select,
    text,
    update,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.access import PARTNER, of_several, owned
from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import on
from ohmstead.kit.filters import Filter, changed, equals
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View, stamp
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.charge_points.access import of_partner
from ohmstead.rooms.network.durable_facts import EvseMoved, ParkingSpaceChanged, ParkingSpaceOccupancyChanged
from ohmstead.rooms.network.evses import every_evse, evse
from ohmstead.rooms.network.locations import location, locations

Occupancy = Literal["unknown", "available", "occupied"]
Evses = Annotated[list[int], Meta(description="The EVSEs that reach it, of one charging zone.")]

parking_space = table(
    "parking_space",
    Column("label", Text, nullable=False),
    Column("location_id", BigInteger, ForeignKey("location.id"), nullable=False, index=True),
    Column("external_id", Text, index=True),
    Column("status", Text, nullable=False, server_default="enabled"),
    Column("occupancy_status", Text, nullable=False, server_default="unknown"),
    Column("disabilities_accessible", Boolean, nullable=False, server_default=text("false")),
    Column("partner_id", BigInteger, ForeignKey("partner.id")),
    timestamp("deleted_at"),
    Index(None, "partner_id", "id"),
)
parking_space_evse = table(
    "parking_space_evse",
    Column("parking_space_id", ForeignKey(parking_space.c.id, ondelete="CASCADE"), nullable=False),
    Column("evse_id", BigInteger, ForeignKey("evse.id"), nullable=False, index=True),
    UniqueConstraint("parking_space_id", "evse_id"),
)


class ParkingSpace(View):
    id: Id
    label: Annotated[str, Meta(min_length=1, max_length=255)]
    location_id: int
    external_id: str | None = None
    status: Literal["enabled", "disabled"] = "enabled"
    occupancy_status: Occupancy = "unknown"
    disabilities_accessible: bool = False
    evses: Opt[Evses] = UNSET
    last_updated_at: ReadOnly[datetime]


class ParkingSpaceBody(ParkingSpace):
    """A whole one: what it leaves out is as it would be of a new one."""

    external_id: Opt[str] = UNSET


class Space(Struct, frozen=True):
    """A parking space as bookings look at it."""

    id: int
    status: str
    occupancy_status: str
    disabilities_accessible: bool


_own, _at = parking_space.c, parking_space_evse.c
_key = bindparam("key", type_=BigInteger)
_ids = bindparam("ids", type_=ARRAY(BigInteger))
_LIVING = (parking_space_evse.c.evse_id == evse.c.id) & evse.c.deleted_at.is_(None)
_its_evses = select(evse.c.id).where(_LIVING, _at.parking_space_id == _own.id)
_made_there = select(location.c.id).where(location.c.id == _own.location_id, location.c.partner_id == PARTNER)
_evses_seen = (
    select(_at.parking_space_id, evse.c.id)
    .where(_LIVING, _at.parking_space_id == any_(_ids))
    .where(or_(PARTNER.is_(None), of_partner(evse.c.charge_point_id)))
    .order_by(evse.c.id)
)
_EVSES, _EVSES_OF_SEVERAL = Statement(_evses_seen), Statement(of_several(_evses_seen))
_PLACES = Statement(
    select(evse.c.id, *charge_point.c["location_id", "charging_zone_id", "partner_id"])
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .where(evse.c.id == any_(_ids))
    .with_for_update(read=True, of=charge_point)  # none moves meanwhile
)
_ADD = Statement(
    insert(parking_space_evse)
    .values(
        parking_space_id=_key, evse_id=bindparam("outlet"), created_at=bindparam("now"), updated_at=bindparam("now")
    )
    .on_conflict_do_nothing()
)
_seen = select(evse.c.id).where(evse.c.id == _at.evse_id, or_(PARTNER.is_(None), of_partner(evse.c.charge_point_id)))
_remove = delete(parking_space_evse).where(_at.parking_space_id == _key, _at.evse_id != all_(_ids), _seen.exists())
_REMOVE, _REMOVE_OF_SEVERAL = Statement(_remove), Statement(of_several(_remove))
_beside, _outlet, _point = parking_space_evse.alias(), evse.alias(), charge_point.alias()
_of_another_zone = (
    select(_beside.c.id)
    .join(_outlet, (_outlet.c.id == _beside.c.evse_id) & _outlet.c.deleted_at.is_(None))
    .join(_point, _point.c.id == _outlet.c.charge_point_id)
    .where(_beside.c.parking_space_id == _at.parking_space_id)
    .where(_point.c.charging_zone_id.is_distinct_from(charge_point.c.charging_zone_id))
)
_LEAVE = Statement(
    delete(parking_space_evse)
    .where(_LIVING, evse.c.charge_point_id == _key, charge_point.c.id == _key, _own.id == _at.parking_space_id)
    .where(or_(charge_point.c.location_id.is_distinct_from(_own.location_id), _of_another_zone.exists()))
    .returning(_own.id)
)
_TOUCH = Statement(update(parking_space).where(_own.id == any_(_ids)).values(updated_at=bindparam("now")))
_THERE = Statement(select(_own.id).where(_own.location_id == _key, _own.deleted_at.is_(None)).limit(1))
_OF_EVSES = Statement(
    select(_at.evse_id, _own.id, _own.status, _own.occupancy_status, _own.disabilities_accessible)
    .join(parking_space, _own.id == _at.parking_space_id)
    .where(_at.evse_id == any_(_ids), _own.deleted_at.is_(None))
    .order_by(_own.id)
)


async def spaces_of(tx: Tx, evses: list[int]) -> dict[int, list[Space]]:
    """The parking spaces that each EVSE reaches; one without any is left out."""
    found: dict[int, list[Space]] = {}
    for outlet, *facts in await tx.all(_OF_EVSES, ids=evses):
        found.setdefault(outlet, []).append(Space(*facts))
    return found


async def _evses(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    actor = context.actor
    statement = _EVSES_OF_SEVERAL if actor.binding == "several" else _EVSES
    for space, outlet in await tx.all(statement, ids=ids, partner=actor.partner):
        found.setdefault(space, []).append(outlet)
    return found


parking_spaces = Resource(
    "parking-spaces",
    parking_space,
    tag="resource / parking spaces",
    title="Parking Space",
    key="parkingSpace",
    versions=[
        Version(
            "v1.0", ParkingSpace, create_view=ParkingSpaceBody, verbs=("list", "create", "read", "replace", "delete")
        )
    ],
    access=owned(
        _own.partner_id, also_sees=_made_there.exists() | _its_evses.where(of_partner(evse.c.charge_point_id)).exists()
    ),
    includes=(Include("evses", _evses, empty=[]),),
    filters=[
        equals("externalId", _own.external_id),
        Filter("evseId", int, lambda key: _its_evses.where(evse.c.id == key).exists(), BigInteger()),
        *changed(_own.updated_at),
    ],
    references={"location_id": locations, "evses": every_evse},
    changed=ParkingSpaceChanged,
)


@parking_spaces.writing
async def its_evses_are_beside_it(write: Write) -> None:
    """They stand at its location, in one charging zone or all in none."""
    listed: list[int] = write.values.pop("evses", None) or []
    write.extras["evses"] = listed
    places = {row[0]: row for row in await write.tx.all(_PLACES, ids=listed)}
    first = next((places[key] for key in listed if key in places), None)
    if write.before is None and write.call.actor.binding == "several":  # whose it is follows from where it is
        place = first or write.referred("location_id")
        write.values["partner_id"] = place and place["partner_id"]
    for number, key in enumerate(listed):
        if (place := places.get(key)) is None or first is None:
            continue  # which its reference says
        if place["location_id"] != write.value_of("location_id"):
            write.add_error(f"evses.{number}", "The EVSE does not stand at the location.")
        elif place["charging_zone_id"] != first["charging_zone_id"]:
            write.add_error(f"evses.{number}", "The EVSEs must belong to the same charging zone.")


@parking_spaces.written
async def its_evses_are_the_listed(write: Write) -> None:
    """Those of others that a partner does not see stay."""
    listed, actor = write.extras["evses"], write.call.actor
    statement = _REMOVE_OF_SEVERAL if actor.binding == "several" else _REMOVE
    await write.tx.run(statement, key=write.id, ids=listed, partner=actor.partner)
    for outlet in listed:
        await write.tx.run(_ADD, key=write.id, outlet=outlet, now=write.tx.now)


@parking_spaces.updated
async def who_parks_is_told(write: Write) -> None:
    assert write.before is not None
    status = write.value_of("occupancy_status")
    if status != write.before["occupancy_status"]:
        write.tx.tell(ParkingSpaceOccupancyChanged(id=write.id, occupancy_status=status, at=stamp(write.tx.now)))


@locations.deleting
async def no_parking_space_is_there(write: Write) -> None:
    if await write.tx.value(_THERE, key=write.id) is not None:
        raise Conflict("Parking spaces still belong to the location.")


@charge_points.updated
async def who_moves_leaves_the_spaces(write: Write) -> None:
    assert write.before is not None
    if any(write.value_of(name) != write.before[name] for name in ("location_id", "charging_zone_id")):
        await _leave(write.tx, write.id)


@on(EvseMoved)
async def what_is_moved_leaves_the_spaces(tx: Tx, fact: EvseMoved) -> None:
    await _leave(tx, fact.charge_point_id)


async def _leave(tx: Tx, point: int) -> None:
    """EVSEs of a charge point stand no more at spaces elsewhere, or with EVSEs of another zone."""
    if left := [row[0] for row in await tx.all(_LEAVE, key=point)]:
        await tx.run(_TOUCH, ids=left, now=tx.now)
        for space in left:
            tx.tell(ParkingSpaceChanged(id=space, action="updated"))
