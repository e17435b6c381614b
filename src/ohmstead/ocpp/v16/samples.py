"""Sampled values of 1.6 as numbers in base units; defaults of the standard filled in (OCPP 1.6, section 7.43)."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite

from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.units import in_base, unit_of
from ohmstead.ocpp.v16.types import MeterValue, SampledValue, TransactionData
from ohmstead.rooms.charging.facts import Sample, SignedReading

REGISTER = "Energy.Active.Import.Register"
SIGNED = "SignedData"

Readings = Sequence[MeterValue] | Sequence[TransactionData]


def samples(readings: Readings) -> tuple[Sample, ...]:
    """Every finite number among the readings, in the order sent."""
    found = (_sample(utc(reading.timestamp), sampled) for reading in readings for sampled in reading.sampled_value)
    return tuple(sample for sample in found if sample is not None)


def signed(readings: Readings) -> tuple[SignedReading, ...]:
    """The readings that a meter signed, untouched."""
    return tuple(
        SignedReading(utc(reading.timestamp), sampled.value, sampled.measurand or REGISTER, sampled.context)
        for reading in readings
        for sampled in reading.sampled_value
        if sampled.format == SIGNED
    )


def _sample(at: datetime, sampled: SampledValue) -> Sample | None:
    if sampled.format == SIGNED or (value := _number(sampled.value)) is None:
        return None
    measurand = sampled.measurand or REGISTER
    written = unit_of(sampled.unit, measurand)
    value, unit = in_base(value, written)
    raw = None if unit == written else f"{sampled.value} {sampled.unit}"
    return Sample(at, measurand, value, unit, sampled.phase, sampled.location, sampled.context, raw)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
