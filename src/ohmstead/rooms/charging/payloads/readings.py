"""The payload of readings of a session's meter."""

from typing import Annotated, Any

from msgspec import UNSET, Meta

from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.durable_facts import SessionMetered
from ohmstead.rooms.operator.contents import Moment

MEASURANDS = (
    "Energy Consumed", "Energy Active Import Register", "State Of Charge", "Current Import", "Current Offered",
    "Voltage", "Power Active Import", "Temperature", "Power Offered",
)  # fmt: skip
UNITS = ("Wh", "A", "V", "Percent", "Celsius", "W")


def _among(*words: str) -> dict[str, Any]:
    """Of these words, or one of a station's own."""
    return {"anyOf": [{"enum": list(words)}, {"type": "string"}]}


Measurand = Annotated[
    str,
    Meta(
        description="A quantity of OCPP, with spaces for dots, or the station's own; of several lines the highest.",
        extra_json_schema=_among(*MEASURANDS),
    ),
]
Unit = Annotated[str, Meta(extra_json_schema=_among(*UNITS))]


class MeterReading(View):
    timestamp: Opt[Moment] = UNSET
    measurand: Opt[Measurand] = UNSET
    value: Opt[float] = UNSET
    unit: Opt[Unit] = UNSET


class MeterValuesPayload(View):
    charge_point_id: int
    evse_id: int
    session_id: int
    external_session_id: Opt[str] = UNSET
    meter_values: Opt[list[MeterReading]] = UNSET


def meter_values(fact: SessionMetered, at: str) -> MeterValuesPayload | None:
    """Of many readings at once several are told."""
    if not fact.content:
        return None
    return MeterValuesPayload(
        charge_point_id=fact.content["chargePointId"],
        evse_id=fact.evse_id,
        session_id=fact.id,
        external_session_id=fact.content["externalSessionId"] or UNSET,
        meter_values=[_reading(*one) for one in fact.readings],
    )


def _reading(at: str, measurand: str, value: float, unit: str) -> MeterReading:
    return MeterReading(timestamp=at, measurand=measurand, value=value, unit=unit)
