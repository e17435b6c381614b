"""What a station of OCPP 2.0.1 says of itself beside its charges: events, limits of others, its charging profiles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ohmstead.simulator.charging_profile import Profile
from ohmstead.simulator.moments import stamp
from ohmstead.simulator.v201.profiles import wire_of

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
