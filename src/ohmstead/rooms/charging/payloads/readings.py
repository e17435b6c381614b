"""The payload of readings of a session's meter."""

from typing import Annotated, Any, Literal, get_args

from msgspec import UNSET, Meta

from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.durable_facts import SessionMetered
from ohmstead.rooms.operator.contents import Moment

Measurand = Literal[
    "Energy Consumed", "Energy Active Import Register", "State Of Charge", "Current Import", "Current Offered",
    "Voltage", "Power Active Import", "Temperature", "Power Offered",
]  # fmt: skip
Unit = Literal["Wh", "A", "V", "Percent", "Celsius"]


_MEASURANDS, _UNITS = get_args(Measurand), get_args(Unit)


class MeterReading(View):
    timestamp: Opt[Moment] = UNSET
    measurand: Opt[Annotated[Measurand, Meta(description="Of several lines the highest is told.")]] = UNSET
    value: Opt[float] = UNSET
    unit: Opt[Annotated[Unit, Meta(description="Left out: W.")]] = UNSET


class MeterValuesPayload(View):
    charge_point_id: int
    evse_id: int
    session_id: int
    external_session_id: Opt[str] = UNSET
    meter_values: Opt[list[MeterReading]] = UNSET


def meter_values(fact: SessionMetered, at: str) -> MeterValuesPayload | None:
    """Of many readings at once several are told; of what has no word here, a station's own quantities, nothing."""
    readings = [_reading(*one) for one in fact.readings if one[1] in _MEASURANDS]
    if not fact.content or not readings:
        return None
    return MeterValuesPayload(
        charge_point_id=fact.content["chargePointId"],
        evse_id=fact.evse_id,
        session_id=fact.id,
        external_session_id=fact.content["externalSessionId"] or UNSET,
        meter_values=readings,
    )


def _reading(at: Any, measurand: Any, value: float, unit: Any) -> MeterReading:
    return MeterReading(timestamp=at, measurand=measurand, value=value, unit=unit if unit in _UNITS else UNSET)
