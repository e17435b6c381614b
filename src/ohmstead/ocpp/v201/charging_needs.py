"""NotifyEVChargingNeeds: a vehicle says when it leaves and what it wants by then (ISO 15118; K15 to K17).

Where load management steers the EVSE its limit is the schedule, and takes the needs into account: Accepted, for it is
told anew, or Processing, for it is told when the session begins. Elsewhere none follows: Rejected. The needs are kept
all the same.
"""

from datetime import datetime, timedelta

from ohmstead.ocpp.v201.types import (
    DCChargingParametersType,
    NotifyEVChargingNeedsRequest,
    NotifyEVChargingNeedsResponse,
    NotifyEVChargingNeedsStatusEnumType,
    StatusInfoType,
)
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.facts import NeedsTold, NeedsVerdict

FARTHEST = timedelta(days=7)
"""Who leaves later than that leaves some day: vehicles write the largest number there is where they do not know."""
MOST_WH = 2_000_000
"""No battery holds more."""


async def answer(request: NotifyEVChargingNeedsRequest, at: Arrival) -> NotifyEVChargingNeedsResponse:
    return answered(await at.rooms.needs_told(told(request, at)))


def told(request: NotifyEVChargingNeedsRequest, at: Arrival) -> NeedsTold:
    """What the vehicle needs, by our clock."""
    needs = request.charging_needs
    ac, dc = needs.ac_charging_parameters, needs.dc_charging_parameters
    return NeedsTold(
        charge_point_id=at.charge_point_id,
        evse_network_id=request.evse_id,
        departure_at=_departure(needs.departure_time, at),
        energy_wh=energy(ac and ac.energy_amount, dc and (dc.energy_amount or _missing(dc))),
        soc_percent=_within(dc and dc.state_of_charge, 100, least=0),
        min_current=_within(ac and ac.ev_min_current, 1000),
        max_current=_within(ac and ac.ev_max_current, 1000),
        received_at=at.received_at,
    )


def answered(verdict: NeedsVerdict) -> NotifyEVChargingNeedsResponse:
    """Whether a schedule follows."""
    return NotifyEVChargingNeedsResponse(status=_STATUS[verdict], status_info=_WHY.get(verdict))


def energy(*said: float | None) -> float | None:
    """Wh, by the first that says. A vehicle that wants 0 and asks all the same does not know."""
    return next((wh for one in said if (wh := _within(one, MOST_WH)) is not None), None)


_STATUS: dict[NeedsVerdict, NotifyEVChargingNeedsStatusEnumType] = {
    "accepted": "Accepted",
    "processing": "Processing",
    "rejected": "Rejected",
    "unknown": "Rejected",
}
_WHY = {
    "rejected": StatusInfoType(reason_code="NoSchedule", additional_info="Nobody makes schedules for the EVSE."),
    "unknown": StatusInfoType(reason_code="UnknownEvse", additional_info="There is no such EVSE."),
}


def _departure(said: datetime | None, at: Arrival) -> datetime | None:
    """By our clock, for the station reckons by its own; None where it has passed, or nobody knows."""
    if said is None or not at.timed(said):
        return None
    meant = at.coming(said)
    return meant if at.received_at < meant <= at.received_at + FARTHEST else None


def _missing(dc: DCChargingParametersType) -> float | None:
    """Wh until the battery is full."""
    soc = _within(dc.state_of_charge, 100, least=0)
    if soc is None or not dc.ev_energy_capacity:
        return None
    full = _within(dc.full_so_c, 100) or 100
    return dc.ev_energy_capacity * max(0.0, full - soc) / 100


def _within(value: float | None, most: float, least: float = 1) -> float | None:
    """None for what cannot be."""
    return float(value) if value is not None and least <= value <= most else None
