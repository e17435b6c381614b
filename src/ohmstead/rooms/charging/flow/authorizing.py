"""Authorizing: a tag at the reader gets its verdict, and what came of it is remembered until the charge begins."""

from sqlalchemy import Text, bindparam, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.authorizations import KEPT, authorization, authorize_by
from ohmstead.rooms.charging.contracts.naming import as_issued
from ohmstead.rooms.charging.facts import TagPresented, TagVerdict
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tag_case import folded
from ohmstead.rooms.charging.tags import Holder, remote_session, tag_verdict
from ohmstead.rooms.charging.token_types import Token
from ohmstead.rooms.network.charge_points import charge_point

ACCEPTED = TagVerdict(status="accepted")

_STATION = Statement(
    select(charge_point.c.auto_start_without_authorization).where(charge_point.c.id == bindparam("station"))
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
    holder = await tag_verdict(tx, token, bool(await tx.value(_STATION, station=station)))
    if not token.is_button and await tx.one(_RUNNING, station=station, tag=fact.id_tag) is None:
        await authorize_by(
            tx, holder.method, station, user_id=holder.user_id, id_tag_uid=fact.id_tag,
            token_type=fact.token_type, rejection_reason=holder.rejection,
        )  # fmt: skip
    return holder.verdict


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
