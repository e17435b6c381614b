"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, convert

from ohmstead.kit.notifications import Notification, Table
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.devices.communication.security_events import CRITICAL, Type, security_events
from ohmstead.rooms.devices.configuration.reading import VariableV1
from ohmstead.rooms.devices.durable_facts import (
    ChargePointBooted,
    ChargePointStatusChanged,
    ConfigurationSynced,
    DataTransferReceived,
    EvseStatusChanged,
    LogStatusChanged,
    NetworkStatusChanged,
    SecurityEventReceived,
    StatusFact,
)
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.charge_points_v1.view import LastBootV1
from ohmstead.rooms.network.evses import evses
from ohmstead.rooms.network.hardware_status import HardwareStatus
from ohmstead.rooms.operator.contents import Moment


class BootTold(View):
    notification: Opt[Literal["BootNotification"]] = UNSET
    charge_point_id: Opt[int] = UNSET
    timestamp: Opt[Moment] = UNSET
    boot_notification: Opt[LastBootV1] = UNSET


def _boot(fact: ChargePointBooted, at: str) -> BootTold:
    boot = LastBootV1(**{name: getattr(fact, name) for name in LastBootV1.__struct_fields__})
    return BootTold(charge_point_id=fact.id, timestamp=fact.last_updated_at, boot_notification=boot)


class ConfigurationTold(View):
    notification: Opt[Literal["ChargePointSyncConfigurationNotification"]] = UNSET
    charge_point_id: int
    request_id: Opt[Annotated[int, Meta(description="Of the request; it is left out after a boot.")]] = UNSET
    configuration: Opt[Annotated[list[VariableV1], Meta(description="All, or what the request asked for.")]] = UNSET
    error: Opt[Annotated[str, Meta(description="Why there is no configuration.")]] = UNSET


def _configuration(fact: ConfigurationSynced, at: str) -> ConfigurationTold:
    request_id = UNSET if fact.request_id is None else fact.request_id
    if fact.error is not None:
        return ConfigurationTold(charge_point_id=fact.id, request_id=request_id, error=fact.error)
    told = [_property(one) for one in fact.content or () if _asked_for(one, fact.keys)]
    return ConfigurationTold(charge_point_id=fact.id, request_id=request_id, configuration=told)


def _asked_for(variable: dict[str, Any], keys: list[str]) -> bool:
    """By its name; a 2.x station's also by "Component.Variable"."""
    return not keys or variable["key"] in keys or f"{variable['component']}.{variable['key']}" in keys


def _property(variable: dict[str, Any]) -> VariableV1:
    """As it is listed; its component is no part of version 1.0."""
    return convert({name: value for name, value in variable.items() if name != "component"}, VariableV1)


class DiagnosticsTold(View):
    charge_point_id: int
    request_id: int
    status: Literal["idle", "uploaded", "uploadfailed", "uploading"]
    last_updated_at: Moment


def _diagnostics(fact: LogStatusChanged, at: str) -> DiagnosticsTold | None:
    """Of security logs nothing is told."""
    if fact.kind != "diagnostics":
        return None
    status: Any = fact.status
    return DiagnosticsTold(charge_point_id=fact.id, request_id=fact.request_id, status=status, last_updated_at=at)


class HardwareStatusTold(View):
    charge_point_id: int
    evse_id: Opt[Annotated[int, Meta(description="Left out: the charge point as a whole.")]] = UNSET
    timestamp: Moment
    hardware_status: HardwareStatus | None
    error_code: Opt[str | None] = UNSET
    info: Opt[str | None] = UNSET
    vendor_id: Opt[str | None] = UNSET
    vendor_error_code: Opt[str | None] = UNSET


def _status(fact: StatusFact) -> dict[str, Any]:
    names = ("hardware_status", "error_code", "info", "vendor_id", "vendor_error_code")
    return {"timestamp": fact.at} | {name: getattr(fact, name) for name in names}


def _point_status(fact: ChargePointStatusChanged, at: str) -> HardwareStatusTold:
    return HardwareStatusTold(charge_point_id=fact.id, **_status(fact))


def _evse_status(fact: EvseStatusChanged, at: str) -> HardwareStatusTold:
    return HardwareStatusTold(charge_point_id=fact.charge_point_id, evse_id=fact.id, **_status(fact))


class NetworkStatusTold(View):
    charge_point_id: int
    timestamp: Moment
    network_status: Annotated[
        Literal["never connected", "available", "temporarily unavailable", "long-term unavailable"],
        Meta(description="Long-term: it has been away for a day, and is not expected back."),
    ]


def _network_status(fact: NetworkStatusChanged, at: str) -> NetworkStatusTold:
    status: Any = fact.network_status.replace("_", " ")
    return NetworkStatusTold(charge_point_id=fact.id, timestamp=fact.at, network_status=status)


class SecurityEventTold(View):
    charge_point_id: int
    type: Type
    timestamp: Moment
    tech_info: Opt[str] = UNSET
    critical: Annotated[bool, Meta(description="Whether OCPP calls events of this type critical.")]


def _security_event(fact: SecurityEventReceived, at: str) -> SecurityEventTold | None:
    """Of somebody whom nobody knows nothing is told."""
    if fact.charge_point_id is None:
        return None
    return SecurityEventTold(
        charge_point_id=fact.charge_point_id,
        type=fact.type,
        timestamp=fact.timestamp,
        tech_info=fact.tech_info or UNSET,
        critical=fact.type in CRITICAL,
    )


class DataTransferTold(View):
    charge_point_id: int
    vendor_id: str
    message_id: Opt[str] = UNSET
    data: Opt[Annotated[str, Meta(description="As it was sent; what is no text in 2.x as JSON.")]] = UNSET


def _data_transfer(fact: DataTransferReceived, at: str) -> DataTransferTold:
    return DataTransferTold(
        charge_point_id=fact.id,
        vendor_id=fact.vendor_id,
        message_id=UNSET if fact.message_id is None else fact.message_id,
        data=UNSET if fact.data is None else fact.data,
    )


_POINT = ("chargePoint", charge_points.scope())
NOTIFICATIONS: Table = (
    Notification("BootNotification", ChargePointBooted, BootTold, _boot, *_POINT),
    Notification(
        "ChargePointSyncConfigurationNotification", ConfigurationSynced, ConfigurationTold, _configuration, *_POINT
    ),
    Notification("DiagnosticsStatusNotification", LogStatusChanged, DiagnosticsTold, _diagnostics, *_POINT),
    Notification(
        "HardwareStatusNotification", ChargePointStatusChanged, HardwareStatusTold, _point_status, *_POINT
    ),
    Notification(
        "HardwareStatusNotification", EvseStatusChanged, HardwareStatusTold, _evse_status, "evse", evses.scope()
    ),
    Notification("NetworkStatusNotification", NetworkStatusChanged, NetworkStatusTold, _network_status, *_POINT),
    Notification(
        "SecurityEventNotification", SecurityEventReceived, SecurityEventTold, _security_event,
        "chargePoint", security_events.scope(), key="charge_point_id",
    ),
    Notification("chargePoint.dataTransferReceived", DataTransferReceived, DataTransferTold, _data_transfer, *_POINT),
)  # fmt: skip
