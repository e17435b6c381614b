"""Actions on what a station remembers of tags: forget it, and say which list it holds."""

from typing import Annotated

from msgspec import Meta

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import View
from ohmstead.rooms.devices.commands.actions import ask, station_of, whole_station
from ohmstead.rooms.devices.stations import ClearCache, GetLocalListVersion
from ohmstead.rooms.network.charge_points import charge_points

offline_tags = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)


class ListVersion(View):
    list_version: Annotated[int, Meta(description="0 where the list is empty, -1 where the charge point keeps none.")]


@offline_tags.post(
    "v1.0/{chargePoint}/clear-cache",
    "Charge Point / Clear Cache",
    errors=(401, 403, 404, 406, 429),
    transactions=Transactions.MANUAL,
)
async def clear_cache(call: Call) -> None:
    """Let the charge point forget which tags were accepted before."""
    await ask(station_of(await point_of(call)), ClearCache())


@offline_tags.post(
    "v1.0/{chargePoint}/get-local-list-version",
    "Charge Point / Get Local List Version",
    gives=ListVersion,
    errors=(401, 403, 404, 406, 429),
    transactions=Transactions.MANUAL,
)
async def get_local_list_version(call: Call) -> ListVersion:
    """Ask the charge point which list it holds."""
    return ListVersion(list_version=await version_at(station_of(await point_of(call))))


async def point_of(call: Call) -> Row:
    """The charge point that is meant, for a caller who may speak for all that share its connection."""
    async with call.begin() as tx:
        await whole_station(call, tx)
        return await charge_points.find(call, tx=tx)


async def version_at(station: int) -> int:
    """Which list the station says that it holds."""
    version = (await ask(station, GetLocalListVersion())).list_version
    return -1 if version is None else version
