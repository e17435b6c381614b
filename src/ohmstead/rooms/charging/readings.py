"""Readings: a station's samples gathered by moment, each common quantity in its place."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from ohmstead.rooms.charging.facts import Sample

PERIODIC = "Sample.Periodic"
AHEAD = timedelta(minutes=5)  # how far a station's clock may run ahead of ours
BEHIND = timedelta(days=60)  # how long a station may keep readings while it is out of reach
NOMINAL_V = 230.0

LINES = ("L1", "L2", "L3")
_PLACES: dict[tuple[str, str | None, str], str] = {
    ("Energy.Active.Import.Register", None, "Wh"): "energy_wh",
    ("Power.Active.Import", None, "W"): "power_w",
    ("SoC", None, "Percent"): "soc_percent",
    ("Temperature", None, "Celsius"): "temperature_c",
    **{
        ("Current.Import", name, "A"): f"current_l{n}"
        for n, line in enumerate(LINES, 1)
        for name in (line, line + "-N")
    },
    **{("Voltage", name, "V"): f"voltage_l{n}" for n, line in enumerate(LINES, 1) for name in (line, line + "-N")},
}
_ELSEWHERE = ("Inlet", "Cable")  # a second meter, not the outlet's


class Reading(Struct, gc=False):
    """What was read at one moment: Wh, W, A, V, %, °C. `others` holds every sample without a place here, as
    (measurand, value, unit, phase, location, context, raw), and the wording of converted ones."""

    at: datetime
    context: str | None = None
    energy_wh: float | None = None
    power_w: float | None = None
    current_l1: float | None = None
    current_l2: float | None = None
    current_l3: float | None = None
    voltage_l1: float | None = None
    voltage_l2: float | None = None
    voltage_l3: float | None = None
    soc_percent: float | None = None
    temperature_c: float | None = None
    lines_power_w: float | None = None  # the sum of what was told line by line
    anomaly: str | None = None
    others: list[tuple[Any, ...]] | None = None

    def keep(self, sample: Sample) -> None:
        """Put a sample that has no place, or was converted, with the others."""
        kept = (sample.measurand, sample.value, sample.unit, sample.phase, sample.location, sample.context, sample.raw)
        if self.others is None:
            self.others = [kept]
        else:
            self.others.append(kept)

    def currents(self) -> dict[str, float]:
        """A by line, of the lines that were measured."""
        amps = (("L1", self.current_l1), ("L2", self.current_l2), ("L3", self.current_l3))
        return {line: value for line, value in amps if value is not None}

    def watts(self) -> float | None:
        """The power: as measured, else from the currents at their voltages (230 V where none was told)."""
        if self.power_w is not None or self.lines_power_w is not None:
            return self.power_w if self.power_w is not None else self.lines_power_w
        pairs = (
            (self.current_l1, self.voltage_l1), (self.current_l2, self.voltage_l2), (self.current_l3, self.voltage_l3)
        )  # fmt: skip
        known = [amps * (volts or NOMINAL_V) for amps, volts in pairs if amps is not None]
        return sum(known) if known else None


def readings(samples: Iterable[Sample], received_at: datetime, phases: str | None = None) -> list[Reading]:
    """The samples by moment and context, in the order of the moments. `phases` is the EVSE's."""
    found: dict[tuple[datetime, str | None], Reading] = {}
    at = context = reading = None
    for sample in samples:
        if reading is None or sample.at is not at or sample.context != context:
            at, context = sample.at, sample.context
            reading = _reading(found, at, context, received_at)
        place = _PLACES.get((sample.measurand, sample.phase, sample.unit))
        if place is None or sample.location in _ELSEWHERE or getattr(reading, place) is not None:
            reading.keep(sample)
            _infer(reading, sample, phases)
        else:
            setattr(reading, place, sample.value)
            if sample.raw is not None:
                reading.keep(sample)
    return sorted(found.values(), key=_moment) if len(found) > 1 else list(found.values())


def _reading(
    found: dict[tuple[datetime, str | None], Reading], at: datetime, context: str | None, received_at: datetime
) -> Reading:
    """That of the moment and context, a new one if need be."""
    place = at, None if context == PERIODIC else context
    if place not in found:
        found[place] = Reading(believable(at, received_at), place[1])
    return found[place]


def _infer(reading: Reading, sample: Sample, phases: str | None) -> None:
    """What follows from a sample that has no place: powers by line add up, a current without a line is each line's."""
    if sample.location in _ELSEWHERE:
        return
    if sample.measurand == "Power.Active.Import" and sample.phase in LINES:
        reading.lines_power_w = (reading.lines_power_w or 0.0) + sample.value
    elif sample.measurand == "Current.Import" and sample.phase is None and phases and reading.current_l1 is None:
        for line in range(1, 4 if phases == "three_phase" else 2):
            setattr(reading, f"current_l{line}", sample.value)


def believable(at: datetime, received_at: datetime) -> datetime:
    """The station's moment, or that of receipt where its clock must be wrong (1970, local time sent as UTC)."""
    return at if received_at - BEHIND <= at <= received_at + AHEAD else received_at


def _moment(reading: Reading) -> datetime:
    return reading.at
