"""Sending a local list: all of it, or what has changed since the list that the station holds."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct

from ohmstead.kit.db import Tx
from ohmstead.kit.errors import Rejected
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.offline_tags.actions import offline_tags, point_of, version_at
from ohmstead.rooms.charging.offline_tags.admitted import admitted, changes, ended
from ohmstead.rooms.charging.offline_tags.room import Room, entries, parts, room_at
from ohmstead.rooms.charging.offline_tags.table import forget, keep, kept, outdated
from ohmstead.rooms.devices.commands.actions import ask, station_of
from ohmstead.rooms.devices.stations import LocalTag, SendLocalList

Begin = Callable[[], AbstractAsyncContextManager[Tx]]
UpdateType = Literal["full", "differential"]

_NO_LIST = "The charge point keeps no local list."


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


class Taken(Struct, frozen=True):
    """A list that a station took: its version, the tags on it, how many entries were sent, and whether to add."""

    version: int
    tags: int
    sent: int
    adds: bool


@offline_tags.post(
    "v1.0/{chargePoint}/send-local-list",
    "Charge Point / Send Local List",
    body=Wish,
    gives=Sent,
    errors=(401, 403, 404, 406, 422, 429),
    transactions=Transactions.MANUAL,
)
async def send_local_list(call: Call, wish: Wish) -> Sent:
    """Make the charge point's list all RFID tags and EMAIDs that are accepted now, as many as it has room for. Those
    that are accepted no more leave it by themselves; others come onto it when it is sent again."""
    point, asked = await point_of(call), wish.update_type == "differential"
    taken = await send(call.begin, station_of(point), point["ocpp_version"], asked)
    call.changes = {"listVersion": taken.version, "tags": taken.tags, "sent": taken.sent}
    how: UpdateType = "differential" if taken.adds else "full"
    return Sent(list_version=taken.version, tags=taken.tags, update_type=how if asked else UNSET)


async def send(begin: Begin, station: int, ocpp_version: str | None, differential: bool) -> Taken:
    """Bring a station's list to what is accepted now; Rejected where it does not take it."""
    version = await version_at(station)
    if version < 0:
        raise Rejected(_NO_LIST)
    async with begin() as tx:
        most, last = await entries(tx, station), await kept(tx, station)
    room = await room_at(station, ocpp_version, most)
    async with begin() as tx:
        tags = await admitted(tx, station, ocpp_version, room.in_all)
    adds = differential and last is not None and last.version == version
    changed = changes(last.tags, tags) if adds and last is not None else tags
    if changed or not adds:
        version = await _send(begin, station, version, changed, room, adds)
    async with begin() as tx:
        await keep(tx, station, version, tags)
        for emaid in await ended(tx, tags):
            await outdated(tx, emaid)
    return Taken(version, len(tags), len(changed), adds)


async def _send(begin: Begin, station: int, version: int, changed: list[LocalTag], room: Room, adds: bool) -> int:
    """The list in parts; unless it `adds` to what is there, the first replaces that. The version of the last. What the
    station holds is unknown until all have arrived."""
    async with begin() as tx:
        await forget(tx, station)
    for part in parts(changed, room):
        version += 1
        await ask(station, SendLocalList(version=version, tags=tuple(part), adds=adds))
        adds = True
    return version
