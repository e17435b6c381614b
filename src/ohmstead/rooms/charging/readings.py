"""Readings: a station's samples gathered by moment, each common quantity in its place."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from msgspec import Struct, structs

PERIODIC, BEGIN, END = "Sample.Periodic", "Transaction.Begin", "Transaction.End"
AHEAD = timedelta(minutes=5)  # how far a station's clock may run ahead of ours
BEHIND = timedelta(days=60)  # how long a station may keep readings while it is out of reach
NOMINAL_V = 230.0

LINES = ("L1", "L2", "L3")
REGISTER, POWER, CURRENT = "Energy.Active.Import.Register", "Power.Active.Import", "Current.Import"
ELSEWHERE = ("Inlet", "Cable")  # a second meter, not the outlet's


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
    """What was read at one moment: Wh, W, A, V, %, °C; an energy or power that was told by phase only is the sum.
    `others` holds every sample that is no column as it was told, as (measurand, value, unit, phase, location, context,
    raw), and the wording of converted ones."""

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
    power_l1: float | None = None
    power_l2: float | None = None
    power_l3: float | None = None
    each_line_a: float | None = None  # a current told without its line
    others: tuple[tuple[Any, ...], ...] | None = None

    def on_lines(self, phases: str | None) -> "Reading":
        """With a current that was told without its line on each line of an EVSE of these `phases`."""
        if self.each_line_a is None or self.current_l1 is not None or phases is None:
            return self
        lines = range(1, 4 if phases == "three_phase" else 2)
        return structs.replace(self, **{f"current_l{line}": self.each_line_a for line in lines})

    def currents(self) -> dict[str, float]:
        """A by line, of the lines that were measured; where no current was, from the power of each line at its voltage
        (230 V where none was told)."""
        amps = (("L1", self.current_l1), ("L2", self.current_l2), ("L3", self.current_l3))
        told = {line: value for line, value in amps if value is not None}
        return told or self._currents_of_powers()

    def _currents_of_powers(self) -> dict[str, float]:
        pairs = (
            ("L1", self.power_l1, self.voltage_l1), ("L2", self.power_l2, self.voltage_l2),
            ("L3", self.power_l3, self.voltage_l3),
        )  # fmt: skip
        return {line: watts / (volts or NOMINAL_V) for line, watts, volts in pairs if watts is not None}

    def watts(self) -> float | None:
        """The power: as measured, else from the currents at their voltages (230 V where none was told)."""
        if self.power_w is not None:
            return self.power_w
        pairs = (
            (self.current_l1, self.voltage_l1), (self.current_l2, self.voltage_l2), (self.current_l3, self.voltage_l3)
        )  # fmt: skip
        known = [amps * (volts or NOMINAL_V) for amps, volts in pairs if amps is not None]
        return sum(known) if known else None


_BY_NAME = {name: line for line in LINES for name in (line, line + "-N")}
"""The line that a phase names."""
_QUANTITIES: dict[tuple[str, str | None, str], str] = {
    (REGISTER, None, "Wh"): "energy_wh",
    (POWER, None, "W"): "power_w",
    ("SoC", None, "Percent"): "soc_percent",
    ("Temperature", None, "Celsius"): "temperature_c",
    **{(CURRENT, name, "A"): f"current_l{line[1]}" for name, line in _BY_NAME.items()},
    **{("Voltage", name, "V"): f"voltage_l{line[1]}" for name, line in _BY_NAME.items()},
    (CURRENT, None, "A"): "each_line_a",
    **{(POWER, name, "W"): f"power_l{line[1]}" for name, line in _BY_NAME.items()},
}
_SUMMED = ((REGISTER, "Wh"), (POWER, "W"))
"""What is the sum of its phases where no total is told."""
_ORDER = Reading.__struct_fields__[2:16]
_PLACES = {key: _ORDER.index(quantity) for key, quantity in _QUANTITIES.items()}
"""Which of the quantities of a reading a sample is."""
_COUNT, _COLUMNS = len(_ORDER), _ORDER.index("power_l1")
"""How many there are, and how many of them are columns; samples of the rest are kept with the others, too."""


def readings(samples: Iterable[Sample], received_at: datetime) -> tuple[Reading, ...]:
    """The samples by moment and context, in the order of the moments."""
    found: dict[tuple[datetime, str | None], list[Sample]] = {}
    at = context = None
    together: list[Sample] = []
    for sample in samples:
        if sample.at is not at or sample.context != context:
            at, context = sample.at, sample.context
            together = found.setdefault((at, _told(context)), [])
        together.append(sample)
    read = [_reading(at, together, received_at) for (at, _), together in found.items()]
    return tuple(sorted(read, key=_moment)) if len(read) > 1 else tuple(read)


def _reading(at: datetime, samples: Sequence[Sample], received_at: datetime) -> Reading:
    """One of samples of one moment; those that were converted are kept with the others as they were sent."""
    places = Layout(samples)
    kept = [one for number, one in enumerate(samples) if one.raw is not None or number in places.rest]
    others = [(o.measurand, o.value, o.unit, o.phase, o.location, o.context, o.raw) for o in kept]
    return places.made(at, tuple([one.value for one in samples]), received_at, others)


def _told(context: str | None) -> str | None:
    return None if context == PERIODIC else context


class Kind(Struct, frozen=True, gc=False):
    """What a sample is but for its moment and its number, which is in the unit."""

    measurand: str
    unit: str
    phase: str | None = None
    location: str | None = None
    context: str | None = None


class Layout:
    """Where the numbers of one moment go, for meters tell the same for ever. `rest` are those without a column, by
    their index."""

    def __init__(self, kinds: Sequence[Kind | Sample]) -> None:
        self._context = _told(kinds[0].context)
        self.rest: dict[int, Kind | Sample] = {}
        none = len(kinds)
        places = [none] * _COUNT
        by_phase = beside = False
        for index, kind in enumerate(kinds):
            outlet, key = kind.location not in ELSEWHERE, (kind.measurand, kind.phase, kind.unit)
            column = _PLACES.get(key) if outlet else None
            if column is None or column >= _COLUMNS or places[column] != none:
                self.rest[index] = kind
                by_phase = by_phase or kind.phase is not None
            if column is not None and places[column] == none:
                places[column] = index
                beside = beside or column >= _COLUMNS
        made = _made(self.rest, places, none) if by_phase else {}
        for number, column in enumerate(made):
            places[column] = none + 1 + number
        self._made = tuple(made.values())
        self._spread = itemgetter(*(places if beside else places[:_COLUMNS]))

    def reading(self, at: datetime, numbers: tuple[float, ...], received_at: datetime) -> Reading:
        """The reading that `readings` would make of the samples."""
        others = [(o.measurand, numbers[n], o.unit, o.phase, o.location, o.context, None) for n, o in self.rest.items()]
        return self.made(at, numbers, received_at, others)

    def made(
        self, at: datetime, numbers: tuple[float, ...], received_at: datetime, others: Sequence[tuple[Any, ...]]
    ) -> Reading:
        """The reading of the numbers and of what follows from them, and of what is kept beside them."""
        made = [round(make([numbers[n] for n in of]), 6) for make, of in self._made] if self._made else ()
        quantities = self._spread((*numbers, None, *made))
        return Reading(believable(at, received_at), self._context, *quantities, others=tuple(others) or None)


Making = tuple[Callable[[list[float]], float], Sequence[int]]


def _made(rest: Mapping[int, Kind | Sample], places: Sequence[int], none: int) -> dict[int, Making]:
    """Of the columns that were told by phase only: how they are made, and of which numbers."""
    made: dict[int, Making] = {}
    for measurand, unit in _SUMMED:
        column = _PLACES[measurand, None, unit]
        parts = {} if places[column] != none else _by_phase(rest, measurand, unit)
        if parts:
            made[column] = (sum, list(parts.values()))
    if any(places[_PLACES[CURRENT, line, "A"]] != none for line in (*LINES, None)):
        return made
    between = _by_phase(rest, CURRENT, "A")
    for line in LINES:
        touching = [index for phase, index in between.items() if line in phase or (phase, line) == ("N", "L1")]
        if touching:
            made[_PLACES[CURRENT, line, "A"]] = (max, touching)
    return made


def _by_phase(rest: Mapping[int, Kind | Sample], measurand: str, unit: str) -> dict[str, int]:
    """The first number of each phase; by lines, or where none is named between lines, or else on the neutral, on which
    some meters with one line tell all."""
    found: dict[str, int] = {}
    for index, kind in rest.items():
        if (kind.measurand, kind.unit) == (measurand, unit) and kind.phase and kind.location not in ELSEWHERE:
            found.setdefault(_BY_NAME.get(kind.phase, kind.phase), index)
    by_line = {phase: index for phase, index in found.items() if phase in LINES}
    return by_line or {phase: index for phase, index in found.items() if phase != "N"} or found


def layout(kinds: Sequence[Kind]) -> Layout | None:
    """That of samples told together; None where their contexts differ."""
    return Layout(kinds) if len({_told(one.context) for one in kinds}) == 1 else None


def first_register(found: Sequence[Reading]) -> float | None:
    """The register's earliest reading, in Wh."""
    return min(((one.at, one.energy_wh) for one in found if one.energy_wh is not None), default=(None, None))[1]


def last_register(found: Sequence[Reading]) -> float | None:
    """The register's reading at the end of a transaction, in Wh: what is called so, else the latest that is not called
    the one of its beginning."""
    read = [(one.context == END, one.at, one.energy_wh) for one in found if one.context != BEGIN]
    return max((one for one in read if one[2] is not None), default=(False, None, None))[2]


def believable(at: datetime, received_at: datetime) -> datetime:
    """The station's moment, or that of receipt where its clock must be wrong (1970, local time sent as UTC)."""
    return at if received_at - BEHIND <= at <= received_at + AHEAD else received_at


def _moment(reading: Reading) -> datetime:
    return reading.at
