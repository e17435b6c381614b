"""Units of meter values: what stations write, and the base units in which the house counts."""

from functools import lru_cache

from msgspec import Struct

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


def unit_of(written: str | None, measurand: str) -> str:
    """The unit meant by what a station wrote, or left out."""
    if written:
        return WRITTEN.get(written.lower(), written)
    return next((unit for start, unit in ASSUMED.items() if measurand.startswith(start)), "")


class Units(Struct, frozen=True, eq=False):
    """How many Wh and W a station means where it says Wh or W, or nothing; `register` is that of meterStart and
    meterStop (OCPP 1.6), which some stations count differently."""

    energy: int = 1
    power: int = 1
    register: int = 1


def wh(register: int | None, units: Units) -> float | None:
    """A reading of meterStart or meterStop in Wh; None where there is none."""
    return None if register is None else register * units.register


@lru_cache
def units_of(energy: int, power: int, register: int) -> Units:
    """The same object for the same units: `meant` knows them by it."""
    return Units(energy, power, register)


AS_LABELLED = units_of(1, 1, 1)
LONGEST = 100  # characters of a measurand and its unit that are remembered


def meant(measurand: str, written: str | None, units: Units = AS_LABELLED) -> tuple[str, str, int]:
    """Measurand, base unit and the factor to it; remembered, for a station says the same for ever. Long texts are not:
    they would fill the memory."""
    short = len(measurand) + len(written or "") <= LONGEST
    return (_meant if short else _meant.__wrapped__)(measurand, written, units)


@lru_cache(1024)
def _meant(measurand: str, written: str | None, units: Units) -> tuple[str, str, int]:
    unit = unit_of(written, measurand)
    if unit in BASE:
        return measurand, BASE[unit], 1000
    return measurand, unit, {"Wh": units.energy, "W": units.power}.get(unit, 1)
