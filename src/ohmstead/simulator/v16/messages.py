"""The commands of OCPP 1.6 (chapter 5), as far as this station understands them."""

from datetime import datetime
from typing import Literal

import msgspec


class Message(msgspec.Struct, rename="camel", kw_only=True):
    """Fields by their names on the wire; unknown ones are passed over."""


class SchedulePeriod(Message):
    start_period: int
    limit: float
    number_phases: int = 3


class ChargingSchedule(Message):
    charging_rate_unit: Literal["A", "W"]
    charging_schedule_period: list[SchedulePeriod]
    duration: int | None = None
    start_schedule: datetime | None = None
    min_charging_rate: float | None = None


class ChargingProfile(Message):
    charging_profile_id: int
    stack_level: int
    charging_profile_purpose: Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]
    charging_profile_kind: Literal["Absolute", "Recurring", "Relative"]
    charging_schedule: ChargingSchedule
    transaction_id: int | None = None
    recurrency_kind: Literal["Daily", "Weekly"] | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class TagInfo(Message):
    status: str
    parent_id_tag: str | None = None
    expiry_date: datetime | None = None


class ListEntry(Message):
    id_tag: str
    id_tag_info: TagInfo | None = None


class CancelReservation(Message):
    reservation_id: int


class CertificateSigned(Message):
    certificate_chain: str


class ChangeAvailability(Message):
    connector_id: int
    type: Literal["Inoperative", "Operative"]


class ChangeConfiguration(Message):
    key: str
    value: str


class ClearCache(Message):
    """Says nothing."""


class ClearChargingProfile(Message):
    id: int | None = None
    connector_id: int | None = None
    charging_profile_purpose: Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"] | None = None
    stack_level: int | None = None


class DataTransfer(Message):
    vendor_id: str
    message_id: str | None = None
    data: str | None = None


class DeleteCertificate(Message):
    certificate_hash_data: dict[str, str]


class GetCompositeSchedule(Message):
    connector_id: int
    duration: int
    charging_rate_unit: Literal["A", "W"] | None = None


class GetConfiguration(Message):
    key: list[str] = []


class GetDiagnostics(Message):
    location: str
    start_time: datetime | None = None
    stop_time: datetime | None = None
    retries: int | None = None
    retry_interval: int | None = None


class GetInstalledCertificateIds(Message):
    certificate_type: Literal["CentralSystemRootCertificate", "ManufacturerRootCertificate"]


class InstallCertificate(Message):
    certificate_type: Literal["CentralSystemRootCertificate", "ManufacturerRootCertificate"]
    certificate: str


class LogParameters(Message):
    remote_location: str
    oldest_timestamp: datetime | None = None
    latest_timestamp: datetime | None = None


class GetLog(Message):
    log: LogParameters
    log_type: Literal["DiagnosticsLog", "SecurityLog"]
    request_id: int
    retries: int | None = None
    retry_interval: int | None = None


class GetLocalListVersion(Message):
    """Says nothing."""


class RemoteStartTransaction(Message):
    id_tag: str
    connector_id: int | None = None
    charging_profile: ChargingProfile | None = None


class RemoteStopTransaction(Message):
    transaction_id: int


class ReserveNow(Message):
    connector_id: int
    expiry_date: datetime
    id_tag: str
    reservation_id: int
    parent_id_tag: str | None = None


class Reset(Message):
    type: Literal["Hard", "Soft"]


class SendLocalList(Message):
    list_version: int
    update_type: Literal["Differential", "Full"]
    local_authorization_list: list[ListEntry] = []


class SetChargingProfile(Message):
    connector_id: int
    cs_charging_profiles: ChargingProfile


class SignedFirmware(Message):
    location: str
    retrieve_date_time: datetime
    signing_certificate: str
    signature: str
    install_date_time: datetime | None = None


class SignedUpdateFirmware(Message):
    request_id: int
    firmware: SignedFirmware
    retries: int | None = None
    retry_interval: int | None = None


class TriggerMessage(Message):
    requested_message: str
    connector_id: int | None = None


class UnlockConnector(Message):
    connector_id: int


class UpdateFirmware(Message):
    location: str
    retrieve_date: datetime
    retries: int | None = None
    retry_interval: int | None = None
