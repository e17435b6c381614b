"""The shapes of circuits: v2.0, and v1.0 that named its phases by number and carried its charge points inline."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta

from ohmstead.kit.views import Deprecated, Id, Opt, Priority, ReadOnly, View

Phases = Literal["single_phase", "three_phase", "split_phase"]
Rotation = Literal["RST", "RTS", "SRT", "STR", "TRS", "TSR"]
Voltage = Literal["230", "380", "400", "480", "120", "208", "240", "110-130", "220-240", "277"]
Line = Literal["L1", "L2", "L3"]
Amps = Annotated[float, Meta(ge=0, description="A on each line.")]
Threshold = Annotated[float, Meta(ge=5, le=95, multiple_of=5, description="State of charge, %.")]


class EvsePriority(View):
    id: int
    priority: float


class ChargePointPriority(View):
    id: Id
    priority: Opt[float] = UNSET
    evses: Opt[list[EvsePriority]] = UNSET


class UserPriority(View):
    id: Id
    target_id: Annotated[int, Meta(description="The user group a user is in, or the partner that invited the user.")]
    type: Literal["partner", "userGroup"]
    priority: Priority


class SocPriorities(View):
    """Weights by state of charge: one above the upper threshold, one below the lower, else 1."""

    upper_threshold_percent: Opt[Threshold | None] = UNSET
    high_soc_priority: Opt[Priority] = msgspec.field(default=UNSET, name="highSoCPriority")
    lower_threshold_percent: Opt[Threshold | None] = UNSET
    low_soc_priority: Opt[Priority] = msgspec.field(default=UNSET, name="lowSoCPriority")


class Load(View):
    phase: Line
    consumption: Opt[Annotated[float, Meta(description="A")]] = UNSET
    last_updated_at: Opt[ReadOnly[Annotated[datetime, Meta(description="When it was measured.")]]] = UNSET
    is_measured: Opt[
        ReadOnly[Annotated[bool, Meta(description="False: nothing was measured for long, and this is what may flow.")]]
    ] = UNSET


class IntegrationFields(View):
    start_date: Opt[Annotated[date | None, Meta(description="DREEV: its schedules apply from this day.")]] = UNSET
    installation_id: Opt[Annotated[UUID, Meta(description="Zaptec: the installation that is this circuit.")]] = UNSET


class LoadBalancingIntegration(View):
    id: Opt[Annotated[int | None, Meta(description="1: DREEV, 2: Zaptec, 3: your own; null: none.")]] = UNSET
    fields: Opt[IntegrationFields | None] = UNSET


class Circuit(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    parent_circuit_id: Opt[Annotated[int | None, Meta(description="The circuit that feeds this one.")]] = UNSET
    phases: Phases
    phase_rotation: Opt[
        Annotated[Rotation, Meta(description="Which of the parent's R, S, T (L1, L2, L3) arrive as L1, L2, L3 here.")]
    ] = UNSET
    connected_phase: Opt[
        Annotated[Literal["L1", "L2", "L3", "L1_L2", "L1_L3", "L2_L3"], Meta(description="The parent's lines in use.")]
    ] = UNSET
    electrical_configuration: Opt[
        Annotated[Literal["star", "delta"], Meta(description="star: TN system; delta: IT system.")]
    ] = UNSET
    max_voltage: Opt[Voltage | None] = UNSET
    max_current: Amps
    min_charge_point_current: Opt[Amps | None] = UNSET
    set_session_limit_to_zero_on_idle: Opt[Deprecated[bool]] = UNSET
    electricity_meter_id: Opt[int | None] = UNSET
    offline_reserved_current: Opt[Amps | None] = UNSET
    load_balancing_integration: Opt[LoadBalancingIntegration | None] = UNSET
    last_updated_at: Opt[ReadOnly[datetime]] = UNSET
    charge_point_priorities: Opt[ReadOnly[list[ChargePointPriority] | None]] = UNSET
    user_priorities: Opt[ReadOnly[list[UserPriority] | None]] = UNSET
    soc_priorities: Opt[ReadOnly[SocPriorities | None]] = UNSET
    consumption: Opt[ReadOnly[list[Load] | None]] = UNSET
    unmanaged_load: Opt[ReadOnly[list[Load] | None]] = UNSET


class ChargePointV1(View):
    id: int
    max_current: Annotated[float, Meta(gt=0, description="A")]
    phases: Literal["1", "3"]
    input_voltage: Literal["110-130", "220-240", "380", "400"]
    phase_rotation: Annotated[
        Literal["L1", "L2", "L3", "RST", "RTS", "SRT", "STR", "TRS", "TSR"],
        Meta(description="The line a single-phase charge point is on, or the order of a three-phase one's lines."),
    ]


class CircuitV1(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    phases: Literal["1", "3"]
    max_current: Amps
    min_charge_point_current: Opt[Amps] = UNSET
    set_session_limit_to_zero_on_idle: Opt[Deprecated[bool]] = UNSET
    charge_points: list[ChargePointV1]
    last_updated_at: Opt[ReadOnly[datetime]] = UNSET
