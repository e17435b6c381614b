"""Admitted: the tags a station may admit by itself, and the changes from one list of them to another."""

from msgspec.structs import replace
from sqlalchemy import ARRAY, BigInteger, DateTime, Text, any_, bindparam, func, or_, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tags import parent_tag
from ohmstead.rooms.devices.stations import LocalTag
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charging_access import closed_points, lets_charge, some_evses_of
from ohmstead.rooms.people.users import ev_user

LONGEST = {"1.6": 20}
"""Characters of a tag, where a version has room for fewer than we; and for no EVSEs of a tag."""
OURS = 36

_own = id_tag.c
_last_here = (
    select(func.max(session.c.started_at))
    .where(session.c.station_id == bindparam("station", type_=BigInteger), session.c.user_id == _own.user_id)
    .scalar_subquery()
)
_points = bindparam("points", type_=ARRAY(BigInteger))
_lets = select(charge_point.c.id).where(charge_point.c.id == any_(_points), lets_charge(ev_user.c.id)).exists()
_CLOSED = Statement(select(closed_points(bindparam("station", type_=BigInteger))))
# What `tag_verdict` accepts of cards and contracts; where there are too many, who was here last is served first.
_ADMITTED = Statement(
    select(_own.id_tag_uid, _own.expire_at, _own.user_id, _own.type)
    .join(ev_user, (ev_user.c.id == _own.user_id) & ev_user.c.deleted_at.is_(None))
    .where(
        or_(_own.type == "rfid", _own.type == "emaid"),
        _own.status == "enabled",
        _own.deleted_at.is_(None),
        ev_user.c.status == "enabled",
    )
    .where(or_(_own.expire_at.is_(None), _own.expire_at > bindparam("now", type_=DateTime(timezone=True))))
    .where(or_(func.cardinality(_points) == 0, _lets))
    .where(func.length(_own.id_tag_uid) <= bindparam("longest", type_=BigInteger))
    .order_by(_last_here.desc().nulls_last(), _own.id.desc())
    .limit(bindparam("most", type_=BigInteger))
)

_STILL = Statement(
    select(_own.id_tag_uid)
    .where(_own.id_tag_uid == any_(bindparam("emaids", type_=ARRAY(Text))))
    .where(_own.type == "emaid", _own.status == "enabled", _own.deleted_at.is_(None))
)


async def admitted(tx: Tx, station: int, version: str | None, most: int) -> list[LocalTag]:
    """Those that are accepted now at one of its charge points, as many as there is room for."""
    wanted = {"longest": LONGEST.get(version or "", OURS), "points": await tx.value(_CLOSED, station=station)}
    found = await tx.all(_ADMITTED, station=station, most=most, now=tx.now, **wanted)
    some = {} if version in LONGEST else await some_evses_of(tx, station, {row["user_id"] for row in found})
    return [_tag(row, some.get(row["user_id"], ())) for row in found]


async def ended(tx: Tx, tags: list[LocalTag]) -> set[str]:
    """The EMAIDs among them that have been disabled meanwhile."""
    emaids = [tag.id_tag for tag in tags if tag.is_emaid]
    return {*emaids} - {uid for (uid,) in await tx.all(_STILL, emaids=emaids)} if emaids else set()


def changes(before: list[LocalTag], now: list[LocalTag]) -> list[LocalTag]:
    """What makes one list the other: first the tags that go, which makes room, then those that came or changed."""
    kept = {one.id_tag for one in now}
    known = {one.id_tag: one for one in before}
    gone = [replace(tag, admitted=False) for name, tag in known.items() if name not in kept]
    return gone + [one for one in now if known.get(one.id_tag) != one]


def _tag(row: Row, evses: tuple[int, ...]) -> LocalTag:
    return LocalTag(
        id_tag=row["id_tag_uid"], expires_at=row["expire_at"], parent=parent_tag(row["user_id"]), evses=evses,
        is_emaid=row["type"] == "emaid",
    )  # fmt: skip
