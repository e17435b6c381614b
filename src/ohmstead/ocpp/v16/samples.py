"""Sampled values of 1.6 as numbers in base units; defaults of the standard filled in (OCPP 1.6, section 7.43)."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from math import isfinite
from typing import Any

from msgspec.structs import astuple

from ohmstead.ocpp.payload_repair import Note, pointed, shown, unnoted
from ohmstead.ocpp.sample_layouts import layouts
from ohmstead.ocpp.timestamps import When, utc
from ohmstead.ocpp.units import AS_LABELLED, Units, meant
from ohmstead.ocpp.v16.types import MeterValue, SampledValue, TransactionData
from ohmstead.rooms.charging.facts import Meter, SignedReading
from ohmstead.rooms.charging.readings import Kind, Reading, Sample, readings

REGISTER = "Energy.Active.Import.Register"
SIGNED = "SignedData"

_, *_BUT_VALUE = SampledValue.__struct_fields__

Told = Sequence[MeterValue] | Sequence[TransactionData]


def read(
    told: Told, received_at: datetime, units: Units = AS_LABELLED, when: When = utc, note: Note = unnoted
) -> Meter:
    """What the meter said; `when` says which moment is meant by the one it told, `note` hears of odd values."""
    if len(told) == 1 and (reading := at_once(told[0], received_at, units, when)) is not None:
        return (reading,), ()
    return readings(samples(told, units, when, note), received_at), signed(told)


def at_once(
    told: MeterValue | TransactionData, received_at: datetime, units: Units, when: When = utc
) -> Reading | None:
    """All samples of a moment, if there is nothing odd about any: the fast way of nearly all messages."""
    try:
        values, *kinds = zip(*map(astuple, told.sampled_value), strict=True)
        numbers = tuple(map(float, values))
        places = _layout(tuple(kinds), units)
    except ValueError:
        return None
    if places is None or not isfinite(sum(numbers)):
        return None
    return places.reading(when(told.timestamp), numbers, received_at)


def _kind(given: tuple[Any, ...], units: Units) -> Kind | None:
    one = SampledValue(value="", **dict(zip(_BUT_VALUE, given, strict=True)))
    measurand, unit, factor = meant(one.measurand or REGISTER, one.unit, units)
    usual = factor == 1 and one.format != SIGNED
    return Kind(measurand, unit, one.phase, one.location, one.context) if usual else None


_layout = layouts(_kind)


def samples(told: Told, units: Units = AS_LABELLED, when: When = utc, note: Note = unnoted) -> list[Sample]:
    """Every finite number, in the order sent."""
    found: list[Sample] = []
    for reading in told:
        at = when(reading.timestamp)
        for sampled in reading.sampled_value:
            if sampled.format == SIGNED or (value := _number(sampled.value, note)) is None:
                continue
            measurand, unit, factor = meant(sampled.measurand or REGISTER, sampled.unit, units)
            raw = None
            if factor != 1:
                raw, value = f"{sampled.value} {sampled.unit or ''}".rstrip(), round(value * factor, 6)
                if not isfinite(value):
                    continue
            found.append(Sample(at, measurand, value, unit, sampled.phase, sampled.location, sampled.context, raw))
    return found


def signed(told: Told) -> tuple[SignedReading, ...]:
    """The readings that a meter signed, untouched."""
    return tuple(
        [
            SignedReading(utc(reading.timestamp), sampled.value, sampled.measurand or REGISTER, sampled.context)
            for reading in told
            for sampled in reading.sampled_value
            if sampled.format == SIGNED
        ]
    )


def _number(text: str, note: Note) -> float | None:
    """One that is odd is noted, not left out in silence."""
    with suppress(ValueError):
        value = float(text)
        return value if isfinite(value) else note(f"sampledValue {shown(text)} was left out: no number is so large")
    if (meant := pointed(text)) is not None:
        note(f"sampledValue {shown(text)} has a comma for a decimal point")
        return float(meant)
    return note(f"sampledValue {shown(text)} was left out: it is no number")
