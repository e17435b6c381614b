"""Connections: a charge point comes, says what it is, is heard of, goes; its satellites with it."""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    LargeBinary,
    SmallInteger,
    Text,
    any_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.views import stamp
from ohmstead.rooms.network.certificates.proofs import used
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.facts import Booted, BootVerdict, Connected, Disconnected
from ohmstead.rooms.network.models import charge_point_model
from ohmstead.rooms.network.nodes import node
from ohmstead.rooms.network.presence.statuses import interrupted
from ohmstead.rooms.network.signals import presence_changed
from ohmstead.rooms.network.vendors import charge_point_vendor

_own = charge_point.c
_station = bindparam("station", type_=BigInteger)
_at = bindparam("at", type_=DateTime(timezone=True))
_living = _own.deleted_at.is_(None)
_behind = or_(_own.id == _station, _own.ocpp_connected_charge_point_id == _station)  # with its satellites

_HEARD = Statement(
    update(charge_point).where(_own.id == any_(bindparam("heard", type_=ARRAY(BigInteger)))).values(last_seen_at=_at)
)

_master = charge_point.alias("master")
_password = bindparam("password", type_=LargeBinary)
_masters_stands = select(_master.c.network_password.is_not_distinct_from(_password)).where(_master.c.id == _station)
_password_stands = case(  # of the station itself by the row that is locked, which may have changed until it was
    (_own.id == _station, _own.network_password.is_not_distinct_from(_password)),
    else_=_masters_stands.scalar_subquery(),
)
_profile = case((_password_stands, bindparam("profile", type_=SmallInteger)))
_proved = {  # where it is known how it came in, that is its security profile now
    "current_security_profile": func.coalesce(_profile, _own.current_security_profile),
    "accepts_any_profile": _own.accepts_any_profile & _profile.is_(None),
    "desired_security_profile_status": case(
        (_own.desired_security_profile == _profile, "applied"), else_=_own.desired_security_profile_status
    ),
}
_node = bindparam("node", type_=BigInteger)
_before = (
    select(_own.id, _own.connected, _own.node_id, _own.status, _password_stands.label("stands"))
    .where(_behind, _living)
    .order_by(_own.id)
    .with_for_update()
    .cte("before")
)
_CONNECTED = Statement(
    update(charge_point)
    .where(_own.id == _before.c.id)
    .values(connected=true(), connected_at=_at, last_seen_at=_at, ocpp_version=bindparam("version"), node_id=_node)
    .values(_proved | {"first_contact_at": func.coalesce(_own.first_contact_at, _at)})
    .returning(
        _own.id,
        _before.c.connected.label("was_connected"),
        _before.c.node_id.label("held_by"),
        _before.c.status,
        _before.c.stands,
    )
)
_gone = update(charge_point).where(_own.connected).values(connected=false())
_here = _own.node_id.is_not_distinct_from(_node)
_DISCONNECTED = Statement(
    _gone.where(_behind, _here, _own.connected_at <= _at).values(disconnected_at=_at).returning(_own.id)
)
_forsaken = ~select(node.c.id).where(node.c.id == _own.node_id).exists()
_FORSAKEN = Statement(
    _gone.where(_forsaken)
    .values(disconnected_at=func.coalesce(_own.last_seen_at, _at))
    .returning(_own.id, _own.disconnected_at)
)
# the model whose own and whose vendor's name it says, where there is exactly one
_said_model = (
    select(case((func.count() == 1, func.max(charge_point_model.c.id))))
    .join(charge_point_vendor, charge_point_vendor.c.id == charge_point_model.c.vendor_id)
    .where(func.lower(charge_point_model.c.name) == func.lower(bindparam("model", type_=Text)))
    .where(func.lower(charge_point_vendor.c.name) == func.lower(bindparam("vendor", type_=Text)))
    .scalar_subquery()
)
_unbooted = (
    select(_own.id, _own.model_id)
    .where(_behind, _living)
    .order_by(_own.id)
    .with_for_update(key_share=True)
    .cte("unbooted")
)
_model = func.coalesce(_said_model, _unbooted.c.model_id)
_BOOTED = Statement(
    update(charge_point)
    .where(_own.id == _unbooted.c.id)
    .values(last_boot_notification=bindparam("boot", type_=JSONB), last_seen_at=_at)
    .values(first_contact_at=func.coalesce(_own.first_contact_at, _at), model_id=_model)
    .values(
        updated_at=case(
            (_model == _unbooted.c.model_id, _own.updated_at), (_model.is_(None), _own.updated_at), else_=_at
        )
    )
    .returning(_own.id, _own.model_id, _unbooted.c.model_id.label("before"))
)


