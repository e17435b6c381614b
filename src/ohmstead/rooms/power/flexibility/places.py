"""Places: the EVSEs that an asset is made of, as they hang on circuits now, and the energy that flowed at them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, BigInteger, DateTime, any_, bindparam, func, or_, select, union_all

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.charging.sessions.includes import energy_series
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.power.circuits.resource import circuit_changed, member_changed
from ohmstead.rooms.power.circuits.table import circuit, circuit_charge_point
from ohmstead.rooms.power.flexibility.table import flexibility_asset

LONGEST = timedelta(days=31)  # of a session that is over: not all that ever was has to be looked through

_asset, _member, _ids = flexibility_asset.c, circuit_charge_point.c, bindparam("ids", type_=ARRAY(BigInteger))
_OUTLET = (_asset.id.label("asset_id"), evse.c.id.label("evse_id"), evse.c.charge_point_id)
_asked = (_asset.id == any_(_ids), evse.c.deleted_at.is_(None))
OUTLETS = union_all(
    select(*_OUTLET)
    .join(circuit_charge_point, _member.circuit_id == _asset.dlm_circuit_id)
    .join(evse, evse.c.charge_point_id == _member.charge_point_id)
    .where(*_asked),
    select(*_OUTLET).join(evse, evse.c.charge_point_id == _asset.charge_point_id).where(*_asked),
    select(*_OUTLET).join(evse, evse.c.id == _asset.evse_id).where(*_asked),
).subquery("outlets")
"""The EVSEs of the assets of `ids`: asset_id, evse_id, charge_point_id."""

_hanging = select(_member.circuit_id).join(OUTLETS, OUTLETS.c.charge_point_id == _member.charge_point_id)
_CIRCUITS = Statement(select(circuit.c.id, circuit.c.load_balancing_integration).where(circuit.c.id.in_(_hanging)))
_ZONE = Statement(
    select(location.c.timezone)
    .join(charge_point, charge_point.c.location_id == location.c.id)
    .join(OUTLETS, OUTLETS.c.charge_point_id == charge_point.c.id)
    .where(location.c.timezone.is_not(None))
    .order_by(charge_point.c.id)
    .limit(1)
)
_moment = partial(bindparam, type_=DateTime(timezone=True))
_SESSIONS = Statement(
    select(session.c.id, session.c.status)
    .join(OUTLETS, OUTLETS.c.evse_id == session.c.evse_id)
    .where(or_(session.c.status == "active", session.c.started_at > _moment("since") - LONGEST))
    .where(session.c.started_at < _moment("until"))
    .where(func.coalesce(session.c.stopped_at, _moment("until")) > _moment("since"))
)
_HAD = Statement(select(func.min(session.c.started_at)).join(OUTLETS, OUTLETS.c.evse_id == session.c.evse_id).where(
    session.c.stopped_at.is_not(None), session.c.updated_at >= _moment("since")))  # fmt: skip


async def steered_at(tx: Tx, asset_id: int) -> str | None:
    """Why nothing of an asset is steered by load management; None where something is."""
    found = await tx.all(_CIRCUITS, ids=[asset_id])
    if not found:
        return "Nothing of the flexibility asset hangs on a circuit, so load management does not steer it."
    if all(row["load_balancing_integration"] for row in found):
        return "A third party balances the circuit of the flexibility asset."
    return None


async def zone_of(tx: Tx, asset_id: int) -> ZoneInfo:
    """By whose clocks it lives: those of the location of its first charge point; UTC where it has none."""
    return ZoneInfo(await tx.value(_ZONE, ids=[asset_id]) or "UTC")


async def energies(tx: Tx, asset_id: int, moments: Collection[datetime]) -> list[int]:
    """Whole Wh that flowed at an asset from one moment to the next, so that what comes after one another adds up."""
    ordered = sorted(moments)
    rows = await tx.all(_SESSIONS, ids=[asset_id], since=ordered[0], until=ordered[-1])
    series = (await energy_series(tx, [row["id"] for row in rows])).values()
    reached = [[round(one.at(moment)) for one in series if one.moments] for moment in ordered]
    return [sum(after) - sum(before) for before, after in pairwise(reached)]


async def flowed(tx: Tx, asset_id: int, starts: Collection[datetime]) -> dict[datetime, tuple[float, datetime]]:
    """By each start the Wh that flowed at an asset since then, and until when: as far as the meters of all who charge
    have told."""
    rows = await tx.all(_SESSIONS, ids=[asset_id], since=min(starts), until=tx.now)
    series = await energy_series(tx, [row["id"] for row in rows])
    told = [one.moments[-1] for row in rows if row["status"] == "active" and (one := series[row["id"]]).moments]
    until = min(told, default=tx.now)
    return {
        start: (sum(one.at(until) - one.at(start) for one in series.values() if one.moments), until)
        if until > start else (0.0, start)
        for start in starts
    }  # fmt: skip


async def first_told_late(tx: Tx, asset_id: int, since: datetime) -> datetime | None:
    """When the earliest of the sessions began that ended, as far as we know, after a moment."""
    return await tx.value(_HAD, ids=[asset_id], since=since)


async def wake(tx: Tx, asset: Row) -> None:
    """Once this is durable load management looks again at where an asset is."""
    if asset["dlm_circuit_id"] is not None:
        tx.after_commit(partial(circuit_changed.send, asset["dlm_circuit_id"]))
        return
    point = asset["charge_point_id"]
    if point is None:
        point = await tx.value(select(evse.c.charge_point_id).where(evse.c.id == asset["evse_id"]))
    tx.after_commit(partial(member_changed.send, point))
