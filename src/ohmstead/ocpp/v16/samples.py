"""Sampled values of 1.6 as numbers in base units; defaults of the standard filled in (OCPP 1.6, section 7.43)."""

from collections.abc import Sequence
from math import isfinite

from ohmstead.ocpp.timestamps import When, utc
from ohmstead.ocpp.units import AS_LABELLED, Units, meant
from ohmstead.ocpp.v16.types import MeterValue, TransactionData
from ohmstead.rooms.charging.facts import Sample, SignedReading

REGISTER = "Energy.Active.Import.Register"
SIGNED = "SignedData"

Readings = Sequence[MeterValue] | Sequence[TransactionData]


def samples(readings: Readings, units: Units = AS_LABELLED, when: When = utc) -> tuple[Sample, ...]:
    """Every finite number among the readings, in the order sent; `when` says which moment theirs is."""
    found: list[Sample] = []
    for reading in readings:
        at = when(reading.timestamp)
        for sampled in reading.sampled_value:
            if sampled.format == SIGNED or (value := _number(sampled.value)) is None:
                continue
            measurand, unit, factor = meant(sampled.measurand or REGISTER, sampled.unit, units)
            raw = None
            if factor != 1:
                raw, value = f"{sampled.value} {sampled.unit or ''}".rstrip(), round(value * factor, 6)
                if not isfinite(value):
                    continue
            found.append(Sample(at, measurand, value, unit, sampled.phase, sampled.location, sampled.context, raw))
    return tuple(found)


def signed(readings: Readings) -> tuple[SignedReading, ...]:
    """The readings that a meter signed, untouched."""
    found = [
        (reading, sampled) for reading in readings for sampled in reading.sampled_value if sampled.format == SIGNED
    ]
    return tuple(
        SignedReading(utc(reading.timestamp), sampled.value, sampled.measurand or REGISTER, sampled.context)
        for reading, sampled in found
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