async def connected(tx: Tx, fact: Connected, node_id: int | None = None) -> int | None:
    """A charge point is here, and with it its satellites; the other node that held its socket until now, if one did."""
    proof, stays, held_by = fact.proof, fact.proof is None, None
    values = {"station": fact.charge_point_id, "at": fact.at, "version": fact.version, "node": node_id}
    values |= {"profile": proof and proof.profile, "password": proof and proof.password}
    for row in await tx.all(_CONNECTED, **values):
        _presence(tx, row["id"], None if row["was_connected"] else "available", fact.at)
        if row["id"] == fact.charge_point_id:
            stays = stays or (row["stands"] and row["status"] != "disabled")
            held_by = row["held_by"] if row["was_connected"] and row["held_by"] != node_id else None
    if not stays:
        tx.fact("chargePoint.dismissed", id=fact.charge_point_id, reason="it was changed while it connected")
    elif proof is not None and proof.certificate is not None:
        await used(tx, fact.charge_point_id, proof.certificate)
    return held_by


async def disconnected(tx: Tx, fact: Disconnected, node_id: int | None = None) -> None:
    """A charge point is gone; a newer connection than the one that went counts, here or at another node."""
    for row in await tx.all(_DISCONNECTED, station=fact.charge_point_id, at=fact.at, node=node_id):
        _presence(tx, row["id"], "temporarily_unavailable", fact.at)


async def disconnect_forsaken(tx: Tx) -> int:
    """Whose node is no more (it crashed, or never came back) is gone until it comes again; how many were."""
    rows = await tx.all(_FORSAKEN, at=tx.now)
    for row in rows:
        _presence(tx, row["id"], "temporarily_unavailable", row["disconnected_at"])
    return len(rows)


async def heard(tx: Tx, *charge_point_ids: int) -> None:
    """Charge points live."""
    await tx.run(_HEARD, heard=list(charge_point_ids), at=tx.now)


async def booted(tx: Tx, fact: Booted, interval_s: int) -> BootVerdict:
    """A charge point says what it is, and shall send heartbeats every `interval_s` s. Where that is a model of ours, it
    is one from now on."""
    boot = {
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
    said = {"model": fact.model.strip(), "vendor": fact.vendor.strip()}
    for row in await tx.all(_BOOTED, station=fact.charge_point_id, boot=boot, at=fact.received_at, **said):
        if row["model_id"] != row["before"]:
            tx.fact("chargePoint.changed", id=row["id"], action="updated")
            tx.fact("chargePoint.quirksChanged", ids=[row["id"]])
    await interrupted(tx, fact.charge_point_id, fact.received_at)
    tx.fact("chargePoint.booted", id=fact.charge_point_id, reason=fact.reason, **boot)
    return BootVerdict(status="accepted", interval_s=interval_s, now=tx.now)


def _presence(tx: Tx, charge_point_id: int, network_status: str | None, at: datetime) -> None:
    """Tell load management at once, and the world where the network status is another."""
    if network_status:
        tx.fact("chargePoint.networkStatusChanged", id=charge_point_id, network_status=network_status, at=stamp(at))
    tx.after_commit(lambda: presence_changed.send(charge_point_id))
