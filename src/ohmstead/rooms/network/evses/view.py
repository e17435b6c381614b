"""EVSEs as the API shows them and takes them in, below a charge point or by themselves."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.rooms.network.charge_points.view import LaidProfile
from ohmstead.rooms.network.connectors import Connector
from ohmstead.rooms.network.hardware_status import HardwareStatus
from ohmstead.rooms.network.wiring import ConnectedPhase, PhaseRotation, Phases, Voltage

Reference = Annotated[str, Meta(min_length=1, max_length=255, description="What is written on it for drivers.")]
Number = Annotated[str, Meta(pattern=r"^[1-9]\d{0,8}$", description="Its number within OCPP, from 1.")]
CurrentType = Literal["ac", "dc"]
Status = Literal["enabled", "disabled", "out of order"]
Year = Annotated[int, Meta(ge=1900, le=9999, description="The year the certification of its MID meter ends.")]
RoamingStatus = Literal[
    "available", "blocked", "charging", "inoperative", "outoforder", "planned", "removed", "reserved", "unknown"
]


class PowerOptions(View):
    max_power: Opt[Annotated[int, Meta(ge=0, description="W")] | None] = UNSET
    max_voltage: Opt[Voltage | None] = UNSET
    max_amperage: Opt[Annotated[float, Meta(ge=0, description="A a phase.")] | None] = UNSET
    phases: Opt[Phases | None] = UNSET
    phase_rotation: Opt[PhaseRotation | None] = UNSET
    connected_phase: Opt[ConnectedPhase | None] = UNSET


class RoamingEvse(View):
    """What a roaming partner says of an EVSE of theirs."""

    evse_id: str | None
    tariff_ids: list[str]
    capabilities: list[str]
    physical_reference: str | None
    status: RoamingStatus | None


class Evse(View):
    id: Id
    physical_reference: Reference
    current_type: CurrentType
    network_id: Number
    status: Status
    label: Opt[str] = UNSET
    mid_meter_certification_end_year: Opt[Year] = UNSET
    tariff_group_id: Opt[int] = UNSET
    allows_reservation: Opt[bool] = UNSET
    booking_enabled: Opt[Annotated[bool, Meta(description="Booking makes it reservable too.")]] = UNSET
    power_options: Opt[PowerOptions] = UNSET
    external_id: Opt[str] = UNSET
    roaming_operator_id: ReadOnly[Opt[int]] = UNSET
    roaming: ReadOnly[Opt[RoamingEvse]] = UNSET
    hardware_status: ReadOnly[HardwareStatus | None] = None
    charging_profile: ReadOnly[Opt[LaidProfile | None]] = UNSET
    connectors: ReadOnly[Opt[list[Connector]]] = UNSET
    external_app_data: ReadOnly[dict[str, Any] | None] = None
    created_at: ReadOnly[datetime]
    last_updated_at: ReadOnly[datetime]


class EvseBody(Evse):
    """What null takes away."""

    mid_meter_certification_end_year: Opt[Year | None] = UNSET
    tariff_group_id: Opt[int | None] = UNSET


class OwnEvse(Evse):
    """An EVSE by itself names its charge point."""

    charge_point_id: int


class OwnEvseCreation(EvseBody):
    """Whose it is is said once; see moving."""

    charge_point_id: int
