"""Sampled values of 2.0.1 in base units; defaults of the standard filled in (OCPP 2.0.1 Part 2, section 2.43)."""

from collections.abc import Sequence
from datetime import datetime
from math import inf, isfinite
from typing import Any

from msgspec.structs import astuple

from ohmstead.ocpp.sample_layouts import LONGEST, Singular, layouts
from ohmstead.ocpp.timestamps import When, utc
from ohmstead.ocpp.units import AS_LABELLED, Units, meant
from ohmstead.ocpp.v201.types import MeterValueType, SampledValueType, UnitOfMeasureType
from ohmstead.rooms.charging.facts import Meter, SignedReading
from ohmstead.rooms.charging.readings import Kind, Reading, Sample, readings

REGISTER = "Energy.Active.Import.Register"
UNSAID = UnitOfMeasureType()
_, *_BUT_VALUE = SampledValueType.__struct_fields__


def read(told: Sequence[MeterValueType], received_at: datetime, units: Units = AS_LABELLED, when: When = utc) -> Meter:
    """What the meter said; `when` says which moment is meant by the one it told."""
    if len(told) == 1 and (reading := at_once(told[0], received_at, units, when)) is not None:
        return (reading,), ()
    return readings(samples(told, units, when), received_at), signed(told)


def at_once(told: MeterValueType, received_at: datetime, units: Units, when: When = utc) -> Reading | None:
    """All samples of a moment, if there is nothing odd about any: the fast way of nearly all messages."""
    try:
        numbers, *kinds = zip(*map(astuple, told.sampled_value), strict=True)
        places = _layout(tuple(kinds), units)
    except (TypeError, ValueError):  # custom data, which cannot be hashed; no sample at all
        return None
    if places is None or not isfinite(sum(numbers)):
        return None
    return places.reading(when(told.timestamp), numbers, received_at)


def _kind(given: tuple[Any, ...], units: Units) -> Kind | None:
    one = SampledValueType(value=0.0, **dict(zip(_BUT_VALUE, given, strict=True)))
    if one.signed_meter_value or one.custom_data is not None:
        raise Singular
    measure = one.unit_of_measure or UNSAID
    if len(measure.unit or "") > LONGEST or measure.custom_data is not None:
        raise Singular
    measurand, unit, factor = meant(one.measurand or REGISTER, measure.unit, units)
    usual = factor == 1 and not measure.multiplier
    return Kind(measurand, unit, one.phase, one.location, one.context) if usual else None


_layout = layouts(_kind)


def samples(told: Sequence[MeterValueType], units: Units = AS_LABELLED, when: When = utc) -> list[Sample]:
    """Every finite number, in the order sent."""
    found = [_sample(when(one.timestamp), sampled, units) for one in told for sampled in one.sampled_value]
    return [sample for sample in found if isfinite(sample.value)]


def signed(told: Sequence[MeterValueType]) -> tuple[SignedReading, ...]:
    """The readings that a meter signed, untouched."""
    return tuple(
        [
            SignedReading(
                utc(reading.timestamp),
                sampled.signed_meter_value.signed_meter_data,
                sampled.measurand or REGISTER,
                sampled.context,
            )
            for reading in told
            for sampled in reading.sampled_value
            if sampled.signed_meter_value
        ]
    )


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
