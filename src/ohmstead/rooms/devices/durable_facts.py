"""What happens to the hardware and is done to it, told through the outbox to whoever subscribes.

A charge point's `id` is that of its row. Moments are texts, as the API writes them.
"""

from ohmstead.kit.facts import Fact, RowChanged


class ConfigurationTemplateChanged(RowChanged, topic="configurationTemplate.changed"):
    """A template was, or its variables."""


class ChargePointBooted(Fact, topic="chargePoint.booted", rename="camel"):
    """A station started and said what it is; None: it left that out."""

    id: int
    reason: str | None = None
    vendor: str
    model: str
    charge_box_serial_number: str | None = None
    charge_point_serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_serial_number: str | None = None
    meter_type: str | None = None
    last_updated_at: str


class NetworkStatusChanged(Fact, topic="chargePoint.networkStatusChanged"):
    """A charge point came online or went offline, or has been gone for so long that it is not expected back."""

    id: int
    network_status: str
    at: str


class StatusFact(Fact):
    """A hardware status is another than it was, or the error beside it."""

    id: int
    hardware_status: str | None
    error_code: str | None
    vendor_id: str | None
    vendor_error_code: str | None
    info: str | None
    at: str


class ChargePointStatusChanged(StatusFact, topic="chargePoint.statusChanged"):
    """Of the charge point as a whole."""


class EvseStatusChanged(StatusFact, topic="evse.statusChanged"):
    """Of one EVSE; `before` is the status it had."""

    charge_point_id: int
    before: str | None


class ChargePointDismissed(Fact, topic="chargePoint.dismissed"):
    """A connection that was opened before has to go."""

    id: int
    reason: str


class QuirksChanged(Fact, topic="chargePoint.quirksChanged"):
    """Charge points have other quirks than before."""

    ids: list[int]


class ConfigurationSynced(Fact, topic="chargePoint.configurationSynced"):
    """A station told its configuration: some `keys`, or all (none), or it did not, and `error` says why. No
    `request_id`: after a boot."""

    id: int
    request_id: int | None
    keys: list[str]
    error: str | None = None


class ConfigurationChanged(Fact, topic="chargePoint.configurationChanged"):
    """A station took a setting."""

    id: int
    name: str
    reboot_required: bool


class ConfigurationTemplateApplied(Fact, topic="chargePoint.configurationTemplateApplied"):
    """A template was brought to a station; `refused` says why, by variable."""

    id: int
    template_id: int
    error: str | None
    refused: dict[str, str]


class DataTransferReceived(Fact, topic="chargePoint.dataTransferReceived"):
    """A station sent a message of its vendor's own; it is told while somebody wants to know."""

    id: int
    vendor_id: str
    message_id: str | None
    data: str | None


class FirmwareStatusChanged(Fact, topic="chargePoint.firmwareStatusChanged"):
    """A station tells how far an update is; the request and the version, where we know which."""

    id: int
    status: str
    request_id: int | None
    firmware_version_id: int | None


class LogStatusChanged(Fact, topic="chargePoint.logStatusChanged"):
    """A station tells how far the upload of a log is."""

    id: int
    request_id: int
    kind: str
    status: str
    file_name: str | None


class ClockDrifted(Fact, topic="chargePoint.clockDrifted"):
    """A station's clock went wrong, or right again; it is `drift_s` s ahead of ours."""

    id: int
    drift_s: float
    wrong: bool


class CertificateRevoked(Fact, topic="certificate.revoked"):
    """A certificate of ours counts no longer; that of a charge point, or of a listener."""

    serial: str
    charge_point_id: int | None


class CertificateRefused(Fact, topic="certificate.refused"):
    """A station asked for a certificate and gets none."""

    charge_point_id: int
    reason: str


class CertificateAccepted(Fact, topic="certificate.accepted"):
    """A station took the certificate that it had asked for."""

    charge_point_id: int


class SecurityEventReceived(Fact, topic="securityEvent.received"):
    """Something that matters for security happened, at a charge point or at our door."""

    id: int
    charge_point_id: int | None
    type: str
    tech_info: str | None
    timestamp: str
