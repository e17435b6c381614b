"""Limits of charging profiles from A to W and back."""

from collections.abc import Mapping
from math import sqrt
from typing import Any, Literal

from msgspec.structs import replace

from ohmstead.rooms.devices.stations import ChargingProfile

SAG = 0.9  # how far a voltage may fall (EN 50160)
HIGHEST_TO_NEUTRAL_V = 277.0  # what is higher is between lines
LEAST_EFFICIENCY = 0.9  # of a DC EVSE of which nothing is said
LINES = {"single_phase": 1, "split_phase": 2, "three_phase": 3}


def watts_an_amp(lines: int, details: Mapping[str, Any], sag: float = SAG) -> float:
    """W of a charge of 1 A on each of so many lines, by a charge point's smart-charging details.

    So few that no line carries more than is meant even at the lowest voltage; three lines carry the square root of 3
    times what the voltage between two of them gives."""
    delta = details.get("electricalConfiguration") == "delta"
    usual = "400" if lines == 3 and not delta else "230"
    volts = sag * float((details.get("maxVoltage") or usual).split("-")[0])
    if lines == 3:
        return volts * sqrt(3)
    return volts / sqrt(3) if lines == 1 and volts > sag * HIGHEST_TO_NEUTRAL_V else volts


def in_unit(
    profile: ChargingProfile, unit: Literal["A", "W"], lines: int, details: Mapping[str, Any]
) -> ChargingProfile:
    """The profile in A for each of `lines`, or in W for all of them; a period may name fewer. A become as few W as no
    line carries more by, W become A at the nominal voltage."""
    if profile.unit == unit:
        return profile

    def limit(given: float, phases: int | None) -> float:
        used = min(phases or lines, lines)
        if unit == "W":
            return given * watts_an_amp(used, details)
        return given / watts_an_amp(used, details, sag=1)

    return replace(
        profile,
        unit=unit,
        periods=tuple(replace(one, limit=limit(one.limit, one.phases)) for one in profile.periods),
        min_rate=None if profile.min_rate is None else limit(profile.min_rate, None),
    )
