"""What a station of OCPP 2.0.1 says of itself beside its charges: events, limits of others, its charging profiles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ohmstead.simulator.charging_profile import Profile
from ohmstead.simulator.moments import stamp
from ohmstead.simulator.v201.profiles import wire_of
from ohmstead.simulator.vehicle import MIN_CURRENT, Vehicle

SOURCES = ("EMS", "Other", "SO", "CSO")


def event(
    number: int,
    at: datetime,
    component: str,
    variable: str,
    value: str,
    evse: int = 0,
    connector: int | None = None,
    *,
    code: str | None = None,
    info: str | None = None,
    cleared: bool = False,
) -> dict[str, Any]:
    """One entry of a NotifyEvent under the station's own number; EVSE 0 is the station."""
    place = {"id": evse} | ({} if connector is None else {"connectorId": connector})
    told = {
        "eventId": number,
        "timestamp": stamp(at),
        "trigger": "Alerting",
        "actualValue": value,
        "component": {"name": component} | ({"evse": place} if evse else {}),
        "eventNotificationType": "HardWiredNotification",
        "variable": {"name": variable},
        "cleared": cleared or None,
        "techCode": code,
        "techInfo": info,
    }
    return {name: said for name, said in told.items() if said is not None}


def events(at: datetime, told: Sequence[dict[str, Any]], *, part: int = 0, more: bool = False) -> dict[str, Any]:
    """A NotifyEvent, or one of its parts."""
    return {"generatedAt": stamp(at), "seqNo": part, "tbc": more, "eventData": list(told)}


def limit(amps: float, evse: int, source: str, critical: bool) -> dict[str, Any]:
    """A NotifyChargingLimit of so many A a phase from now on."""
    periods = [{"startPeriod": 0, "limit": amps}]
    return {
        "evseId": evse,
        "chargingLimit": {"chargingLimitSource": source, "isGridCritical": critical},
        "chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}],
    }


def needs(evse: int, vehicle: Vehicle, departs_at: datetime | None, wh: float) -> dict[str, Any]:
    """The NotifyEVChargingNeeds of a vehicle that charges with AC and wants so many Wh."""
    words = {1: "AC_single_phase", 2: "AC_two_phase", 3: "AC_three_phase"}
    takes = {
        "energyAmount": round(wh),
        "evMinCurrent": round(MIN_CURRENT),
        "evMaxCurrent": round(vehicle.max_a),
        "evMaxVoltage": 400,
    }
    told = {"requestedEnergyTransfer": words[vehicle.phases], "acChargingParameters": takes}
    return {"evseId": evse, "chargingNeeds": told | ({"departureTime": stamp(departs_at)} if departs_at else {})}


def report(request: int, profiles: Sequence[Profile]) -> list[dict[str, Any]]:
    """The ReportChargingProfiles of profiles, one for each EVSE, the last not to be continued."""
    places = sorted({profile.connector for profile in profiles})
    return [
        {
            "requestId": request,
            "chargingLimitSource": "CSO",
            "evseId": place,
            "tbc": place != places[-1],
            "chargingProfile": [wire_of(one) for one in profiles if one.connector == place],
        }
        for place in places
    ]
