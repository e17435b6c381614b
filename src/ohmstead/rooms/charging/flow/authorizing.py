"""Authorizing: a tag at the reader gets its verdict, and what came of it is remembered until the charge begins."""

from collections.abc import Callable

from msgspec import structs
from sqlalchemy import BigInteger, Text, bindparam, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.authorizations import KEPT, authorization, authorize_by
from ohmstead.rooms.charging.contracts.naming import as_issued
from ohmstead.rooms.charging.displays import shows_messages
from ohmstead.rooms.charging.durable_facts import AuthorizationUpdated
from ohmstead.rooms.charging.facts import TagPresented, TagVerdict
from ohmstead.rooms.charging.paying import Payer, lacks_means
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.signals import user_price_known
from ohmstead.rooms.charging.tag_case import folded
from ohmstead.rooms.charging.tags import (
    Holder,
    charges_at,
    forbidden,
    payer,
    remote_session,
    tag_verdict,
    without_credit,
)
from ohmstead.rooms.charging.tariffs_in_force import (
    allowing,
    costing_nothing,
    price_information,
    some_are_forbidden,
    tariffs_of_station,
)
from ohmstead.rooms.charging.token_types import Token
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charging_access import closed_points, some_evses_of
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.operator.settings import payment_is_required

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
    select(
        _admits_all.label("admits_all"),
        closed_points(_station).label("closed"),
        _has_satellites.label("has_satellites"),
        _some_are_forbidden.label("some_are_forbidden"),
        shows_messages(charge_point.c.capabilities).label("shows_messages"),
        charge_point.c.ocpp_version,
        charge_point.c.partner_id,
        payment_is_required().label("payment_is_required"),
    ).where(charge_point.c.id == _station)
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
    point = await tx.one(_STATION, station=station)
    if point is None:
        raise LookupError(f"there is no charge point {station}")
    holder = await tag_verdict(tx, token, point["admits_all"], points=point["closed"])
    presents = not token.is_button and await tx.one(_RUNNING, station=station, tag=fact.id_tag) is None
    if presents and not holder.rejection and (point["some_are_forbidden"] or point["shows_messages"]):
        holder = await _by_tariff(tx, station, holder, point["shows_messages"])
    if point["has_satellites"] and holder.user_id and not holder.rejection:
        some = await some_evses_of(tx, station, [holder.user_id])
        holder = _only_at(holder, some.get(holder.user_id))
    if presents and (pays := payer(holder, station, point["partner_id"])) is not None:
        holder = await _by_means(tx, station, holder, pays, point["payment_is_required"])
    if presents:
        await authorize_by(
            tx, holder.method, station, user_id=holder.user_id, id_tag_uid=fact.id_tag,
            token_type=fact.token_type, rejection_reason=holder.rejection,
        )  # fmt: skip
    if point["ocpp_version"] == "1.6" and (text := holder.verdict.message):
        tx.after_commit(lambda: user_price_known.send(station, fact.id_tag, text))
    return holder.verdict


async def _by_tariff(tx: Tx, station_id: int, holder: Holder, shows_messages: bool) -> Holder:
    """Where the tariffs let charge who presents a tag, and what they say for the display; who charges at the station
    may always end that."""
    if await charges_at(tx, station_id, holder.user_id):
        return holder
    tariffs = await tariffs_of_station(tx, station_id, holder.user_id)
    holder = _only_at(holder, allowing(tariffs))
    if holder.rejection or not shows_messages:
        return holder
    return structs.replace(holder, verdict=structs.replace(holder.verdict, message=price_information(tariffs)))


async def _by_means(tx: Tx, station_id: int, holder: Holder, pays: Payer, is_required: bool) -> Holder:
    """Who has nothing to pay with may charge where nothing is due, and end what he charges at the station."""
    if not await lacks_means(tx, pays, is_required) or await charges_at(tx, station_id, holder.user_id):
        return holder
    free = costing_nothing(await tariffs_of_station(tx, station_id, holder.user_id))
    return _only_at(holder, free, without_credit)


def _only_at(
    holder: Holder, numbers: tuple[int, ...] | None, otherwise: Callable[[Holder], Holder] = forbidden
) -> Holder:
    """Good at EVSEs of these numbers, of those it was good at, if there are any; None: at all of them."""
    if numbers is None:
        return holder
    both = tuple(one for one in numbers if one in holder.verdict.evses or not holder.verdict.evses)
    verdict = structs.replace(holder.verdict, evses=both)
    return structs.replace(holder, verdict=verdict) if both else otherwise(holder)


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
        told = {"charge_point_id": point, "id_tag": token.id_tag or None, "status": recently["status"]}
        tx.tell(AuthorizationUpdated(id=recent, rejection_reason=holder.rejection, **told))
        return recent
    return await authorize_by(
        tx, holder.method, point, evse_id=evse, user_id=holder.user_id, id_tag_uid=token.id_tag,
        token_type=token.type, rejection_reason=holder.rejection,
    )  # fmt: skip
