"""Charging zones: the parts of a location, such as the decks of a car park, that charge points are grouped by."""

import msgspec
from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Text, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import INHERITED
from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.kit.facts import row_changed
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.parts import Merged
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.locations import locations
from ohmstead.rooms.network.locations.view import ChargingZone, ZoneInfo

charging_zone = table(
    "charging_zone",
    Column("location_id", BigInteger, ForeignKey("location.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("additional_info", JSONB, nullable=False, server_default='{"enabled": false}'),
    timestamp("deleted_at"),
)

zones = Resource(
    "charging-zones",
    charging_zone,
    tag="resource / locations",
    title="Charging Zone",
    key="chargingZone",
    versions=[Version("v2.0", ChargingZone)],
    parent=Parent(locations, charging_zone.c.location_id),
    access=INHERITED,
    parts={"additional_info": Merged(charging_zone.c.additional_info, {"enabled": False})},
    changed=row_changed("chargingZone"),
)

_LIVING = charging_zone.c.deleted_at.is_(None)
_AT_LOCATIONS = Statement(
    select(charging_zone)
    .where(charging_zone.c.location_id == func.any(bindparam("locations", type_=ARRAY(BigInteger))), _LIVING)
    .order_by(charging_zone.c.id)
)
_CLOSE = Statement(
    update(charging_zone)
    .values(deleted_at=bindparam("now"), updated_at=bindparam("now"))
    .where(charging_zone.c.location_id == bindparam("gone"), _LIVING)
)


async def _of_locations(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[ChargingZone]]:
    found: dict[int, list[ChargingZone]] = {key: [] for key in ids}
    for zone in await tx.all(_AT_LOCATIONS, locations=ids):
        shown = {name: zone[name] for name in ("id", "location_id", "name", "status")}
        shown["additional_info"] = msgspec.convert(zone["additional_info"], ZoneInfo)
        found[zone["location_id"]].append(ChargingZone(**shown))
    return found


locations.include(Include("chargingZones", _of_locations))


@locations.deleted
async def zones_go_with_their_location(write: Write) -> None:
    await write.tx.run(_CLOSE, gone=write.id, now=write.tx.now)
