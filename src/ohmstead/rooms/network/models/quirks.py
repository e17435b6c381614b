"""Quirks: how the charge points of a model differ from what OCPP says, as data. What is not set is as OCPP has it."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta

from ohmstead.kit.views import Opt, View

Seconds = Annotated[int, Meta(ge=0, le=604_800)]
EnergyUnit = Literal["Wh", "kWh"]


class Quirks(View):
    """See the module. Times in s."""

    # the line
    assume_protocol: Opt[
        Annotated[
            Literal["ocpp 1.6", "ocpp 2.0.1"],
            Meta(description="What it speaks where it offers no WebSocket subprotocol, or none that exists."),
        ]
    ] = UNSET
    ping_interval: Opt[Annotated[Seconds, Meta(description="s between WebSocket pings; 0: none.")]] = UNSET
    call_timeout: Opt[
        Annotated[int, Meta(ge=1, le=600, description="s it may take to answer a command; else the system's setting.")]
    ] = UNSET
    silence_limit: Opt[
        Annotated[Seconds, Meta(description="s without a message until its connection counts as dead; 0: never.")]
    ] = UNSET
    # its beginning
    boot_timeout: Opt[
        Annotated[Seconds, Meta(description="s to wait for its BootNotification before it is asked for one.")]
    ] = UNSET
    waits_for_boot: Opt[
        Annotated[bool, Meta(description="Commands wait until it booted, or the boot timeout is over.")]
    ] = UNSET
    password_as_hex: Opt[
        Annotated[bool, Meta(description="A new password is written to it in hexadecimal (OCPP 1.6 security, A01).")]
    ] = UNSET
    # its numbers
    meter_energy_unit: Opt[
        Annotated[EnergyUnit, Meta(description="The unit of meter values that are labelled Wh, or not at all.")]
    ] = UNSET
    meter_power_unit: Opt[
        Annotated[Literal["W", "kW"], Meta(description="The unit of meter values labelled W, or not at all.")]
    ] = UNSET
    transaction_energy_unit: Opt[
        Annotated[EnergyUnit, Meta(description="The unit of meterStart and meterStop (OCPP 1.6).")]
    ] = UNSET
    # its charging profiles
    charging_rate_unit: Opt[
        Annotated[Literal["A", "W"], Meta(description="The only unit of limits that it takes, whatever it says.")]
    ] = UNSET
    profile_purposes: Opt[
        Annotated[
            list[Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]],
            Meta(min_length=1, description="The only kinds of charging profiles that it takes."),
        ]
    ] = UNSET
    max_schedule_periods: Opt[
        Annotated[int, Meta(ge=1, le=1000, description="The most periods of a schedule that it takes.")]
    ] = UNSET
    profile_kinds: Opt[
        Annotated[
            list[Literal["Absolute", "Recurring", "Relative"]],
            Meta(min_length=1, description="The only kinds of schedules that it takes."),
        ]
    ] = UNSET
    max_stack_level: Opt[
        Annotated[int, Meta(ge=0, le=1000, description="The highest stack level that it takes, whatever it says.")]
    ] = UNSET
    max_offline_duration: Opt[
        Annotated[bool, Meta(description="Its limits can end by its own count of time offline (OCPP 2.1).")]
    ] = UNSET
    dynamic_profiles: Opt[Annotated[bool, Meta(description="It takes profiles of the kind Dynamic (OCPP 2.1).")]] = (
        UNSET
    )
    efficiency_percent: Opt[
        Annotated[float, Meta(ge=50, le=100, description="What its DC EVSEs give of what they take from the grid, %.")]
    ] = UNSET
    switches_phases: Opt[Annotated[bool, Meta(description="It charges on one of three phases where told to.")]] = UNSET
    # how it follows limits
    reaction: Opt[Annotated[int, Meta(ge=5, le=120, description="s until a car there has followed a lower limit.")]] = (
        UNSET
    )
    resolution: Opt[
        Annotated[float, Meta(ge=0.1, le=4, description="A to which it rounds limits; whole multiples are sent.")]
    ] = UNSET
    rounding: Opt[Annotated[Literal["down", "nearest", "up"], Meta(description="How it rounds to its resolution.")]] = (
        UNSET
    )
    fallback_current: Opt[
        Annotated[float, Meta(ge=6, le=32, description="A it is left with where 0 A would end each start.")]
    ] = UNSET
    drops_limits_offline: Opt[
        Annotated[bool, Meta(description="Its limits are gone while its connection is away.")]
    ] = UNSET


NONE = Quirks()


def kept(quirks: Quirks) -> dict[str, Any] | None:
    """As they are kept, camelCase; None where nothing is set."""
    return msgspec.to_builtins(quirks) or None


def quirks_of(stored: dict[str, Any] | None) -> Quirks:
    """What is kept of a model, or of none, as quirks."""
    return msgspec.convert(stored, Quirks) if stored else NONE


def objections(quirks: Quirks) -> Iterator[tuple[str, str]]:
    """(field, text) of what cannot be worked with."""
    purposes = quirks.profile_purposes or []
    if len(set(purposes)) < len(purposes):
        yield "profilePurposes", "Each purpose may be given once."
    kinds = quirks.profile_kinds or []
    if len(set(kinds)) < len(kinds):
        yield "profileKinds", "Each kind may be given once."
    if set(kinds) == {"Recurring"}:
        yield "profileKinds", "Limits of the moment take Absolute or Relative."
    if quirks.rounding and not quirks.resolution:
        yield "rounding", "Who rounds has a resolution."
    if quirks.max_schedule_periods == 1 and purposes and not {"TxDefaultProfile", "TxProfile"} <= set(purposes):
        yield (
            "maxSchedulePeriods",
            "A limit must end by itself: that takes two periods, or a TxProfile above a TxDefaultProfile.",
        )
    if quirks.waits_for_boot and quirks.boot_timeout == 0:
        yield "bootTimeout", "Who waits for a boot has to wait longer than 0 s."
