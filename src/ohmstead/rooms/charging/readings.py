"""Readings: a station's samples gathered by moment, each common quantity in its place."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from msgspec import Struct, structs

PERIODIC = "Sample.Periodic"
AHEAD = timedelta(minutes=5)  # how far a station's clock may run ahead of ours
BEHIND = timedelta(days=60)  # how long a station may keep readings while it is out of reach
NOMINAL_V = 230.0

LINES = ("L1", "L2", "L3")
POWER, CURRENT = "Power.Active.Import", "Current.Import"
_ELSEWHERE = ("Inlet", "Cable")  # a second meter, not the outlet's


class Sample(Struct, frozen=True, gc=False):
    """One number off a meter, in Wh, W, varh, var, VA, A, V, Percent, Celsius or the unit the station named.

    `raw` keeps the value and unit as sent where they were converted ("1.5 kWh"), else None.
    """

    at: datetime
    measurand: str
    value: float
    unit: str
    phase: str | None = None
    location: str | None = None
    context: str | None = None
    raw: str | None = None


class Reading(Struct, frozen=True, gc=False):
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
    each_line_a: float | None = None  # a current told without its line
    others: tuple[tuple[Any, ...], ...] | None = None

    def on_lines(self, phases: str | None) -> "Reading":
        """With a current that was told without its line on each line of an EVSE of these `phases`."""
        if self.each_line_a is None or self.current_l1 is not None or phases is None:
            return self
        lines = range(1, 4 if phases == "three_phase" else 2)
        return structs.replace(self, **{f"current_l{line}": self.each_line_a for line in lines})

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


_PLACES: dict[tuple[str, str | None, str], str] = {
    ("Energy.Active.Import.Register", None, "Wh"): "energy_wh",
    (POWER, None, "W"): "power_w",
    ("SoC", None, "Percent"): "soc_percent",
    ("Temperature", None, "Celsius"): "temperature_c",
    **{(CURRENT, name, "A"): f"current_l{n}" for n, line in enumerate(LINES, 1) for name in (line, line + "-N")},
    **{("Voltage", name, "V"): f"voltage_l{n}" for n, line in enumerate(LINES, 1) for name in (line, line + "-N")},
}
_QUANTITIES = Reading.__struct_fields__[2:12]
"""Those of a reading that samples can be put to."""


def readings(samples: Iterable[Sample], received_at: datetime) -> tuple[Reading, ...]:
    """The samples by moment and context, in the order of the moments."""
    found: dict[tuple[datetime, str | None], dict[str, Any]] = {}
    at = context = None
    values: dict[str, Any] = {}
    for sample in samples:
        if sample.at is not at or sample.context != context:
            at, context = sample.at, sample.context
            values = found.setdefault((at, _told(context)), {})
        _put(sample, values)
    read = [Reading(believable(at, received_at), context, **values) for (at, context), values in found.items()]
    return tuple(sorted(read, key=_moment)) if len(read) > 1 else tuple(read)


def _put(sample: Sample, values: dict[str, Any]) -> None:
    place = None if sample.location in _ELSEWHERE else _PLACES.get((sample.measurand, sample.phase, sample.unit))
    if place is None or place in values:
        _keep(sample, values)
        _infer(sample, values)
    else:
        values[place] = sample.value
        if sample.raw is not None:
            _keep(sample, values)


def _told(context: str | None) -> str | None:
    return None if context == PERIODIC else context


def _keep(sample: Sample, values: dict[str, Any]) -> None:
    """Put a sample that has no place, or was converted, with the others."""
    kept = (sample.measurand, sample.value, sample.unit, sample.phase, sample.location, sample.context, sample.raw)
    values["others"] = (*values.get("others", ()), kept)


def _infer(sample: Sample, values: dict[str, Any]) -> None:
    """What follows from a sample that has no place: powers by line add up, a current without a line is each line's."""
    if sample.location in _ELSEWHERE:
        return
    if sample.measurand == POWER and sample.phase in LINES:
        values["lines_power_w"] = values.get("lines_power_w", 0.0) + sample.value
    elif sample.measurand == CURRENT and sample.phase is None:
        values.setdefault("each_line_a", sample.value)


class Kind(Struct, frozen=True, gc=False):
    """What a sample is but for its moment and its number, which is in the unit."""

    measurand: str
    unit: str
    phase: str | None = None
    location: str | None = None
    context: str | None = None

    def place(self) -> str | None:
        """The quantity of a reading that it is."""
        return None if self.location in _ELSEWHERE else _PLACES.get((self.measurand, self.phase, self.unit))


class Layout:
    """Where the numbers of one moment go, for meters tell the same for ever. `rest` are those without a place, by their
    index."""

    def __init__(
        self, context: str | None, places: dict[str, int], rest: Sequence[tuple[int, Kind]], count: int
    ) -> None:
        self._context = _told(context)
        self._spread = itemgetter(*(places.get(quantity, count) for quantity in _QUANTITIES))
        self._rest = rest

    def reading(self, at: datetime, numbers: tuple[float, ...], received_at: datetime) -> Reading:
        """The reading that `readings` would make of the samples."""
        others = [(o.measurand, numbers[n], o.unit, o.phase, o.location, o.context, None) for n, o in self._rest]
        quantities = self._spread((*numbers, None))
        return Reading(believable(at, received_at), self._context, *quantities, others=tuple(others) or None)


def layout(kinds: Sequence[Kind]) -> Layout | None:
    """That of samples told together; None where anything follows from them, or their contexts differ."""
    places: dict[str, int] = {}
    rest: list[tuple[int, Kind]] = []
    for index, kind in enumerate(kinds):
        place = kind.place()
        if place is not None and place not in places:
            places[place] = index
        elif kind.measurand in (POWER, CURRENT):
            return None
        else:
            rest.append((index, kind))
    return Layout(kinds[0].context, places, rest, len(kinds)) if len({one.context for one in kinds}) == 1 else None


def believable(at: datetime, received_at: datetime) -> datetime:
    """The station's moment, or that of receipt where its clock must be wrong (1970, local time sent as UTC)."""
    return at if received_at - BEHIND <= at <= received_at + AHEAD else received_at


def _moment(reading: Reading) -> datetime:
    return reading.at
