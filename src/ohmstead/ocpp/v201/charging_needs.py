"""NotifyEVChargingNeeds: a vehicle says when it leaves and what it wants by then (ISO 15118; K15 to K17).

Where load management steers the EVSE its limit is the schedule, and takes the needs into account: Accepted, for it is
told anew, or Processing, for it is told when the session begins. Elsewhere none follows: Rejected. The needs are kept
all the same. Of what 2.1 adds, the moment of a message that was kept while the station was offline and the energy of
ISO 15118-20 are read.
"""

from datetime import datetime, timedelta

from ohmstead.ocpp.message import Instant, Message, Whole
from ohmstead.ocpp.v201.types import (
    ChargingNeedsType,
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


class V2XChargingParameters(Message, frozen=True):
    """Of 2.1: what a vehicle of ISO 15118-20 wants, Wh."""

    ev_target_energy_request: float | None = None
    target_so_c: Whole | None = None


class ChargingNeeds(ChargingNeedsType, frozen=True):
    """Of 2.1."""

    v2x_charging_parameters: V2XChargingParameters | None = None


class NotifyEVChargingNeedsLater(NotifyEVChargingNeedsRequest, frozen=True):
    """The request of 2.1; `timestamp` is when the vehicle asked, where the station was offline then."""

    charging_needs: ChargingNeeds
    timestamp: Instant | None = None


async def answer(request: NotifyEVChargingNeedsRequest, at: Arrival) -> NotifyEVChargingNeedsResponse:
    needs = request.charging_needs
    ac, dc = needs.ac_charging_parameters, needs.dc_charging_parameters
    asked_at = request.timestamp if isinstance(request, NotifyEVChargingNeedsLater) else None
    verdict = await at.rooms.needs_told(
        NeedsTold(
            charge_point_id=at.charge_point_id,
            evse_network_id=request.evse_id,
            departure_at=_departure(needs.departure_time, at),
            energy_wh=_energy(needs),
            soc_percent=_within(dc and dc.state_of_charge, 100, least=0),
            min_current=_within(ac and ac.ev_min_current, 1000),
            max_current=_within(ac and ac.ev_max_current, 1000),
            asked_at=None if asked_at is None else min(at.moment(asked_at), at.received_at),
            received_at=at.received_at,
        )
    )
    return NotifyEVChargingNeedsResponse(status=_STATUS[verdict], status_info=_WHY.get(verdict))


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


def _energy(needs: ChargingNeedsType) -> float | None:
    """Wh. A vehicle that wants 0 and asks all the same does not know."""
    ac, dc = needs.ac_charging_parameters, needs.dc_charging_parameters
    later = needs.v2x_charging_parameters if isinstance(needs, ChargingNeeds) else None
    said = (
        ac and ac.energy_amount,
        dc and (dc.energy_amount or _missing(dc)),
        later and later.ev_target_energy_request,
    )
    return next((wh for one in said if (wh := _within(one, MOST_WH)) is not None), None)


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
