"""Sampled values of 2.0.1 in base units; defaults of the standard filled in (OCPP 2.0.1 Part 2, section 2.43)."""

from collections.abc import Sequence
from datetime import datetime
from math import inf, isfinite

from ohmstead.ocpp.timestamps import When, utc
from ohmstead.ocpp.units import AS_LABELLED, Units, meant
from ohmstead.ocpp.v201.types import MeterValueType, SampledValueType, UnitOfMeasureType
from ohmstead.rooms.charging.facts import Sample, SignedReading

REGISTER = "Energy.Active.Import.Register"
UNSAID = UnitOfMeasureType()


def samples(readings: Sequence[MeterValueType], units: Units = AS_LABELLED, when: When = utc) -> tuple[Sample, ...]:
    """Every finite number among the readings, in the order sent; `when` says which moment theirs is."""
    found: list[Sample] = []
    for reading in readings:
        at = when(reading.timestamp)
        sampled = (_sample(at, one, units) for one in reading.sampled_value)
        found += [one for one in sampled if isfinite(one.value)]
    return tuple(found)


def signed(readings: Sequence[MeterValueType]) -> tuple[SignedReading, ...]:
    """The readings that a meter signed, untouched."""
    return tuple(
        SignedReading(
            utc(reading.timestamp),
            sampled.signed_meter_value.signed_meter_data,
            sampled.measurand or REGISTER,
            sampled.context,
        )
        for reading in readings
        for sampled in reading.sampled_value
        if sampled.signed_meter_value
    )


def first_register(found: Sequence[Sample]) -> float | None:
    """The register's earliest reading, in Wh."""
    return min(_registers(found), default=(None, None))[1]


def last_register(found: Sequence[Sample]) -> float | None:
    """The register's latest reading, in Wh."""
    return max(_registers(found), default=(None, None))[1]


def _registers(found: Sequence[Sample]) -> list[tuple[datetime, float]]:
    whole = (one for one in found if one.measurand == REGISTER and one.unit == "Wh" and one.phase is None)
    return [(one.at, one.value) for one in whole]


def _sample(at: datetime, sampled: SampledValueType, units: Units) -> Sample:
    told = sampled.unit_of_measure or UNSAID
    measurand, unit, factor = meant(sampled.measurand or REGISTER, told.unit, units)
    value, raw = sampled.value, None
    if factor != 1 or told.multiplier:
        value = _scaled(value * factor, told.multiplier or 0)
        raw = f"{sampled.value:g} {told.unit or unit}*10^{told.multiplier or 0}"
    return Sample(at, measurand, value, unit, sampled.phase, sampled.location, sampled.context, raw)


def _scaled(value: float, power: int) -> float:
    """Times ten to the power of; infinite where no number is so large."""
    try:
        return round(value * 10.0**power, 6)
    except OverflowError:
        return inf
