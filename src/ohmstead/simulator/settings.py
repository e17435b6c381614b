"""How a station behaves where it may be told to: the settings that any protocol's configuration reads and writes."""

from dataclasses import dataclass

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Current.Import",
    "Power.Active.Import",
    "Voltage",
    "SoC",
    "Current.Offered",
)
"""What a station can measure."""


@dataclass
class Settings:
    """Times are in s of the station's clock."""

    heartbeat_s: int = 300
    sample_s: int = 30
    measurands: tuple[str, ...] = MEASURANDS[:5]
    connection_timeout_s: int = 60
    ends_on_unplug: bool = True
    ends_on_invalid_tag: bool = True
    authorizes_remote: bool = False
    authorizes_locally: bool = False
    authorizes_offline: bool = True
    allows_unknown_offline: bool = False
    caches_tags: bool = True
    lists_tags: bool = True
    message_attempts: int = 3
    message_retry_s: int = 60
    reboot_s: int = 5
    ping_s: int = 0
    """How often it looks whether its line still holds (OCPP 2.1); 0: never."""
    boots_after_reconnect: bool = False
    """Both are legal, and both are seen in the field."""
