"""Charge points as the newest version of the API shows them and takes them in."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.views import Deprecated, Opt, ReadOnly, Translations, View
from ohmstead.rooms.network.charge_points.smart_charging_details import SmartCharging

Type = Annotated[
    Literal["private", "public", "personal"],
    Meta(
        description="public: everybody sees and uses it; private: for a company and those it lets in; "
        "personal: it has one owner."
    ),
]
Status = Annotated[
    Literal["enabled", "disabled", "out of order", "demo"],
    Meta(
        description="What the operator says of it. disabled: hidden and unclaimable; out of order: shown, but no "
        "session starts; demo: a simulator."
    ),
]
Mode = Literal["none", "direct_ocpp", "via_ocpp_connected_charge_point"]
Protocol = Literal["ocpp 1.5", "ocpp 1.6", "ocpp 1.6 soap", "ocpp 2.0.1"]
Capability = Literal[
    "remote_start_stop_capable",
    "meter_values",
    "stop_transaction_on_ev_disconnect",
    "disregard_the_heartbeats",
    "display_messages",
]
AccessType = Literal["private_view_private_use", "private_view_public_use", "public_view_private_use"]
NetworkStatus = Literal["never_connected", "available", "temporarily_unavailable", "long-term_unavailable"]
ProfileStatus = Literal["applied", "pending", "rejected"]
Name = Annotated[str, Meta(max_length=255)]
Pin = Annotated[str, Meta(pattern=r"^\d{1,4}$", description="Digits; who claims a personal charge point needs it.")]
Profile = Annotated[int, Meta(ge=0, le=3, description="OCPP security profile.")]
MasterId = Annotated[int, Meta(description="The charge point whose OCPP connection a satellite uses.")]


class Subscription(View):
    required: Opt[bool] = UNSET
    plan_ids: Opt[list[int]] = UNSET


class Network(View):
    id: Opt[Annotated[str, Meta(max_length=255, description="The OCPP identity.")] | None] = UNSET
    protocol: Opt[Protocol | None] = UNSET
    password: Opt[
        Annotated[str, Meta(max_length=255, description="Taken in, never shown; null takes it away.")] | None
    ] = UNSET
    ip: Opt[Annotated[str, Meta(description="For OCPP 1.5 over SOAP.")] | None] = UNSET
    port: Opt[Annotated[int, Meta(ge=1, le=65535, description="For OCPP 1.5 over SOAP.")] | None] = UNSET


class Security(View):
    desired_profile: Opt[Profile] = UNSET
    current_profile: ReadOnly[Opt[int]] = UNSET
    hardware_enabled_profile: ReadOnly[Opt[int]] = UNSET
    desired_profile_status: ReadOnly[Opt[ProfileStatus]] = UNSET


class Owner(View):
    id: Opt[int | None] = UNSET
    automatic_firmware_updates_enabled: Opt[bool] = UNSET


class Partner(View):
    id: Opt[int | None] = UNSET
    contract_id: Opt[int | None] = UNSET
    contact_id: Deprecated[Opt[int | None]] = UNSET
    corporate_billing_as_default: Opt[bool] = UNSET
    access_type: Opt[AccessType | None] = UNSET
    notice: Deprecated[Opt[Translations | None]] = UNSET


class SchedulePeriod(View):
    start_period: Opt[int] = UNSET
    limit: Opt[float] = UNSET
    number_phases: Opt[int] = UNSET


class LaidProfile(View):
    """The charging profile that was last laid on it."""

    id: Opt[int] = UNSET
    min_charging_rate: Opt[float | None] = UNSET
    schedule_periods: Opt[list[SchedulePeriod] | None] = UNSET
    schedule_start: Opt[datetime | None] = UNSET
    charging_rate_unit: Opt[Literal["A", "W"]] = UNSET
    stack_level: Opt[int] = UNSET
    charging_profile_kind: Opt[Literal["Absolute", "Recurring", "Relative"]] = UNSET
    recurrency_kind: Opt[Literal["daily", "weekly", "Daily", "Weekly"] | None] = UNSET
    charging_complete_at: Opt[datetime | None] = UNSET
    purpose: Opt[Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]] = UNSET
    valid_to: Opt[datetime | None] = UNSET
    valid_from: Opt[datetime | None] = UNSET
    duration: Opt[int | None] = UNSET


class LastBoot(View):
    """What it said of itself when it last started."""

    model: Opt[str] = UNSET
    vendor: Opt[str] = UNSET
    charge_box_serial_number: Opt[str | None] = UNSET
    charge_point_serial_number: Opt[str | None] = UNSET
    firmware_version: Opt[str | None] = UNSET
    iccid: Opt[str | None] = UNSET
    imsi: Opt[str | None] = UNSET
    meter_serial_number: Opt[str | None] = UNSET
    meter_type: Opt[str | None] = UNSET
    last_updated_at: Opt[datetime] = UNSET


class ChargePoint(View):
    id: ReadOnly[Opt[int]] = UNSET
    name: Opt[Name] = UNSET
    type: Opt[Type] = UNSET
    pin: Opt[Pin] = UNSET
    location_id: Opt[int] = UNSET
    charging_zone_id: Opt[int | None] = UNSET
    electricity_rate_id: Opt[int] = UNSET
    subscription: Opt[Subscription] = UNSET
    network_type: Opt[Literal["cellular", "ethernet", "wlan"]] = UNSET
    status: Opt[Status] = UNSET
    managed_by_operator: Deprecated[Opt[bool]] = UNSET
    external_id: Opt[str] = UNSET
    network: Opt[Network] = UNSET
    capabilities: Opt[list[Capability]] = UNSET
    auto_start_without_authorization: Opt[bool] = UNSET
    disable_auto_start_emulation: Opt[bool] = UNSET
    security: Opt[Security] = UNSET
    model_id: Opt[int | None] = UNSET
    enable_auto_fault_recovery: Opt[bool] = UNSET
    user: Opt[Owner] = UNSET
    partner: Opt[Partner | None] = UNSET
    utility_id: Opt[int | None] = UNSET
    created_at: ReadOnly[Opt[datetime]] = UNSET
    first_contact_at: ReadOnly[Opt[datetime]] = UNSET
    roaming_operator_id: ReadOnly[Opt[int]] = UNSET
    charging_profile: ReadOnly[Opt[LaidProfile | None]] = UNSET
    display_tariff_and_costs: ReadOnly[Opt[bool]] = UNSET
    last_boot_notification: ReadOnly[Opt[LastBoot | None]] = UNSET
    network_status: ReadOnly[Opt[NetworkStatus]] = UNSET
    hardware_status: ReadOnly[Opt[Literal["available", "unavailable", "faulted"] | None]] = UNSET
    vendor_error_code: ReadOnly[Opt[str]] = UNSET
    tags: Opt[list[str]] = UNSET
    sharing_code: ReadOnly[Opt[str]] = UNSET
    enabled_randomised_delay: Opt[bool] = UNSET
    notice_id: Opt[int | None] = UNSET
    uses_renewable_energy: Opt[bool] = UNSET
    integrated_at: Opt[datetime] = UNSET
    manufactured_at: Opt[datetime] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET
    ocpp_connected_charge_point_id: ReadOnly[Opt[int]] = UNSET
    communication_mode: ReadOnly[Opt[Literal["none", "direct_ocpp", "via_ocpp_connected_charge_point", "roaming"]]] = (
        UNSET
    )
    electricity_cost_reimbursement_integration_id: Opt[int] = UNSET
    installation_and_maintenance_company_id: Opt[int] = UNSET
    smart_charging: ReadOnly[Opt[SmartCharging | None]] = UNSET
    smart_charging_preferences: ReadOnly[Opt[dict[str, Any] | None]] = UNSET
    personal_smart_charging_preferences: ReadOnly[Opt[dict[str, Any] | None]] = UNSET
    available_personal_smart_charging_modes: ReadOnly[Opt[list[dict[str, Any]]]] = UNSET


class ChargePointChange(ChargePoint):
    """What may be changed, and by null taken away."""

    pin: Opt[Pin | None] = UNSET
    location_id: Opt[int | None] = UNSET
    electricity_rate_id: Opt[int | None] = UNSET
    external_id: Opt[str | None] = UNSET
    capabilities: Opt[list[Capability] | None] = UNSET
    integrated_at: Opt[datetime | None] = UNSET
    manufactured_at: Opt[datetime | None] = UNSET
    electricity_cost_reimbursement_integration_id: Opt[int | None] = UNSET
    installation_and_maintenance_company_id: Opt[int | None] = UNSET


class ChargePointCreation(ChargePointChange):
    """What is settled once and for all when a charge point is created."""

    sharing_code: Opt[str] = UNSET
    ocpp_connected_charge_point_id: Opt[MasterId] = UNSET
    communication_mode: Opt[Mode] = UNSET
