"""Connections: charge points come, are heard of, go, each with its satellites; many at once after an outage."""

from collections.abc import Iterable, Sequence
from functools import partial

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
    select,
    true,
    update,
)

from ohmstead.kit.db import Row, Statement, Tx, as_columns, unnested_rows
from ohmstead.kit.views import stamp
from ohmstead.rooms.devices.certificates.proofs import used
from ohmstead.rooms.devices.durable_facts import ChargePointDismissed, NetworkStatusChanged
from ohmstead.rooms.devices.facts import Connected, Disconnected
from ohmstead.rooms.devices.presence.network_status_logs import NetworkStatus, keep_network_statuses
from ohmstead.rooms.devices.presence.nodes import node
from ohmstead.rooms.devices.presence.station_members import behind
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.signals import presence_changed

_own = charge_point.c
_moment = DateTime(timezone=True)
_at = bindparam("at", type_=_moment)
_node = bindparam("node", type_=BigInteger)

_heard = (
    select(_own.id)
    .where(_own.id == any_(bindparam("heard", type_=ARRAY(BigInteger))))
    .order_by(_own.id)
    .with_for_update(key_share=True)
    .cte("heard")
)
_HEARD = Statement(update(charge_point).where(_own.id == _heard.c.id).values(last_seen_at=_at))

_came = unnested_rows(station=BigInteger, at=_moment, version=Text, profile=SmallInteger, password=LargeBinary)
_master = charge_point.alias("master")
_rows = behind(_came)
_told = _rows.selected_columns
_masters_stands = select(_master.c.network_password.is_not_distinct_from(_told.password)).where(
    _master.c.id == _told.station
)
_password_stands = case(  # of the station itself by the row that is locked, which may have changed until it was
    (_own.id == _told.station, _own.network_password.is_not_distinct_from(_told.password)),
    else_=_masters_stands.scalar_subquery(),
)
_before = _rows.add_columns(_own.connected, _own.node_id, _own.status, _password_stands.label("stands")).cte("before")
_profile = case((_before.c.stands, _before.c.profile))
_proved = {  # where it is known how it came in, that is its security profile now
    "current_security_profile": func.coalesce(_profile, _own.current_security_profile),
    "accepts_any_profile": _own.accepts_any_profile & _profile.is_(None),
    "desired_security_profile_status": case(
        (_own.desired_security_profile == _profile, "applied"), else_=_own.desired_security_profile_status
    ),
}
_CONNECTED = Statement(
    update(charge_point)
    .where(_own.id == _before.c.id)
    .values(connected=true(), connected_at=_before.c.at, last_seen_at=_before.c.at)
    .values(ocpp_version=_before.c.version, node_id=_node)
    .values(_proved | {"first_contact_at": func.coalesce(_own.first_contact_at, _before.c.at)})
    .returning(
        _own.id,
        _before.c.at,
        _before.c.connected.label("was_connected"),
        _before.c.node_id.label("held_by"),
        _before.c.status,
        _before.c.stands,
    )
)

_rows = behind(unnested_rows(station=BigInteger, at=_moment))
_gone = _rows.where(  # whose newest connection it was, here or at another node
    _own.connected, _own.node_id.is_not_distinct_from(_node), _own.connected_at <= _rows.selected_columns.at
).cte("gone")
_DISCONNECTED = Statement(
    update(charge_point)
    .where(_own.id == _gone.c.id)
    .values(connected=false(), disconnected_at=_gone.c.at)
    .returning(_own.id, _own.disconnected_at)
)
_forsaken = ~select(node.c.id).where(node.c.id == _own.node_id).exists()
_left = (
    select(_own.id)
    .where(_own.connected, _forsaken)
    .order_by(_own.id)
    .with_for_update(of=charge_point, key_share=True)
    .cte("left_behind")
)
_FORSAKEN = Statement(
    update(charge_point)
    .where(_own.id == _left.c.id)
    .values(connected=false(), disconnected_at=func.coalesce(_own.last_seen_at, _at))
    .returning(_own.id, _own.disconnected_at)
)


async def connected(tx: Tx, *facts: Connected, node_id: int | None = None) -> list[int | None]:
    """Charge points are here, and with them their satellites; of each the other node that held its socket until now, if
    one did. Each is another charge point."""
    told = as_columns(
        {
            "station": fact.charge_point_id,
            "at": fact.at,
            "version": fact.version,
            "profile": fact.proof and fact.proof.profile,
            "password": fact.proof and fact.proof.password,
        }
        for fact in facts
    )
    rows = {row["id"]: row for row in await tx.all(_CONNECTED, node=node_id, **told)}
    came = [NetworkStatus(row["id"], "available", row["at"]) for row in rows.values() if not row["was_connected"]]
    await _tell(tx, came, rows)
    for fact in facts:
        await _proved_to_be(tx, fact, rows.get(fact.charge_point_id))
    return [_held_by(rows.get(fact.charge_point_id), node_id) for fact in facts]


async def _proved_to_be(tx: Tx, fact: Connected, row: Row | None) -> None:
    """One that was changed while it connected has to prove itself again."""
    proof = fact.proof
    if proof is None:
        return
    if row is None or not row["stands"] or row["status"] == "disabled":
        tx.tell(ChargePointDismissed(id=fact.charge_point_id, reason="it was changed while it connected"))
    elif proof.certificate is not None:
        await used(tx, fact.charge_point_id, proof.certificate)


def _held_by(row: Row | None, node_id: int | None) -> int | None:
    return row["held_by"] if row and row["was_connected"] and row["held_by"] != node_id else None


async def disconnected(tx: Tx, *facts: Disconnected, node_id: int | None = None) -> None:
    """Charge points are gone; a newer connection than the one that went counts, here or at another node."""
    told = as_columns({"station": fact.charge_point_id, "at": fact.at} for fact in facts)
    await _tell_gone(tx, await tx.all(_DISCONNECTED, node=node_id, **told))


async def disconnect_forsaken(tx: Tx) -> int:
    """Whose node is no more (it crashed, or never came back) is gone until it comes again; how many were."""
    rows = await tx.all(_FORSAKEN, at=tx.now)
    await _tell_gone(tx, rows)
    return len(rows)


async def heard(tx: Tx, *charge_point_ids: int) -> None:
    """Charge points live."""
    await tx.run(_HEARD, heard=list(charge_point_ids), at=tx.now)


async def _tell_gone(tx: Tx, rows: Sequence[Row]) -> None:
    went = [NetworkStatus(row["id"], "temporarily_unavailable", row["disconnected_at"]) for row in rows]
    await _tell(tx, went, [row["id"] for row in rows])


async def _tell(tx: Tx, changes: Sequence[NetworkStatus], charge_point_ids: Iterable[int]) -> None:
    """Tell load management of charge points at once, and the world of those whose network status is another."""
    await keep_network_statuses(tx, changes)
    for one in changes:
        told = {"id": one.charge_point_id, "network_status": one.status, "at": stamp(one.created_at)}
        tx.tell(NetworkStatusChanged(**told))
    for charge_point_id in charge_point_ids:
        tx.after_commit(partial(presence_changed.send, charge_point_id))
