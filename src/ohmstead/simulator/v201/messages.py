"""The commands of OCPP 2.0.1 (Part 2, chapter 1 of the messages), as far as this station understands them."""

from datetime import datetime
from typing import Any, Literal

import msgspec


class Message(msgspec.Struct, rename="camel", kw_only=True):
    """Fields by their names on the wire; unknown ones are passed over."""


class Evse(Message):
    id: int
    connector_id: int | None = None


class Token(Message):
    id_token: str
    type: str


class TokenInfo(Message):
    status: str
    group_id_token: Token | None = None
    cache_expiry_date_time: datetime | None = None


class SchedulePeriod(Message):
    start_period: int
    limit: float
    number_phases: int = 3


class ChargingSchedule(Message):
    id: int
    charging_rate_unit: Literal["A", "W"]
    charging_schedule_period: list[SchedulePeriod]
    duration: int | None = None
    start_schedule: datetime | None = None


class ChargingProfile(Message):
    id: int
    stack_level: int
    charging_profile_purpose: Literal["ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"]
    charging_profile_kind: Literal["Absolute", "Recurring", "Relative"]
    charging_schedule: list[ChargingSchedule]
    transaction_id: str | None = None
    recurrency_kind: Literal["Daily", "Weekly"] | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class Criteria(Message):
    evse_id: int | None = None
    charging_profile_purpose: Literal["ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"] | None = None
    stack_level: int | None = None


class Named(Message):
    name: str
    instance: str | None = None


class Component(Named):
    evse: Evse | None = None


class VariableData(Message):
    component: Component
    variable: Named
    attribute_type: Literal["Actual", "Target", "MinSet", "MaxSet"] | None = None
    attribute_value: str = ""


class ListEntry(Message):
    id_token: Token
    id_token_info: TokenInfo | None = None


class CancelReservation(Message):
    reservation_id: int


class CertificateSigned(Message):
    certificate_chain: str
    certificate_type: Literal["ChargingStationCertificate", "V2GCertificate"] = "ChargingStationCertificate"


class ChangeAvailability(Message):
    operational_status: Literal["Inoperative", "Operative"]
    evse: Evse | None = None


class ClearCache(Message):
    """Says nothing."""


class ClearChargingProfile(Message):
    charging_profile_id: int | None = None
    charging_profile_criteria: Criteria | None = None


class CostUpdated(Message):
    total_cost: float
    transaction_id: str


class DataTransfer(Message):
    vendor_id: str
    message_id: str | None = None
    data: Any = None


class DeleteCertificate(Message):
    certificate_hash_data: dict[str, str]


class GetBaseReport(Message):
    request_id: int
    report_base: Literal["ConfigurationInventory", "FullInventory", "SummaryInventory"]


class ProfileCriterion(Message):
    charging_profile_purpose: str | None = None
    stack_level: int | None = None
    charging_profile_id: list[int] | None = None
    charging_limit_source: list[str] | None = None


class GetChargingProfiles(Message):
    request_id: int
    charging_profile: ProfileCriterion
    evse_id: int | None = None


class GetCompositeSchedule(Message):
    duration: int
    evse_id: int
    charging_rate_unit: Literal["A", "W"] | None = None


class GetInstalledCertificateIds(Message):
    certificate_type: list[str] = []


class GetLocalListVersion(Message):
    """Says nothing."""


class ReportWanted(Message):
    component: Named
    variable: Named | None = None


class GetReport(Message):
    request_id: int
    component_variable: list[ReportWanted] = []
    component_criteria: list[str] = []


class GetTransactionStatus(Message):
    transaction_id: str | None = None


class GetVariables(Message):
    get_variable_data: list[VariableData]


class InstallCertificate(Message):
    certificate_type: Literal[
        "V2GRootCertificate", "MORootCertificate", "CSMSRootCertificate", "ManufacturerRootCertificate"
    ]
    certificate: str


class RequestStartTransaction(Message):
    id_token: Token
    remote_start_id: int
    evse_id: int | None = None
    group_id_token: Token | None = None
    charging_profile: ChargingProfile | None = None


class RequestStopTransaction(Message):
    transaction_id: str


class ReserveNow(Message):
    id: int
    expiry_date_time: datetime
    id_token: Token
    evse_id: int | None = None
    group_id_token: Token | None = None


class Reset(Message):
    type: Literal["Immediate", "OnIdle"]
    evse_id: int | None = None


class SendLocalList(Message):
    version_number: int
    update_type: Literal["Differential", "Full"]
    local_authorization_list: list[ListEntry] = []


class SetChargingProfile(Message):
    evse_id: int
    charging_profile: ChargingProfile


class ConnectionData(Message):
    ocpp_csms_url: str
    security_profile: int


class SetNetworkProfile(Message):
    configuration_slot: int
    connection_data: ConnectionData


class SetVariables(Message):
    set_variable_data: list[VariableData]


class Monitor(Message):
    type: str
    severity: int
    component: dict[str, Any]
    variable: dict[str, Any]


class SetVariableMonitoring(Message):
    set_monitoring_data: list[Monitor]


class ClearVariableMonitoring(Message):
    id: list[int]


class Wanted(Message):
    """A command of which nothing matters, for it is declined."""


class TriggerMessage(Message):
    requested_message: str
    evse: Evse | None = None


class Firmware(Message):
    location: str
    retrieve_date_time: datetime
    signing_certificate: str | None = None
    signature: str | None = None


class UpdateFirmware(Message):
    request_id: int
    firmware: Firmware
    retries: int | None = None
    retry_interval: int | None = None


class UnlockConnector(Message):
    evse_id: int
    connector_id: int
