"""The shapes of version 1.0: the newest's fields under older names, beside one another."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct

from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.rooms.network.charge_points.view import Name, Pin, ProfileStatus, Protocol, SchedulePeriod, Type
from ohmstead.rooms.network.evses import v2
from ohmstead.rooms.network.evses.view import Number, Reference, RoamingStatus

Status = Literal["active", "disabled", "out of order", "demo"]
Port = Annotated[
    str,
    Meta(pattern=r"^([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$(?!\n)"),
]
AccessType = Literal["privateViewPrivateUse", "privateViewPublicUse", "publicViewPrivateUse"]
Capability = Literal["REMOTE_START_STOP_CAPABLE", "METER_VALUES", "STOP_TRANSACTION_ON_EV_DISCONNECT"]
TemplateId = Annotated[int, Meta(description="The template whose EVSEs it gets.")]


class LaidProfileV1(Struct, kw_only=True):
    """The newest's, with names in snake case."""

    id: Opt[int] = UNSET
    min_charging_rate: Opt[float | None] = UNSET
    schedule_periods: Opt[list[SchedulePeriod] | None] = UNSET
    schedule_start: Opt[datetime | None] = UNSET
    charging_rate_unit: Opt[Literal["A", "W"]] = UNSET
    stack_level: Opt[int] = UNSET
    charging_profile_kind: Opt[Literal["Absolute", "Recurring", "Relative"]] = UNSET
    recurrency_kind: Opt[Literal["daily", "weekly"] | None] = UNSET
    charging_complete_at: Opt[datetime | None] = UNSET
    purpose: Opt[Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]] = UNSET
    valid_to: Opt[datetime | None] = UNSET
    valid_from: Opt[datetime | None] = UNSET
    duration: Opt[int | None] = UNSET


class LastBootV1(Struct, kw_only=True):
    """The newest's, with names in snake case."""

    model: Opt[str] = UNSET
    vendor: Opt[str] = UNSET
    charge_box_serial_number: Opt[str | None] = UNSET
    charge_point_serial_number: Opt[str | None] = UNSET
    firmware_version: Opt[str | None] = UNSET
    iccid: Opt[str | None] = UNSET
    imsi: Opt[str | None] = UNSET
    meter_serial_number: Opt[str | None] = UNSET
    meter_type: Opt[str | None] = UNSET
    reason: Opt[str | None] = UNSET


class RoamingV1(View):
    evse_id: str | None
    tariff_ids: list[str] | None
    capabilities: list[str]
    status: RoamingStatus | None


class ConnectorV1(View):
    id: int
    status: Opt[Literal["active", "disabled"]] = UNSET
    type: Opt[v2.ConnectorType] = UNSET
    format: Opt[Literal["socket", "cable"]] = UNSET


class EvseV1(View):
    id: int
    external_id: str | None
    charging_profile: LaidProfileV1 | None
    roaming: Opt[RoamingV1] = UNSET
    network_id: Number
    physical_reference: str
    current_type: Literal["ac", "dc"]
    max_power: Annotated[float, Meta(description="W")] | None
    max_voltage: str | None
    max_amperage: float | None
    status: v2.Status
    mid_meter_certification_end_year: int | None
    tariff_group_id: int | None
    allows_reservation: bool
    hardware_status: v2.HardwareStatus | None
    connectors: list[ConnectorV1]


class EvseChangeV1(View):
    tariff_group_id: Opt[int] = UNSET
    physical_reference: Opt[Reference] = UNSET
    max_amperage: Opt[Annotated[float, Meta(ge=0)]] = UNSET
    status: Opt[v2.Status] = UNSET


class ChargePointV1(View):
    id: Id
    name: Opt[Name] = UNSET
    network_id: Opt[Annotated[str, Meta(max_length=255, description="The OCPP identity.")] | None] = UNSET
    network_protocol: Opt[Annotated[Protocol, Meta(description="While nothing is set it is shown as OCPP 1.6.")]] = (
        UNSET
    )
    network_password: Opt[Annotated[str, Meta(max_length=255, description="Taken in; an answer has null.")] | None] = (
        UNSET
    )
    network_ip: Opt[str | None] = UNSET
    network_port: Opt[Port | None] = UNSET
    status: Opt[Status] = UNSET
    plug_and_charge: Opt[
        Annotated[bool, Meta(description="It begins to charge by itself; what it names then is not authorised.")]
    ] = UNSET
    location_id: Opt[int | None] = UNSET
    pin: Opt[Pin] = UNSET
    access_type: Opt[Type] = UNSET
    desired_security_profile: Opt[Annotated[int, Meta(ge=0, le=2)] | None] = UNSET
    owner_partner_id: Opt[int | None] = UNSET
    owner_partner_contract_id: Opt[int | None] = UNSET
    partner_corporate_billing_as_default: Opt[bool] = UNSET
    partner_access_type: Opt[AccessType] = UNSET
    capabilities: Opt[list[Capability]] = UNSET
    managed_by_operator: Opt[bool] = UNSET
    uptime_tracking_enabled: Opt[
        Annotated[bool, Meta(description="Whether its uptime is reckoned; never of a personal one.")]
    ] = UNSET
    uptime_tracking_activated_at: ReadOnly[Opt[Annotated[datetime, Meta(description="Since when it is.")]]] = UNSET
    tags: Opt[list[str]] = UNSET
    external_id: Opt[str | None] = UNSET
    evses: ReadOnly[list[EvseV1]]
    charging_profile: ReadOnly[Opt[LaidProfileV1 | None]] = UNSET
    last_boot_notification: ReadOnly[Opt[LastBootV1 | None]] = UNSET
    show_to_public_with_notice: ReadOnly[Opt[Annotated[bool, Meta(description="Of private ones.")]]] = UNSET
    notice: ReadOnly[Opt[Annotated[str, Meta(description="In English, if there is such a text.")] | None]] = UNSET
    current_security_profile: ReadOnly[Opt[int]] = UNSET
    hardware_enabled_security_profile: ReadOnly[Opt[int | None]] = UNSET
    desired_security_profile_status: ReadOnly[Opt[ProfileStatus]] = UNSET
    roaming_operator_id: ReadOnly[Opt[int | None]] = UNSET
    auto_fault_recovery: ReadOnly[Opt[bool]] = UNSET
    display_tariffs_and_costs: ReadOnly[Opt[bool | None]] = UNSET
    owner_user_id: ReadOnly[Opt[int | None]] = UNSET
    vendor_error_code: ReadOnly[Opt[str | None]] = UNSET
    network_status: ReadOnly[
        Literal["never connected", "available", "temporarily unavailable", "long-term unavailable"]
    ]
    hardware_status: ReadOnly[Opt[Literal["available", "unavailable", "faulted"] | None]] = UNSET
    first_connection: ReadOnly[Opt[datetime | None]] = UNSET
    created_at: ReadOnly[Opt[datetime]] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET


Evses = Annotated[dict[Number, EvseChangeV1], Meta(description="What of its EVSEs differs, by their OCPP numbers.")]


class ChangeV1(ChargePointV1):
    evses: Opt[Evses] = UNSET


class CreationV1(ChangeV1):
    """Beside its template a new one needs a name, an OCPP identity (or null) and a status."""

    template_id: TemplateId
