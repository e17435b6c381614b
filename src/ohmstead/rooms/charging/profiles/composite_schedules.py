"""Reading what all charging profiles of a station add up to, as the station itself works it out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import Opt, View, stamp
from ohmstead.rooms.charging.profiles.places import place_of
from ohmstead.rooms.devices.commands.actions import ask
from ohmstead.rooms.devices.profiles.given import Period, periods_shown
from ohmstead.rooms.devices.stations import CompositeSchedule, GetCompositeSchedule

readings = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

A_DAY_S = 86_400


class Span(View):
    evse_network_id: Annotated[int, Meta(ge=0, description="Its number; 0 is the charge point.")] = 0
    duration: Annotated[int, Meta(ge=1, le=2**31 - 1, description="How far to look ahead, s.")] = A_DAY_S
    charging_rate_unit: Opt[Annotated[Literal["A", "W"], Meta(description="What limits shall be given in.")]] = UNSET


class Composite(View):
    evse_network_id: int
    schedule_start: Opt[datetime] = UNSET
    duration: Opt[Annotated[int, Meta(description="s")]] = UNSET
    charging_rate_unit: Opt[Literal["A", "W"]] = UNSET
    min_charging_rate: Opt[float] = UNSET
    charging_schedule_period: list[Period]


class Read(View):
    data: Composite


@readings.post(
    "v1.0/{chargePoint}/get-composite-schedule",
    "Charge Point / Get Composite Schedule",
    body=Span,
    gives=Read,
    errors=(401, 403, 404, 406, 422, 429),
    transactions=Transactions.MANUAL,
)
async def get_composite_schedule(call: Call, span: Span) -> dict[str, Any]:
    """The limits in force from now on; no periods where nothing limits the charge point."""
    async with call.begin() as tx:
        place = await place_of(tx, call, span.evse_network_id, "evseNetworkId")
    command = GetCompositeSchedule(
        evse_network_id=place.number, duration_s=span.duration, unit=span.charging_rate_unit or None
    )
    outcome = await ask(place.station_id, command)
    return {"data": _shown(place.number, outcome.schedule)}


def _shown(number: int, schedule: CompositeSchedule | None) -> dict[str, Any]:
    if schedule is None:
        return {"evseNetworkId": number, "chargingSchedulePeriod": []}
    told = {
        "evseNetworkId": number,
        "scheduleStart": stamp(schedule.starts_at) if schedule.starts_at else None,
        "duration": schedule.duration_s,
        "chargingRateUnit": schedule.unit,
        "minChargingRate": schedule.min_rate,
        "chargingSchedulePeriod": periods_shown(schedule.periods),
    }
    return {name: value for name, value in told.items() if value is not None}
