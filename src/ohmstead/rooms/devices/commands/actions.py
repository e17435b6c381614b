"""Actions on the machine: reset, unlock, open and close; each asks the charge point and waits for its answer."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta
from sqlalchemy import bindparam, select

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Forbidden, Invalid, NotFound, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Reply, Transactions
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.devices.stations import (
    ChangeAvailability,
    Command,
    Outcome,
    Reset,
    StationError,
    Unlock,
    stations,
)
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.evses import evse

actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

_EVSE = Statement(
    select(evse.c.network_id, evse.c.station_id).where(
        evse.c.charge_point_id == bindparam("point"),
        evse.c.network_id == bindparam("number"),
        evse.c.deleted_at.is_(None),
    )
)
_EVSES = Statement(
    select(evse.c.network_id).where(evse.c.charge_point_id == bindparam("point"), evse.c.deleted_at.is_(None))
)


class Done(View):
    success: Opt[bool] = UNSET


class Availability(View):
    evse_network_id: Opt[Annotated[int, Meta(description="Only this EVSE; else all of it.")] | None] = UNSET
    type: Annotated[Literal["Inoperative", "Operative"], Meta(description="Closed to charging, or open to it.")]


@actions.post(
    "v1.0/{chargePoint}/reset/{type}",
    "Charge Point / Reset",
    gives=Done,
    choices={"type": ("hard", "soft")},
    transactions=Transactions.MANUAL,
)
async def reset(call: Call) -> Done:
    """Restart it: soft ends sessions in good order first, hard does not wait. `success` says whether it will."""
    async with call.begin() as tx:
        station = await whole_station(call, tx)
    try:
        return Done(success=(await stations.current.call(station, Reset(kind=_kind(call)))).agreed)
    except StationError:
        return Done(success=False)


@actions.post(
    "v1.0/{chargePoint}/reset/{type}/{evse}",
    "Charge Point / EVSE / Reset",
    gives=Done,
    choices={"type": ("hard", "soft")},
    errors=(401, 403, 404, 406, 422, 429),
    transactions=Transactions.MANUAL,
)
async def reset_evse(call: Call) -> Done:
    """Restart the EVSE of this number alone, which takes OCPP 2.0.1: soft when its session has ended, hard at once."""
    outlet = await _outlet(call)
    await ask(outlet["station_id"], Reset(kind=_kind(call), evse_network_id=outlet["network_id"]))
    return Done(success=True)


def _kind(call: Call) -> Literal["hard", "soft"]:
    return "hard" if call.path["type"] == "hard" else "soft"


async def _outlet(call: Call) -> Row:
    """The EVSE of the charge point with the number in the path."""
    async with call.begin() as tx:
        point = await charge_points.find(call, tx=tx)
        outlet = await tx.one(_EVSE, point=point["id"], number=call.number("evse"))
    if outlet is None:
        raise NotFound.model("Evse", call.path["evse"])
    return outlet


@actions.post(
    "v1.0/{chargePoint}/unlock/{evse}",
    "Charge Point / EVSE / Unlock",
    gives=Done,
    errors=(401, 403, 404, 406, 422, 429),
    transactions=Transactions.MANUAL,
)
async def unlock(call: Call) -> Done:
    """Release the cable at the EVSE of this number; a session there ends."""
    outlet = await _outlet(call)
    await ask(outlet["station_id"], Unlock(evse_network_id=outlet["network_id"]))
    return Done(success=True)


@actions.post(
    "v1.0/{chargePoint}/change-availability",
    "Charge Point / Change Availability",
    body=Availability,
    answers={202: None, 204: None},
    errors=(401, 403, 404, 406, 422, 429),
    transactions=Transactions.MANUAL,
)
async def change_availability(call: Call, wanted: Availability) -> Reply:
    """Open it to charging or close it; 204 where it waits for its sessions to end."""
    async with call.begin() as tx:
        point = await charge_points.find(call, tx=tx)
        numbers = [row["network_id"] for row in await tx.all(_EVSES, point=point["id"])]
    number = wanted.evse_network_id or None
    if number is not None and number not in numbers:
        raise Invalid(evseNetworkId="The selected evse network id is invalid.")
    outcomes = [
        await ask(station_of(point), ChangeAvailability(operative=wanted.type == "Operative", evse_network_id=one))
        for one in _meant(point, number, numbers)
    ]
    return Reply(204 if any(one.status == "Scheduled" for one in outcomes) else 202)


def _meant(point: Row, number: int | None, numbers: list[int]) -> list[int | None]:
    """A satellite shares its connection with others: as a whole it is each of its EVSEs."""
    if number is not None or point["ocpp_connected_charge_point_id"] is None:
        return [number]
    return list(numbers)


def station_of(point: Row) -> int:
    """The charge point that holds the OCPP connection."""
    return point["ocpp_connected_charge_point_id"] or point["id"]


async def whole_station(call: Call, tx: Tx) -> int:
    """The charge point that holds the OCPP connection of the one that a call names. What it is told as a whole concerns
    all that share the connection, so the caller needs its rights to that charge point, too; else 403."""
    point = await charge_points.find(call, tx=tx)
    station_id = station_of(point)
    if station_id != point["id"] and call.actor.binding:
        try:
            await charge_points.get(call, station_id, tx, changing=call.operation.method != "GET")
        except NotFound:
            raise Forbidden from None
    return station_id


class Refused(Rejected):
    """A charge point said no, in its own word."""

    def __init__(self, status: str) -> None:
        super().__init__(f"The charge point answered: {status}.")
        self.status_word = status


async def ask(station_id: int, command: Command) -> Outcome:
    """Send a command; Rejected with the reason where it did not reach the station, or the station said no."""
    try:
        outcome = await stations.current.call(station_id, command)
    except StationError as error:
        raise Rejected(str(error)) from None
    if not outcome.agreed:
        raise Refused(outcome.status)
    return outcome
