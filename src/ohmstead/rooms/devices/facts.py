"""What charge points tell of themselves, free of any OCPP version: booted, alive, a status changed."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from ohmstead.engines.pki import CertificateHash
from ohmstead.engines.pki.statuses import Meaning
from ohmstead.rooms.devices.stations import ChargingProfile, Setting
from ohmstead.rooms.network.hardware_status import HardwareStatus

Basis = Literal["status", "availability", "transaction", "problem"]
"""What a state is known from. `status`: 1.6 tells state and error together. `availability`: 2.x tells the state alone.
`transaction`: it follows from a transaction of 2.x. `problem`: 2.x reports one, until it says that it is over."""


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

    `error_code` is None when there is nothing wrong, or on a `basis` that says nothing of errors; `at` is the station's
    time, or the time of receipt where it sent none.
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
    basis: Basis = "status"


class StationEvent(Struct, frozen=True, kw_only=True):
    """Something of a component's variable is worth a report (OCPP 2.0.1 Part 2, N07). `number` is the station's own,
    which may begin anew with a boot; `status` is what an AvailabilityState means; `said_at` is the station's word for
    `at` where its clock is wrong."""

    number: int
    at: datetime
    component: str
    variable: str
    value: str
    trigger: str
    kind: str
    cleared: bool = False
    component_instance: str | None = None
    variable_instance: str | None = None
    evse_network_id: int = 0
    connector_network_id: int | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    cause: int | None = None
    transaction_ref: str | None = None
    monitor: int | None = None
    status: HardwareStatus | None = None
    said_at: datetime | None = None


class EventsTold(Struct, frozen=True, kw_only=True):
    """A 2.x station reports events, in the order in which they happened."""

    charge_point_id: int
    events: tuple[StationEvent, ...]
    received_at: datetime


class StationMonitor(Struct, frozen=True, kw_only=True):
    """A station watches a variable: it reports an event when `kind` is so of its `value`. `severity` is 0 (danger) to
    9 (debug)."""

    number: int
    component: str
    variable: str
    kind: str
    value: float
    severity: int
    component_instance: str | None = None
    variable_instance: str | None = None
    evse_network_id: int = 0
    connector_network_id: int | None = None


class MonitorsTold(Struct, frozen=True, kw_only=True):
    """A part of a station's account of what it watches."""

    charge_point_id: int
    monitors: tuple[StationMonitor, ...]
    received_at: datetime


class LimitTold(Struct, frozen=True, kw_only=True):
    """Somebody else limits a station of 2.x (EVSE 0), or an EVSE of it: an energy management system ("EMS"), a system
    operator ("SO"), another. Each schedule says so for its time; none says that it is unknown how much."""

    charge_point_id: int
    evse_network_id: int
    source: str
    grid_critical: bool
    schedules: tuple[ChargingProfile, ...]
    received_at: datetime


class LimitCleared(Struct, frozen=True, kw_only=True):
    """A limit of somebody else's is no longer; without an EVSE all that this source ever set."""

    charge_point_id: int
    evse_network_id: int | None
    source: str
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
    """A part of a report of a 2.x station's settings, which it sends after it was asked for all of them; `more` parts
    follow."""

    charge_point_id: int
    settings: tuple[Setting, ...]
    more: bool = False
    received_at: datetime


class CertificateWanted(Struct, frozen=True, kw_only=True):
    """A station asks to have a certificate of its own signed (a certificate signing request, PEM)."""

    charge_point_id: int
    request: str
    received_at: datetime


class CertificateStatusWanted(Struct, frozen=True, kw_only=True):
    """A station asks whether a certificate of a vehicle's or of its own still counts, and names who tells (OCSP)."""

    charge_point_id: int
    hash: CertificateHash
    responder_url: str


class CertificateStatus(Struct, frozen=True, kw_only=True):
    """What was told (an OCSP response, DER) and what that means; or None, and why: a word, and what else there is to
    say."""

    answer: bytes | None = None
    meaning: Meaning | None = None
    reason: str | None = None
    info: str | None = None


CLOCK_LIMIT = timedelta(minutes=1)
"""How far a station's clock may be from ours before its word is corrected."""


class ClockTold(Struct, frozen=True, kw_only=True):
    """How far a station's clock is ahead of ours, by what it said of late; behind it is negative."""

    charge_point_id: int
    drift_s: float
    received_at: datetime
