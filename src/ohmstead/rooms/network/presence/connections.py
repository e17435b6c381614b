"""Connections: a charge point comes, says what it is, is heard of, goes; its satellites with it."""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    LargeBinary,
    SmallInteger,
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
from ohmstead.rooms.network.signals import presence_changed

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
_before = (
    select(_own.id, _own.connected, _own.status, _password_stands.label("stands"))
    .where(_behind, _living)
    .order_by(_own.id)
    .with_for_update()
    .cte("before")
)
_CONNECTED = Statement(
    update(charge_point)
    .where(_own.id == _before.c.id)
    .values(connected=true(), connected_at=_at, last_seen_at=_at, ocpp_version=bindparam("version"))
    .values(_proved | {"first_contact_at": func.coalesce(_own.first_contact_at, _at)})
    .returning(_own.id, _before.c.connected.label("was_connected"), _before.c.status, _before.c.stands)
)
_gone = update(charge_point).where(_own.connected).values(connected=false())
_DISCONNECTED = Statement(_gone.where(_behind, _own.connected_at <= _at).values(disconnected_at=_at).returning(_own.id))
_ALL_DISCONNECTED = Statement(
    _gone.values(disconnected_at=func.coalesce(_own.last_seen_at, _at)).returning(_own.id, _own.disconnected_at)
)
_BOOTED = Statement(
    update(charge_point)
    .where(_behind, _living)
    .values(last_boot_notification=bindparam("boot", type_=JSONB), last_seen_at=_at)
    .values(first_contact_at=func.coalesce(_own.first_contact_at, _at))
)


async def connected(tx: Tx, fact: Connected) -> None:
    """A charge point is here, and with it its satellites."""
    proof, stays = fact.proof, fact.proof is None
    values = {"station": fact.charge_point_id, "at": fact.at, "version": fact.version}
    values |= {"profile": proof and proof.profile, "password": proof and proof.password}
    for row in await tx.all(_CONNECTED, **values):
        if row["id"] == fact.charge_point_id:
            stays = stays or (row["stands"] and row["status"] != "disabled")
        _presence(tx, row["id"], None if row["was_connected"] else "available", fact.at)
    if not stays:
        tx.fact("chargePoint.dismissed", id=fact.charge_point_id, reason="it was changed while it connected")
    elif proof is not None and proof.certificate is not None:
        await used(tx, fact.charge_point_id, proof.certificate)


async def disconnected(tx: Tx, fact: Disconnected) -> None:
    """A charge point is gone; a newer connection than the one that went counts."""
    for row in await tx.all(_DISCONNECTED, station=fact.charge_point_id, at=fact.at):
        _presence(tx, row["id"], "temporarily_unavailable", fact.at)


async def disconnect_all(tx: Tx) -> int:
    """After a crash: nobody is here until they come again. The number of those that were."""
    rows = await tx.all(_ALL_DISCONNECTED, at=tx.now)
    for row in rows:
        _presence(tx, row["id"], "temporarily_unavailable", row["disconnected_at"])
    return len(rows)


async def heard(tx: Tx, *charge_point_ids: int) -> None:
    """Charge points live."""
    await tx.run(_HEARD, heard=list(charge_point_ids), at=tx.now)


async def booted(tx: Tx, fact: Booted, interval_s: int) -> BootVerdict:
    """A charge point says what it is, and shall send heartbeats every `interval_s` s."""
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
    await tx.run(_BOOTED, station=fact.charge_point_id, boot=boot, at=fact.received_at)
    tx.fact("chargePoint.booted", id=fact.charge_point_id, reason=fact.reason, **boot)
    return BootVerdict(status="accepted", interval_s=interval_s, now=tx.now)


def _presence(tx: Tx, charge_point_id: int, network_status: str | None, at: datetime) -> None:
    """Tell load management at once, and the world where the network status is another."""
    if network_status:
        tx.fact("chargePoint.networkStatusChanged", id=charge_point_id, network_status=network_status, at=stamp(at))
    tx.after_commit(lambda: presence_changed.send(charge_point_id))
