"""What charge points tell of themselves, free of any OCPP version: booted, alive, a status changed."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from ohmstead.rooms.network.stations import Setting

HardwareStatus = Literal[
    "available",
    "preparing",
    "charging",
    "suspendedEV",
    "suspendedEVSE",
    "finishing",
    "reserved",
    "unavailable",
    "faulted",
    "occupied",
]
"""The state of one outlet; `occupied` is all that an OCPP 2.x station says of a plugged cable."""


class Proof(Struct, frozen=True):
    """How a connection was secured: by which OCPP security profile (0 none, 1 a password, 2 TLS and a password, 3 TLS
    and a client certificate), the number of the certificate in hexadecimal, and the `password` (its hash) that was the
    charge point's at that moment."""

    profile: int
    certificate: str | None = None
    password: bytes | None = None


class Connected(Struct, frozen=True, kw_only=True):
    """A charge point opened its socket and was admitted. `version` is "1.6", "2.0.1" or "2.1"; no `proof` where nobody
    looked how it came in."""

    charge_point_id: int
    version: str
    remote_ip: str
    at: datetime
    proof: Proof | None = None


class Disconnected(Struct, frozen=True, kw_only=True):
    """A charge point's last socket is gone."""

    charge_point_id: int
    at: datetime


class Booted(Struct, frozen=True, kw_only=True):
    """A charge point started and says what it is. Texts are as sent; a missing or empty one is None."""

    charge_point_id: int
    vendor: str
    model: str
    serial_number: str | None = None
    box_serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None
    reason: str | None = None
    received_at: datetime


class BootVerdict(Struct, frozen=True, kw_only=True):
    """The answer to a boot: accepted or not, seconds between heartbeats (or until the next try), the time to set."""

    status: Literal["accepted", "pending", "rejected"]
    interval_s: int
    now: datetime


class StatusChanged(Struct, frozen=True, kw_only=True):
    """An EVSE, or with `evse_network_id` 0 the charge point itself, says what state it is in.

    `error_code` is None when there is nothing wrong; `at` is the station's time, or the time of receipt where it
    sent none.
    """

    charge_point_id: int
    evse_network_id: int
    status: HardwareStatus
    error_code: str | None
    vendor_error_code: str | None
    vendor_id: str | None
    info: str | None
    at: datetime
    received_at: datetime


class DataReceived(Struct, frozen=True, kw_only=True):
    """A vendor's own message; `data` is whatever text it carries."""

    charge_point_id: int
    vendor_id: str
    message_id: str | None
    data: str | None
    received_at: datetime


class DataVerdict(Struct, frozen=True, kw_only=True):
    """The answer to a vendor's own message."""

    status: Literal["accepted", "rejected", "unknown_message", "unknown_vendor"]
    data: str | None = None


class LogStatus(Struct, frozen=True, kw_only=True):
    """How far the upload of a log is ("Uploading", "Uploaded", ...); 1.6 diagnostics name no request."""

    charge_point_id: int
    kind: Literal["diagnostics", "security"] | None  # None: whichever the request is
    status: str
    request_id: int | None
    received_at: datetime


class FirmwareStatus(Struct, frozen=True, kw_only=True):
    """How far a firmware update is ("Downloading", "Installed", ...); an unsigned update of 1.6 names no request."""

    charge_point_id: int
    status: str
    request_id: int | None
    received_at: datetime


class SecurityEvent(Struct, frozen=True, kw_only=True):
    """Something happened that security wants to know; `type` is a word of the OCPP security events, or the vendor's."""

    charge_point_id: int
    type: str
    tech_info: str | None
    at: datetime
    received_at: datetime


class SettingsTold(Struct, frozen=True, kw_only=True):
    """A part of a report of a 2.x station's settings, which it sends after it was asked for all of them."""

    charge_point_id: int
    settings: tuple[Setting, ...]
    received_at: datetime


class CertificateWanted(Struct, frozen=True, kw_only=True):
    """A station asks to have a certificate of its own signed (a certificate signing request, PEM)."""

    charge_point_id: int
    request: str
    received_at: datetime
