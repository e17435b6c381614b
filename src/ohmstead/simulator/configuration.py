"""The configuration keys of OCPP 1.6 (chapter 9): the station's settings by their public names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ohmstead.simulator.charging_profile import Unit
from ohmstead.simulator.hardware import Hardware
from ohmstead.simulator.settings import MEASURANDS, Settings


@dataclass(frozen=True)
class Key:
    """A name, how to read it, unless it is secret, and how to write it, unless it is read-only (ValueError for a value
    that cannot be)."""

    name: str
    read: Callable[[], str] | None
    write: Callable[[str], None] | None = None


class Configuration:
    """Reads and writes settings; `changed` hears of each key that was written, `more` are keys of others."""

    def __init__(
        self, settings: Settings, hardware: Hardware, changed: Callable[[str], None], more: Sequence[Key]
    ) -> None:
        self._settings = settings
        self._changed = changed
        keys = [*self._switches(), *self._counts(), self._measurands(), *_fixed(hardware), *more]
        self._keys = {key.name: key for key in keys}

    def read(self, names: list[str]) -> dict[str, Any]:
        """The payload of GetConfiguration.conf: the keys asked for, or all."""
        known = [self._keys[name] for name in names or self._keys if name in self._keys]
        listed = [
            {"key": key.name, "readonly": key.write is None} | ({"value": key.read()} if key.read else {})
            for key in known
            if key.read or names
        ]
        return {"configurationKey": listed, "unknownKey": [name for name in names if name not in self._keys]}

    def write(self, name: str, value: str) -> str:
        """The status of ChangeConfiguration.conf. What is accepted takes effect at once."""
        key = self._keys.get(name)
        if key is None:
            return "NotSupported"
        if key.write is None:
            return "Rejected"
        try:
            key.write(value)
        except ValueError:
            return "Rejected"
        self._changed(name)
        return "Accepted"

    def _switches(self) -> list[Key]:
        return [
            Key(name, lambda field=field: _word(getattr(self._settings, field)), self._writer(field, _switch))
            for name, field in SWITCHES.items()
        ]

    def _counts(self) -> list[Key]:
        return [
            Key(name, lambda field=field: str(getattr(self._settings, field)), self._writer(field, _count))
            for name, field in COUNTS.items()
        ]

    def _measurands(self) -> Key:
        return Key(
            "MeterValuesSampledData",
            lambda: ",".join(self._settings.measurands),
            self._writer("measurands", _measurand_list),
        )

    def _writer(self, field: str, parse: Callable[[str], Any]) -> Callable[[str], None]:
        return lambda value: setattr(self._settings, field, parse(value))


SWITCHES = {
    "AllowOfflineTxForUnknownId": "allows_unknown_offline",
    "AuthorizationCacheEnabled": "caches_tags",
    "AuthorizeRemoteTxRequests": "authorizes_remote",
    "LocalAuthListEnabled": "lists_tags",
    "LocalAuthorizeOffline": "authorizes_offline",
    "LocalPreAuthorize": "authorizes_locally",
    "StopTransactionOnEVSideDisconnect": "ends_on_unplug",
    "StopTransactionOnInvalidId": "ends_on_invalid_tag",
}
COUNTS = {
    "ConnectionTimeOut": "connection_timeout_s",
    "HeartbeatInterval": "heartbeat_s",
    "MeterValueSampleInterval": "sample_s",
    "TransactionMessageAttempts": "message_attempts",
    "TransactionMessageRetryInterval": "message_retry_s",
}


def _fixed(hardware: Hardware) -> list[Key]:
    """What the station tells of itself and cannot be told."""
    profiles = hardware.profiles
    fed = [one for lines in hardware.rotation for one in lines]
    rotation = "".join("RST"[phase] for phase in fed) if len(fed) == len(hardware.rotation) else "NotApplicable"
    units = [name for unit, name in ((Unit.AMPERE, "Current"), (Unit.WATT, "Power")) if unit in profiles.units]
    values = {
        "ChargeProfileMaxStackLevel": profiles.max_stack_level,
        "ChargingScheduleAllowedChargingRateUnit": ",".join(units),
        "ChargingScheduleMaxPeriods": profiles.max_periods,
        "ClockAlignedDataInterval": 0,
        "ConnectorPhaseRotation": ",".join(f"{number}.{rotation}" for number in (0, *hardware.connectors)),
        "ConnectorSwitch3to1PhaseSupported": _word(profiles.says_it_switches),
        "GetConfigurationMaxKeys": 100,
        "LocalAuthListMaxLength": LIST_MAX_LENGTH,
        "MaxChargingProfilesInstalled": profiles.max_installed,
        "MeterValuesAlignedData": "",
        "MinimumStatusDuration": 0,
        "NumberOfConnectors": len(hardware.connectors),
        "ReserveConnectorZeroSupported": "false",
        "ResetRetries": 0,
        "SendLocalListMaxLength": LIST_MAX_LENGTH,
        "StopTxnAlignedData": "",
        "StopTxnSampledData": "",
        "SupportedFeatureProfiles": ",".join(FEATURES),
        "UnlockConnectorOnEVSideDisconnect": "true",
        "WebSocketPingInterval": 0,
    }
    return [Key(name, lambda value=value: str(value)) for name, value in values.items()]


LIST_MAX_LENGTH = 1000
FEATURES = ("Core", "FirmwareManagement", "LocalAuthListManagement", "RemoteTrigger", "Reservation", "SmartCharging")


def _word(value: bool) -> str:
    return "true" if value else "false"


def _switch(value: str) -> bool:
    return {"true": True, "false": False}[value.lower()] if value.lower() in ("true", "false") else _refuse(value)


def _count(value: str) -> int:
    return number if (number := int(value)) >= 0 else _refuse(value)


def _measurand_list(value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    return names if set(names) <= set(MEASURANDS) else _refuse(value)


def _refuse(value: str) -> Any:
    raise ValueError(f"{value!r} is no value for this key")


def password(value: str) -> bytes:
    """AuthorizationKey comes in hexadecimal, and from some systems as it is: bytes either way."""
    try:
        return bytes.fromhex(value)
    except ValueError:
        return value.encode()
