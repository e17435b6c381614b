"""Smart-charging details of a charge point: four modes, which fields each asks for, and what they must satisfy."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.validation import label
from ohmstead.kit.views import Opt, ReadOnly, View
from ohmstead.rooms.network.wiring import Configuration, ConnectedPhase, PhaseRotation, Phases, Voltage, misfits

Mode = Annotated[
    Literal["disabled", "dynamic", "tod", "user_schedule"],
    Meta(
        description="dynamic: part of load management; tod: limits by the hour of the day as well; user_schedule: a "
        "personal charge point follows its owner's schedule."
    ),
]
WeekDay = Literal["all", "mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HourText = Annotated[str, Meta(description="Time of day, 24 hours, HH:MM.")]
Amps = Annotated[float, Meta(ge=0, description="A a phase.")]

NONE = {"mode": "disabled"}
COMMERCIAL = ("private", "public")
_NEEDS = ("default_charge_point_max_current", "max_voltage", "phases", "phase_rotation")
_NEEDED = {
    "disabled": (),
    "dynamic": _NEEDS,
    "tod": _NEEDS,
    "user_schedule": (*_NEEDS, "min_current", "enable_keep_awake"),
}
_SHOWN = ("circuit_id", "outside_limits", "set_apart", "steering")  # and never taken in
_EVERYWHERE = ("mode", "preconditioning_time")
_ONLY = {"periods": "tod", "allow_dynamic_load_management": "user_schedule"}
_HOUR = re.compile(r"^([01]\d|2[0-3]):00$")


class Hour(View):
    start_at: HourText
    end_at: HourText
    max_current: Opt[Annotated[float, Meta(ge=0, description="A a phase; without it the default counts.")] | None] = (
        UNSET
    )


class Period(View):
    week_day: WeekDay
    elements: list[Hour]


class OutsidePeriod(View):
    start_period: Annotated[int, Meta(description="Seconds from the schedule's start.")]
    limit: Annotated[float, Meta(description="A for each phase, or W in all.")]
    number_phases: Opt[int] = UNSET


class OutsideSchedule(View):
    schedule_start: Opt[datetime] = UNSET
    duration: Opt[Annotated[int, Meta(description="s")]] = UNSET
    charging_rate_unit: Literal["A", "W"]
    schedule_periods: list[OutsidePeriod]


class OutsideLimit(View):
    """What somebody else leaves the charge point to draw, as it told us (OCPP 2.0.1)."""

    source: Annotated[str, Meta(description="EMS: energy management on the spot; SO: a system operator; or Other.")]
    evse_network_id: Annotated[int, Meta(description="0 is the whole charge point.")]
    grid_critical: bool
    told_at: datetime
    schedules: Annotated[list[OutsideSchedule], Meta(description="None where it did not tell how much.")]


class SetApart(View):
    """An EVSE that load management cannot steer as it is wired: as much as it can draw is kept free for it."""

    evse_id: int
    why: str


class Standing(View):
    """Whether an EVSE does what load management tells it."""

    evse_id: int
    state: Annotated[
        Literal["obeys", "disobeys", "refuses", "forgets"],
        Meta(
            description="disobeys: it accepts limits and draws more; refuses: it accepts none; forgets: it does not "
            "keep what holds between sessions. For all but the first its rating is reserved."
        ),
    ]
    found_out: Annotated[int, Meta(description="How often it was found to disobey.")]


class SmartCharging(View):
    mode: Opt[Mode] = UNSET
    default_charge_point_max_current: Opt[Amps] = UNSET
    circuit_id: ReadOnly[Opt[int | None]] = UNSET
    periods: Opt[list[Period]] = UNSET
    preconditioning_time: Opt[
        Annotated[int, Meta(ge=0, description="Minutes before departure from which it charges with all its power.")]
    ] = UNSET
    min_current: Opt[Amps | None] = UNSET
    enable_keep_awake: Opt[
        Annotated[bool, Meta(description="Trickle in the pauses of a schedule, so that the car stays awake.")] | None
    ] = UNSET
    max_voltage: Opt[Voltage] = UNSET
    electrical_configuration: Opt[Configuration] = UNSET
    phases: Opt[Phases] = UNSET
    phase_rotation: Opt[PhaseRotation | None] = UNSET
    connected_phase: Opt[ConnectedPhase | None] = UNSET
    allow_dynamic_load_management: Opt[
        Annotated[bool, Meta(description="Whether a personal charge point may hang on a circuit.")]
    ] = UNSET
    outside_limits: ReadOnly[Opt[list[OutsideLimit]]] = UNSET
    set_apart: ReadOnly[Opt[list[SetApart]]] = UNSET
    steering: ReadOnly[Opt[list[Standing]]] = UNSET


def objections(details: SmartCharging, charge_point_type: str) -> Iterator[tuple[str, str]]:
    """(API field, text) of all that is wrong with the details of a charge point of a type."""
    if details.mode is UNSET:
        yield "mode", "The mode field is required."
        return
    allowed = ("personal",) if details.mode == "user_schedule" else COMMERCIAL
    if details.mode != "disabled" and charge_point_type not in allowed:
        yield "mode", f"The mode {details.mode} is for {' and '.join(allowed)} charge points."
    names = dict(zip(details.__struct_fields__, details.__struct_encode_fields__, strict=True))
    for name in _NEEDED[details.mode]:
        if getattr(details, name) is UNSET:
            yield names[name], f"The {label(names[name])} field is required."
    if details.mode == "user_schedule" and details.min_current is None:
        yield "minCurrent", "The min current field is required."
    yield from _electrical(details)
    if details.mode == "tod" and details.periods is not UNSET:
        yield from _hours(details.periods)


def kept(details: SmartCharging) -> dict[str, Any]:
    """The details worth keeping: attribute -> value of those that belong to the mode and were given."""
    names = details.__struct_fields__ if details.mode != "disabled" else _EVERYWHERE
    values = {name: getattr(details, name) for name in names if _ONLY.get(name, details.mode) == details.mode}
    return {name: value for name, value in values.items() if value is not UNSET and name not in _SHOWN}


def _electrical(details: SmartCharging) -> Iterator[tuple[str, str]]:
    if details.phases is not UNSET:
        configuration = "star" if details.electrical_configuration is UNSET else details.electrical_configuration
        for text in misfits(details.phases, details.connected_phase or None, configuration):
            yield "connectedPhase", text
    least, most = details.min_current, details.default_charge_point_max_current
    if isinstance(least, float) and isinstance(most, float) and least > most:
        yield "minCurrent", "The min current may not be greater than the default charge point max current."


def _hours(periods: list[Period]) -> Iterator[tuple[str, str]]:
    """Whole hours, each once a day, and the same ones on every day of the week."""
    days = [period.week_day for period in periods]
    if len(set(days)) < len(days) or ("all" in days and len(days) > 1):
        yield "periods", "Each week day may be given once; `all` stands alone."
    elif periods and "all" not in days and len(days) < 7:
        yield "periods", "The periods must be given for every day of the week."
    for number, period in enumerate(periods):
        starts = [hour.start_at for hour in period.elements]
        if len(set(starts)) < len(starts):
            yield f"periods.{number}.elements", "The hours of a day may not overlap."
        if set(starts) != {hour.start_at for hour in periods[0].elements}:
            yield f"periods.{number}.elements", "The hours must be the same for every day of the week."
        for place, hour in enumerate(period.elements):
            if not _is_hour(hour):
                yield (
                    f"periods.{number}.elements.{place}",
                    "A period must be one whole hour, for example 07:00 to 08:00.",
                )


def _is_hour(hour: Hour) -> bool:
    if not _HOUR.match(hour.start_at):
        return False
    following = int(hour.start_at[:2]) + 1
    return hour.end_at == f"{following:02}:00" or (following == 24 and hour.end_at == "00:00")
