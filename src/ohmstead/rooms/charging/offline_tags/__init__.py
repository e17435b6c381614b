"""Tags a station admits by itself while it is offline: its local list, and the cache of what it has learned."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import BigInteger, DateTime, bindparam, func, or_, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Does
from ohmstead.kit.views import View
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.sessions.table import session
from ohmstead.rooms.charging.tags import parent_tag
from ohmstead.rooms.network.actions import ask, station_of
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.stations import ClearCache, GetConfiguration, GetLocalListVersion, LocalTag, SendLocalList
from ohmstead.rooms.people.users import ev_user

offline_tags = Group("action / charge point", "actions/charge-point/", "charge-points")

_NO_LIST = "The charge point keeps no local list."
_AT_ONCE, _IN_ALL = "SendLocalListMaxLength", "LocalAuthListMaxLength"  # OCPP 1.6, 9.2
USUAL = {_AT_ONCE: 100, _IN_ALL: 1000}  # where the station does not say

_own = id_tag.c
_last_here = (
    select(func.max(session.c.started_at))
    .where(session.c.station_id == bindparam("station", type_=BigInteger), session.c.user_id == _own.user_id)
    .scalar_subquery()
)
# What `judge` accepts and OCPP 1.6 can say; where there are too many, the users who were here last are served first.
_ADMITTED = Statement(
    select(_own.id_tag_uid, _own.expire_at, _own.user_id)
    .join(ev_user, (ev_user.c.id == _own.user_id) & ev_user.c.deleted_at.is_(None))
    .where(_own.type == "rfid", _own.status == "enabled", _own.deleted_at.is_(None), ev_user.c.status == "enabled")
    .where(or_(_own.expire_at.is_(None), _own.expire_at > bindparam("now", type_=DateTime(timezone=True))))
    .where(func.length(_own.id_tag_uid) <= 20)
    .order_by(_last_here.desc().nulls_last(), _own.id.desc())
    .limit(bindparam("most", type_=BigInteger))
)


class ListVersion(View):
    list_version: Annotated[int, Meta(description="0 where the list is empty, -1 where the charge point keeps none.")]


class Sent(View):
    list_version: int
    tags: Annotated[int, Meta(description="How many are on the list now.")]


@offline_tags.post(
    "v1.0/{chargePoint}/clear-cache",
    "Charge Point / Clear Cache",
    errors=(401, 403, 404, 406, 429),
    does=Does.STEPS,
)
async def clear_cache(call: Call) -> None:
    """Let the charge point forget which tags were accepted before."""
    await ask(await _station(call), ClearCache())


@offline_tags.post(
    "v1.0/{chargePoint}/get-local-list-version",
    "Charge Point / Get Local List Version",
    gives=ListVersion,
    errors=(401, 403, 404, 406, 429),
    does=Does.STEPS,
)
async def get_local_list_version(call: Call) -> ListVersion:
    """Ask the charge point which list it holds."""
    return ListVersion(list_version=await _version_at(await _station(call)))


@offline_tags.post(
    "v1.0/{chargePoint}/send-local-list",
    "Charge Point / Send Local List",
    gives=Sent,
    errors=(401, 403, 404, 406, 429),
    does=Does.STEPS,
)
async def send_local_list(call: Call) -> Sent:
    """Replace the charge point's list by all RFID tags that are accepted now, as many as it has room for. Tags that are
    blocked later stay on it until it is sent again."""
    station = await _station(call)
    version = await _version_at(station)
    if version < 0:
        raise Rejected(_NO_LIST)
    room = await _room_at(station)
    async with call.begin() as tx:
        tags = await _admitted(tx, station, room[_IN_ALL])
    version = await _send(station, version, tags, room[_AT_ONCE])
    call.changes = {"listVersion": version, "tags": len(tags)}
    return Sent(list_version=version, tags=len(tags))


async def _station(call: Call) -> int:
    async with call.begin() as tx:
        return station_of(await charge_points.find(call, tx=tx))


async def _version_at(station: int) -> int:
    version = (await ask(station, GetLocalListVersion())).list_version
    return -1 if version is None else version


async def _room_at(station: int) -> Mapping[str, int]:
    """How many tags it takes at once, and in all."""
    settings = (await ask(station, GetConfiguration(keys=tuple(USUAL)))).settings
    said = {one.key: int(one.value) for one in settings if one.value and one.value.isdecimal() and int(one.value)}
    return USUAL | said


async def _admitted(tx: Tx, station: int, most: int) -> list[LocalTag]:
    return [_tag(row) for row in await tx.all(_ADMITTED, station=station, most=most, now=tx.now)]


def _tag(row: Row) -> LocalTag:
    return LocalTag(id_tag=row["id_tag_uid"], expires_at=row["expire_at"], parent=parent_tag(row["user_id"]))


async def _send(station: int, version: int, tags: list[LocalTag], at_once: int) -> int:
    """The whole list in parts: the first replaces what was there, each later one adds; the version of the last."""
    parts: list[Any] = [tags[start : start + at_once] for start in range(0, len(tags), at_once)] or [[]]
    for number, part in enumerate(parts):
        version += 1
        await ask(station, SendLocalList(version=version, tags=tuple(part), adds=number > 0))
    return version
