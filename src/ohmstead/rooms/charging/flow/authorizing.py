"""Authorizing: a tag at the reader gets its verdict, and what came of it is remembered until the charge begins."""

from msgspec import structs
from sqlalchemy import BigInteger, Text, bindparam, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.authorizations import KEPT, authorization, authorize_by
from ohmstead.rooms.charging.contracts.naming import as_issued
from ohmstead.rooms.charging.facts import TagPresented, TagVerdict
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tag_case import folded
from ohmstead.rooms.charging.tags import Holder, charges_at, forbidden, remote_session, tag_verdict
from ohmstead.rooms.charging.tariffs_in_force import allowing_evses, some_are_forbidden
from ohmstead.rooms.charging.token_types import Token
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charging_access import closed_points, some_evses_of
from ohmstead.rooms.network.evses import evse

ACCEPTED = TagVerdict(status="accepted")

_station = bindparam("station", type_=BigInteger)
_admits_all = charge_point.c.auto_start_without_authorization
_satellite = charge_point.alias("satellite").c
_has_satellites = select(_satellite.id).where(_satellite.ocpp_connected_charge_point_id == _station).exists()
_some_are_forbidden = (
    select(evse.c.id)
    .where(evse.c.station_id == _station, evse.c.deleted_at.is_(None), some_are_forbidden(evse.c.tariff_group_id))
    .exists()
)
_STATION = Statement(
    select(_admits_all, closed_points(_station), _has_satellites, _some_are_forbidden).where(
        charge_point.c.id == _station
    )
)
_REMOTE = Statement(
    select(session).where(session.c.id == bindparam("session"), session.c.station_id == bindparam("station"))
)
_tag = folded(bindparam("tag", type_=Text))
_RUNNING = Statement(
    select(session.c.id).where(
        session.c.station_id == bindparam("station"), session.c.status == "active", folded(session.c.id_tag) == _tag
    )
)
_unused = ~select(session.c.id).where(session.c.authorization_id == authorization.c.id).exists()
_own = authorization.c
_RECENT = Statement(
    select(_own.id)
    .where(_own.charge_point_id == bindparam("station"), folded(_own.id_tag_uid) == _tag, _unused)
    .where(_own.created_at >= bindparam("since"), _own.status == bindparam("status"))
    .where(_own.evse_id.is_(None))
    .order_by(_own.id.desc())
    .limit(1)
)
_BEGUN = Statement(
    update(authorization)
    .where(_own.id == bindparam("key"))
    .values({name: bindparam(f"v_{name}") for name in ("charge_point_id", "evse_id", "updated_at")})
)


async def authorize(tx: Tx, fact: TagPresented) -> TagVerdict:
    """May this tag charge here? A tag that runs a session here is there to stop it and makes no new authorization, and
    a button makes one when its charge begins."""
    fact = await as_issued(tx, fact)
    station = fact.charge_point_id
    if await remote_start_of(tx, station, fact.id_tag) is not None:
        return ACCEPTED
    token = Token(station, fact.id_tag, fact.token_type)
    admits_all, points, has_satellites, some_forbidden = await tx.one(_STATION, station=station) or (False, (), 0, 0)
    holder = await tag_verdict(tx, token, admits_all, points=points)
    presents = not token.is_button and await tx.one(_RUNNING, station=station, tag=fact.id_tag) is None
    if presents and some_forbidden and not holder.rejection:
        holder = await _by_tariff(tx, station, holder)
    if has_satellites and holder.user_id and not holder.rejection:
        some = await some_evses_of(tx, station, [holder.user_id])
        holder = _only_at(holder, some.get(holder.user_id))
    if presents:
        await authorize_by(
            tx, holder.method, station, user_id=holder.user_id, id_tag_uid=fact.id_tag,
            token_type=fact.token_type, rejection_reason=holder.rejection,
        )  # fmt: skip
    return holder.verdict


async def _by_tariff(tx: Tx, station_id: int, holder: Holder) -> Holder:
    """Where the tariffs let charge who presents a tag; who charges at the station may always end that."""
    allowing = await allowing_evses(tx, station_id, holder.user_id)
    return holder if await charges_at(tx, station_id, holder.user_id) else _only_at(holder, allowing)


def _only_at(holder: Holder, numbers: tuple[int, ...] | None) -> Holder:
    """Good at EVSEs of these numbers, of those it was good at, if there are any; None: at all of them."""
    if numbers is None:
        return holder
    both = tuple(one for one in numbers if one in holder.verdict.evses or not holder.verdict.evses)
    verdict = structs.replace(holder.verdict, evses=both)
    return structs.replace(holder, verdict=verdict) if both else forbidden(holder)


async def remote_start_of(tx: Tx, station_id: int, id_tag: str) -> Row | None:
    """The session that was started from afar with this tag on this station."""
    named = remote_session(id_tag)
    return None if named is None else await tx.one(_REMOTE, session=named, station=station_id)


async def authorized(tx: Tx, outlet: Row, token: Token, holder: Holder) -> int:
    """The authorization a charge begins on: that of the tag's last presentation, else a new one."""
    point, evse = outlet["charge_point_id"], outlet["id"]
    recently = {"since": tx.now - KEPT, "status": "rejected" if holder.rejection else "accepted"}
    recent = await tx.value(_RECENT, station=outlet["station_id"], tag=token.id_tag, **recently)
    if recent is not None:
        await tx.run(_BEGUN, key=recent, v_charge_point_id=point, v_evse_id=evse, v_updated_at=tx.now)
        return recent
    return await authorize_by(
        tx, holder.method, point, evse_id=evse, user_id=holder.user_id, id_tag_uid=token.id_tag,
        token_type=token.type, rejection_reason=holder.rejection,
    )  # fmt: skip
