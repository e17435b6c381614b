"""Sampled values of 1.6 as numbers in base units; defaults of the standard filled in (OCPP 1.6, section 7.43)."""

from collections.abc import Sequence
from functools import lru_cache
from math import isfinite

from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.v16.types import MeterValue, TransactionData
from ohmstead.rooms.charging.facts import Sample, SignedReading

REGISTER = "Energy.Active.Import.Register"
BASE = {"kWh": "Wh", "kW": "W", "kvarh": "varh", "kvar": "var", "kVA": "VA"}
"""Units a thousand times their base."""
WRITTEN = {
    **{
        unit.lower(): unit
        for unit in (*BASE, *BASE.values(), "A", "V", "K", "Celsius", "Fahrenheit", "Percent", "Hertz")
    },
    "celcius": "Celsius",
    "%": "Percent",
    "hz": "Hertz",
}
"""The unit meant by what stations write, in lower case."""
ASSUMED = {
    "Energy.Reactive": "varh",
    "Energy": "Wh",
    "Power.Reactive": "var",
    "Power.Factor": "",
    "Power": "W",
    "Current": "A",
    "Voltage": "V",
    "Temperature": "Celsius",
    "Frequency": "Hertz",
    "SoC": "Percent",
    "RPM": "RPM",
}
"""The unit of a measurand that comes without one, by how its name begins; the first that fits."""
SIGNED = "SignedData"

Readings = Sequence[MeterValue] | Sequence[TransactionData]


def samples(readings: Readings) -> tuple[Sample, ...]:
    """Every finite number among the readings, in the order sent."""
    found: list[Sample] = []
    for reading in readings:
        at = utc(reading.timestamp)
        for sampled in reading.sampled_value:
            if sampled.format != SIGNED and (value := _number(sampled.value)) is not None:
                measurand, unit, factor = _meant(sampled.measurand, sampled.unit)
                raw = None
                if factor != 1:
                    raw, value = f"{sampled.value} {sampled.unit}", round(value * factor, 6)
                found.append(Sample(at, measurand, value, unit, sampled.phase, sampled.location, sampled.context, raw))
    return tuple(found)


def signed(readings: Readings) -> tuple[SignedReading, ...]:
    """The readings that a meter signed, untouched."""
    return tuple(
        SignedReading(utc(reading.timestamp), sampled.value, sampled.measurand or REGISTER, sampled.context)
        for reading in readings
        for sampled in reading.sampled_value
        if sampled.format == SIGNED
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


@lru_cache(1024)
def _meant(measurand: str | None, unit: str | None) -> tuple[str, str, int]:
    """Measurand, base unit and the factor to it; remembered, for a station says the same for ever."""
    measurand = measurand or REGISTER
    if unit:
        unit = WRITTEN.get(unit.lower(), unit)
    else:
        unit = next((unit for start, unit in ASSUMED.items() if measurand.startswith(start)), "")
    return (measurand, BASE[unit], 1000) if unit in BASE else (measurand, unit, 1)
