"""Readings of a connector as the MeterValue of OCPP 1.6 (7.28, 7.33)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ohmstead.simulator.connector import Connector
from ohmstead.simulator.moments import stamp
from ohmstead.simulator.settings import MEASURANDS
from ohmstead.simulator.vehicle import VOLTAGE

BATTERY_V = 400.0  # of a car that takes a direct current
Values = Iterator[dict[str, str]]


def meter_value(
    connector: Connector, at: datetime, context: str, measurands: tuple[str, ...], phases: int
) -> dict[str, Any]:
    """The station's readings at `at`: of the measurands asked for, those that there are just now."""
    sampled = [
        {**value, "measurand": measurand, "context": context}
        for measurand in measurands
        for value in _READINGS[measurand](connector, phases)
    ]
    return {"timestamp": stamp(at), "sampledValue": sampled}


def _energy(connector: Connector, phases: int) -> Values:
    yield {"value": str(int(connector.register_wh)), "unit": "Wh", "location": "Outlet"}


def _current(connector: Connector, phases: int) -> Values:
    if connector.efficiency is not None:
        yield {"value": f"{connector.power_w / BATTERY_V:.1f}", "unit": "A", "location": "Outlet"}
        return
    for phase, amps in zip(("L1", "L2", "L3")[:phases], connector.draw, strict=False):
        yield {"value": f"{amps:.1f}", "unit": "A", "phase": phase, "location": "Outlet"}


def _power(connector: Connector, phases: int) -> Values:
    yield {"value": f"{connector.power_w:.1f}", "unit": "W", "location": "Outlet"}


def _voltage(connector: Connector, phases: int) -> Values:
    if connector.efficiency is not None:
        yield {"value": f"{BATTERY_V:.1f}", "unit": "V", "location": "Outlet"}
        return
    for phase in ("L1-N", "L2-N", "L3-N")[:phases]:
        yield {"value": f"{VOLTAGE:.1f}", "unit": "V", "phase": phase, "location": "Outlet"}


def _soc(connector: Connector, phases: int) -> Values:
    if connector.vehicle:
        yield {"value": str(int(connector.vehicle.soc)), "unit": "Percent", "location": "EV"}


def _offered(connector: Connector, phases: int) -> Values:
    yield {"value": f"{connector.offer.amps:.1f}", "unit": "A", "location": "Outlet"}


_READINGS: dict[str, Callable[[Connector, int], Values]] = dict(
    zip(MEASURANDS, (_energy, _current, _power, _voltage, _soc, _offered), strict=True)
)
