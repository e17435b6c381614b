"""Sending a local list: all of it, or what has changed since the list that the station holds."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.errors import Rejected
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.offline_tags.actions import offline_tags, point_of, version_at
from ohmstead.rooms.charging.offline_tags.admitted import admitted, changes
from ohmstead.rooms.charging.offline_tags.room import Room, entries, parts, room_at
from ohmstead.rooms.charging.offline_tags.table import forget, keep, kept
from ohmstead.rooms.devices.commands.actions import ask, station_of
from ohmstead.rooms.devices.stations import LocalTag, SendLocalList

_NO_LIST = "The charge point keeps no local list."
UpdateType = Literal["full", "differential"]


class Wish(View):
    update_type: Annotated[
        UpdateType,
        Meta(
            description="Differential sends only what has changed since the list that was sent last. Where the charge "
            "point holds another one, all of it is sent."
        ),
    ] = "full"


class Sent(View):
    list_version: int
    tags: Annotated[int, Meta(description="How many are on the list now.")]
    update_type: Opt[Annotated[UpdateType, Meta(description="How it was sent, where differential was asked for.")]] = (
        UNSET
    )


@offline_tags.post(
    "v1.0/{chargePoint}/send-local-list",
    "Charge Point / Send Local List",
    body=Wish,
    gives=Sent,
    errors=(401, 403, 404, 406, 422, 429),
    transactions=Transactions.MANUAL,
)
async def send_local_list(call: Call, wish: Wish) -> Sent:
    """Make the charge point's list all RFID tags that are accepted now, as many as it has room for. Tags that are
    blocked later stay on it until it is sent again."""
    point = await point_of(call)
    station = station_of(point)
    version = await version_at(station)
    if version < 0:
        raise Rejected(_NO_LIST)
    async with call.begin() as tx:
        most, last = await entries(tx, station), await kept(tx, station)
    room = await room_at(station, point["ocpp_version"], most)
    async with call.begin() as tx:
        tags = await admitted(tx, station, point["ocpp_version"], room.in_all)
    adds = wish.update_type == "differential" and last is not None and last.version == version
    changed: list[LocalTag | str] = changes(last.tags, tags) if adds and last is not None else [*tags]
    if changed or not adds:
        version = await _send(call, station, version, changed, room, adds)
        async with call.begin() as tx:
            await keep(tx, station, version, tags)
    call.changes = {"listVersion": version, "tags": len(tags), "sent": len(changed)}
    sent: UpdateType = "differential" if adds else "full"
    return Sent(list_version=version, tags=len(tags), update_type=sent if wish.update_type == "differential" else UNSET)


async def _send(call: Call, station: int, version: int, changed: list[LocalTag | str], room: Room, adds: bool) -> int:
    """The list in parts; unless it `adds` to what is there, the first replaces that. The version of the last. What the
    station holds is unknown until all have arrived."""
    async with call.begin() as tx:
        await forget(tx, station)
    for part in parts(changed, room):
        version += 1
        tags = tuple(one for one in part if isinstance(one, LocalTag))
        removed = tuple(one for one in part if isinstance(one, str))
        await ask(station, SendLocalList(version=version, tags=tags, removed=removed, adds=adds))
        adds = True
    return version
