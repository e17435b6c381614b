"""Firmware: the versions the operator keeps, and their way onto charge points."""

from ohmstead.rooms.devices.firmware.updates import actions, firmware_status, firmware_update
from ohmstead.rooms.devices.firmware.versions import (
    NoSuchModel,
    add_firmware,
    attached,
    firmware_file,
    firmware_version,
    firmware_version_model,
    firmware_versions,
)

__all__ = [
    "NoSuchModel",
    "actions",
    "add_firmware",
    "attached",
    "firmware_file",
    "firmware_status",
    "firmware_update",
    "firmware_version",
    "firmware_version_model",
    "firmware_versions",
]
