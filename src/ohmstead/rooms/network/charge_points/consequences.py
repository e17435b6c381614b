"""What follows when a charge point is written or goes: its satellites take over, locations know their own."""

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ohmstead.kit.access import PARTNER, of_several
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points.resource import charge_points
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.network.locations import locations, public_charge_points
from ohmstead.rooms.network.models import models
from ohmstead.rooms.network.zones import zones
from ohmstead.rooms.people.partners import partners

_INHERITED = (
    "electricity_rate_id", "utility_id", "model_id", "network_type", "network_protocol", "capabilities",
    "auto_start_without_authorization", "disable_auto_start_emulation", "enable_auto_fault_recovery",
    "desired_security_profile", "current_security_profile", "hardware_security_profile",
    "desired_security_profile_status", "uses_renewable_energy", "enabled_randomised_delay", "integrated_at",
    "manufactured_at", "connected", "connected_at", "disconnected_at", "first_contact_at", "ocpp_version",
    "last_boot_notification",
)  # fmt: skip

_own = charge_point.c
_living = _own.deleted_at.is_(None)
_key = bindparam("key", type_=BigInteger)
_master = charge_point.alias("master")
_differs = or_(*(_own[name].is_distinct_from(_master.c[name]) for name in _INHERITED))
_inherit = (
    update(charge_point)
    .where(_own.ocpp_connected_charge_point_id == _master.c.id, _living, _differs)
    .values({name: _master.c[name] for name in _INHERITED} | {"updated_at": bindparam("now")})
    .returning(_own.id)
)
_INHERIT = Statement(_inherit.where(_own.id == _key))
_PASS_ON = Statement(_inherit.where(_master.c.id == _key))
_SATELLITE = Statement(select(_own.id).where(_own.ocpp_connected_charge_point_id == _key, _living).limit(1))
_AT_LOCATION = Statement(select(_own.id).where(_own.location_id == _key, _living).limit(1))
_IN_ZONE = Statement(select(_own.id).where(_own.charging_zone_id == _key, _living).limit(1))
_OF_PARTNER = Statement(select(_own.id).where(_own.partner_id == _key, _living).limit(1))
_OF_MODEL = Statement(select(_own.id).where(_own.model_id == _key, _living).limit(1))
_public = (
    select(_own.location_id, func.array_agg(aggregate_order_by(_own.id, _own.id)))
    .where(_own.location_id == any_(bindparam("locations", type_=ARRAY(BigInteger))), _living)
    .where(_own.type == "public", _own.status == "enabled", or_(PARTNER.is_(None), _own.partner_id == PARTNER))
    .group_by(_own.location_id)
)
_PUBLIC, _PUBLIC_OF_SEVERAL = Statement(_public), Statement(of_several(_public))


@charge_points.created
async def a_satellite_inherits(write: Write) -> None:
    """A satellite has most of its properties from its master: when it is made, and whenever the master changes."""
    if write.values.get("ocpp_connected_charge_point_id") is not None:
        await write.tx.run(_INHERIT, key=write.id, now=write.tx.now)


@charge_points.updated
async def a_master_passes_on(write: Write) -> None:
    for row in await write.tx.all(_PASS_ON, key=write.id, now=write.tx.now):
        write.tx.tell(ChargePointChanged(id=row["id"], action="updated"))


@charge_points.deleting
async def no_satellite_needs_it(write: Write) -> None:
    if await write.tx.value(_SATELLITE, key=write.id) is not None:
        raise Conflict("Other charge points communicate through this one.")


@locations.deleting
async def no_charge_point_stands_there(write: Write) -> None:
    if await write.tx.value(_AT_LOCATION, key=write.id) is not None:
        raise Conflict("Charge points still belong to the location.")


@zones.deleting
async def no_charge_point_is_in_it(write: Write) -> None:
    if await write.tx.value(_IN_ZONE, key=write.id) is not None:
        raise Conflict("Charge points still belong to the charging zone.")


@partners.deleting
async def no_charge_point_is_its(write: Write) -> None:
    if await write.tx.value(_OF_PARTNER, key=write.id) is not None:
        raise Conflict("Charge points still belong to the partner.")


@models.deleting
async def no_charge_point_is_one(write: Write) -> None:
    if await write.tx.value(_OF_MODEL, key=write.id) is not None:
        raise Conflict("Charge points of the model are still there.")


@public_charge_points.answer
async def public_ones(tx: Tx, ids: list[int], partner: int | list[int] | None) -> dict[int, list[int]]:
    statement = _PUBLIC_OF_SEVERAL if isinstance(partner, list) else _PUBLIC
    return {row[0]: row[1] for row in await tx.all(statement, locations=ids, partner=partner)}
