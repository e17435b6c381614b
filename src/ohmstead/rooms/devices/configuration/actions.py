"""Actions on configuration: fetch it from the charge point now, and write one variable whether or not it is known."""

from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.devices.commands.actions import station_of, whole_station
from ohmstead.rooms.devices.configuration.reading import Name, change_at
from ohmstead.rooms.devices.configuration.syncing import ask_for, carry_out
from ohmstead.rooms.devices.stations import ChangeConfiguration
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.evses import evse

actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

_EVSE = Statement(
    select(evse.c.network_id).where(
        evse.c.id == bindparam("key", type_=BigInteger),
        evse.c.station_id == bindparam("station", type_=BigInteger),
        evse.c.deleted_at.is_(None),
    )
)


class Wanted(View):
    keys: Annotated[list[Name], Meta(description="The keys to fetch; none fetches all.")] = []


class Synced(View):
    success: Opt[bool] = UNSET
    request_id: Opt[int] = UNSET


class Assignment(View):
    name: Annotated[str, Meta(min_length=1, max_length=50)]
    value: Annotated[str, Meta(max_length=2500)]
    instance: Opt[str] = UNSET
    component_name: Opt[Annotated[str, Meta(description="Needed by OCPP 2.0.1: the component it belongs to.")]] = UNSET
    evse_id: Opt[int] = UNSET


@actions.post("v1.0/{chargePoint}/sync-configuration", "Charge Point / Sync Configuration", body=Wanted, gives=Synced,
              errors=(401, 403, 404, 406, 422, 429), transactions=Transactions.MANUAL)  # fmt: skip
async def sync_configuration(call: Call, wanted: Wanted) -> Synced:
    """Fetch the configuration from the charge point, or some keys of it; it happens by itself after every start. What
    is fetched is told under the request's id."""
    async with call.begin() as tx:
        sync = await ask_for(tx, await whole_station(call, tx), wanted.keys)
    failure = await carry_out(call.begin, sync)
    if failure is not None:
        raise Rejected(str(failure))
    return Synced(success=True, request_id=sync["id"])


@actions.post("v2.0/{chargePoint}/set-configuration", "Charge Point / Set Configuration", body=Assignment,
              errors=(401, 403, 404, 406, 422, 429), transactions=Transactions.MANUAL)  # fmt: skip
async def set_configuration(call: Call, wanted: Assignment) -> None:
    """Write one variable, known to us or not; 406 where the charge point does not take it. Component, instance and
    EVSE are OCPP 2.0.1's: for a 1.6 charge point they mean nothing."""
    async with call.begin() as tx:
        station = await whole_station(call, tx)
        command = await _command(tx, await charge_points.find(call, tx=tx), wanted)
    await change_at(call.begin, station, command)


async def _command(tx: Tx, point: Row, wanted: Assignment) -> ChangeConfiguration:
    if (point["ocpp_version"] or "1.6") == "1.6":
        return ChangeConfiguration(key=wanted.name, value=wanted.value)
    if not wanted.component_name:
        raise Invalid(componentName="The component name field is required.")
    number = None
    if wanted.evse_id is not UNSET:
        number = await tx.value(_EVSE, key=wanted.evse_id, station=station_of(point))
        if number is None:
            raise Invalid(evseId="The selected evse id is invalid.")
    return ChangeConfiguration(
        key=wanted.name,
        value=wanted.value,
        component=wanted.component_name,
        instance=None if wanted.instance is UNSET else wanted.instance,
        evse_network_id=number,
    )
