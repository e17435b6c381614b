"""Boots: charge points say what they are, and learn when to be heard of; many at once after an outage."""

from functools import partial
from typing import Any

from msgspec import convert
from sqlalchemy import BigInteger, DateTime, Text, and_, case, func, select, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Statement, Tx, as_columns, unnested_rows
from ohmstead.kit.views import stamp
from ohmstead.rooms.devices.durable_facts import ChargePointBooted, QuirksChanged
from ohmstead.rooms.devices.facts import Booted, BootVerdict
from ohmstead.rooms.devices.presence.station_members import behind
from ohmstead.rooms.devices.presence.statuses import interrupted
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.network.models import charge_point_model
from ohmstead.rooms.network.models.vendors import charge_point_vendor
from ohmstead.rooms.network.signals import station_booted

_own = charge_point.c
_told = unnested_rows(station=BigInteger, at=DateTime(timezone=True), boot=JSONB, model=Text, vendor=Text)
_said = select(_told.c.model, _told.c.vendor).distinct().subquery("said")
# the model whose own and whose vendor's name they say, where there is exactly one
_models = (
    select(_said, case((func.count() == 1, func.max(charge_point_model.c.id))).label("id"))
    .select_from(_said)
    .join(charge_point_model, func.lower(charge_point_model.c.name) == func.lower(_said.c.model))
    .join(
        charge_point_vendor,
        and_(
            charge_point_vendor.c.id == charge_point_model.c.vendor_id,
            func.lower(charge_point_vendor.c.name) == func.lower(_said.c.vendor),
        ),
    )
    .group_by(_said.c.model, _said.c.vendor)
    .cte("models")
)
_unbooted = behind(_told).add_columns(_own.model_id).cte("unbooted")
_found = (
    select(_models.c.id)
    .where(_models.c.model == _unbooted.c.model, _models.c.vendor == _unbooted.c.vendor)
    .scalar_subquery()
)
_model = func.coalesce(_found, _unbooted.c.model_id)
_BOOTED = Statement(
    update(charge_point)
    .where(_own.id == _unbooted.c.id)
    .values(last_boot_notification=_unbooted.c.boot, last_seen_at=_unbooted.c.at)
    .values(first_contact_at=func.coalesce(_own.first_contact_at, _unbooted.c.at), model_id=_model)
    .values(
        updated_at=case(
            (_model == _unbooted.c.model_id, _own.updated_at),
            (_model.is_(None), _own.updated_at),
            else_=_unbooted.c.at,
        )
    )
    .returning(_own.id, _own.model_id, _unbooted.c.model_id.label("before"))
)


async def booted(tx: Tx, *facts: Booted, interval_s: int) -> BootVerdict:
    """Charge points say what they are, each another, and shall send heartbeats every `interval_s` s. Where that is a
    model of ours, they are one from now on."""
    boots = [_boot(fact) for fact in facts]
    told = as_columns(
        {
            "station": fact.charge_point_id,
            "at": fact.received_at,
            "boot": boot,
            "model": fact.model.strip(),
            "vendor": fact.vendor.strip(),
        }
        for fact, boot in zip(facts, boots, strict=True)
    )
    for row in await tx.all(_BOOTED, **told):
        if row["model_id"] != row["before"]:
            tx.tell(ChargePointChanged(id=row["id"], action="updated"))
            tx.tell(QuirksChanged(ids=[row["id"]]))
    await interrupted(tx, told["station"], told["at"])
    for fact, boot in zip(facts, boots, strict=True):
        tx.tell(convert({"id": fact.charge_point_id, "reason": fact.reason} | boot, ChargePointBooted))
        tx.after_commit(partial(station_booted.send, fact.charge_point_id))
    return BootVerdict(status="accepted", interval_s=interval_s, now=tx.now)


def _boot(fact: Booted) -> dict[str, Any]:
    """As it is kept and shown."""
    return {
        "vendor": fact.vendor,
        "model": fact.model,
        "chargeBoxSerialNumber": fact.box_serial_number,
        "chargePointSerialNumber": fact.serial_number,
        "firmwareVersion": fact.firmware_version,
        "iccid": fact.iccid,
        "imsi": fact.imsi,
        "meterSerialNumber": fact.meter_serial_number,
        "meterType": fact.meter_type,
        "lastUpdatedAt": stamp(fact.received_at),
    }
