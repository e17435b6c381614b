"""Readings of a connector as the MeterValue of OCPP 2.0.1 (Part 2, 2.43): those of 1.6, with numbers for values."""

from datetime import datetime
from typing import Any

from ohmstead.simulator.connector import Connector
from ohmstead.simulator.v16 import metering


def meter_value(
    connector: Connector, at: datetime, context: str, measurands: tuple[str, ...], phases: int
) -> dict[str, Any]:
    """The station's readings at `at`: of the measurands asked for, those that there are just now."""
    reading = metering.meter_value(connector, at, context, measurands, phases)
    return {**reading, "sampledValue": [_sampled(one) for one in reading["sampledValue"]]}


def _sampled(one: dict[str, str]) -> dict[str, Any]:
    rest = {name: word for name, word in one.items() if name not in ("value", "unit")}
    return {"value": float(one["value"]), "unitOfMeasure": {"unit": one["unit"]}, **rest}
