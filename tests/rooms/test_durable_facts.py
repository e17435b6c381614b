"""Durable facts: what an older release left in the outbox is still understood, and written as it was."""

from typing import Any

import msgspec
import pytest

from ohmstead.app.rooms import OPERATIONS
from ohmstead.kit.facts import _by_topic, fact_of

ROW = {"id": 7, "action": "updated"}
SESSION = {"id": 7, "charge_point_id": 2, "evse_id": 3}
STATUS = {"id": 7, "hardware_status": "faulted", "error_code": "GroundFailure", "vendor_id": None,
          "vendor_error_code": None, "info": None, "at": "2026-11-01T08:00:00+00:00"}  # fmt: skip
BOOT = {"id": 7, "reason": None, "vendor": "Zap", "model": "One", "chargeBoxSerialNumber": None,
        "chargePointSerialNumber": "S1", "firmwareVersion": "1.2", "iccid": None, "imsi": None,
        "meterSerialNumber": None, "meterType": None, "lastUpdatedAt": "2026-11-01T08:00:00+00:00"}  # fmt: skip
APPLIED = {"chargePointId": 2, "appliedAt": "2026-11-01T08:00:00+00:00", "chargingProfile": {"stackLevel": 1}}
CONSUMED = {"circuitId": 7, "maxCurrent": 63.0, "currentConsumption": [{"phase": "L1", "consumption": 6.5}]}
SYNCED = {"id": 7, "request_id": None, "keys": []}
METERED = {"id": 7, "evse_id": 3, "readings": [["2026-11-01T08:00:00+00:00", "Voltage", 230.5, "V"]]}
AUTHORIZED = {"id": 7, "charge_point_id": 2, "id_tag": "04A1", "status": "rejected", "rejection_reason": "blocked"}
LOG = {"id": 7, "request_id": 4, "kind": "security", "status": "uploaded", "file_name": None}
FIRMWARE = {"id": 7, "status": "Installed", "request_id": None, "firmware_version_id": None}
TEMPLATE = {"id": 7, "error": None, "refused": {"HeartbeatInterval": "Rejected"}, "template_id": 4}
SECURITY = {"id": 7, "timestamp": "2026-11-01T08:00:00+00:00", "charge_point_id": None, "type": "X", "tech_info": None}
BALANCE = {"id": 7, "debit": "0", "credit": "25.5", "balance": "20", "currency": "EUR", "type": "voucher"}
STORED: list[tuple[str, dict[str, Any]]] = [
    *((f"{what}.changed", ROW) for what in (
        "booking", "bookingRequest",
        "chargePoint", "chargePointModel", "chargePointVendor", "chargingZone", "configurationTemplate",
        "currency", "electricityMeter", "evse", "flexibilityAsset", "idTag", "location", "parkingSpace", "partner",
        "partnerContract", "partnerInvite", "paymentTerminal", "priceIntegration", "provisioningCertificate",
        "reservation", "session",
        "subOperator", "subscriptionPlan", "tariff", "tariffGroup", "tax", "topUpPackage", "transaction", "user",
        "userGroup", "utility",
        "vendorErrorCode", "voucher",
    )),
    *((f"session.{happening}", SESSION) for happening in ("created", "started", "updated", "stopped")),
    *((f"session.{happening}", SESSION) for happening in ("courseChanged", "priced", "progressed")),
    ("session.metered", METERED),
    *((f"authorization.{happening}", AUTHORIZED) for happening in ("created", "updated")),
    ("certificate.accepted", {"charge_point_id": 7}),
    ("certificate.refused", {"charge_point_id": 7, "reason": "it has two names"}),
    ("certificate.revoked", {"serial": "0A", "charge_point_id": None}),
    ("chargePoint.booted", BOOT),
    ("chargePoint.clockDrifted", {"id": 7, "drift_s": -12.5, "wrong": True}),
    ("chargePoint.configurationChanged", {"id": 7, "name": "HeartbeatInterval", "reboot_required": False}),
    ("chargePoint.configurationSynced", SYNCED | {"error": None}),
    ("chargePoint.configurationSynced", SYNCED | {"error": "The charge point is not connected."}),
    ("chargePoint.configurationTemplateApplied", TEMPLATE),
    ("chargePoint.evsesChanged", ROW),
    ("chargePoint.dataTransferReceived", {"id": 7, "vendor_id": "Zap", "message_id": "m", "data": None}),
    ("chargePoint.dismissed", {"id": 7, "reason": "the charge point was deleted"}),
    ("chargePoint.firmwareStatusChanged", FIRMWARE),
    ("chargePoint.logStatusChanged", LOG),
    ("chargePoint.networkStatusChanged", {"id": 7, "network_status": "online", "at": "2026-11-01T08:00:00+00:00"}),
    ("chargePoint.quirksChanged", {"ids": [7, 8]}),
    ("chargePoint.statusChanged", STATUS),
    ("chargePointModel.quirksChanged", {"id": 7}),
    ("chargingProfile.applied", APPLIED | {"evseId": None, "sessionId": None, "unused": False}),
    ("chargingProfile.applied", APPLIED | {"evseId": 3, "sessionId": 9, "unused": True}),
    ("circuit.changed", ROW | {"last_updated_at": "2026-11-01T08:00:00+00:00"}),
    ("circuit.consumption", CONSUMED),
    ("circuit.consumption", CONSUMED | {"minChargePointCurrent": 6.0}),
    ("evse.moved", {"id": 7, "left": 1, "charge_point_id": 2}),
    ("evse.statusChanged", STATUS | {"charge_point_id": 2, "before": None}),
    ("chargePoint.sharedPartnersChanged", {"id": 7}),
    ("parkingSpace.occupancyChanged", {"id": 7, "occupancy_status": "occupied", "at": "2026-11-01T08:00:00+00:00"}),
    ("securityEvent.received", SECURITY),
    ("userBalance.changed", BALANCE | {"transaction_id": None}),
    ("user.paymentMethod.changed", {"id": "17", "user_id": 7, "action": "created"}),
    ("user.subscription.changed", {"id": 7, "user_id": 8, "plan_id": 3, "status": "active",
                                   "ends_at": "2026-12-01T08:00:00Z"}),
    ("user.invoiceDetails.changed", {"id": 7, "action": "created"}),
    ("document.issued", {"id": 7}),
    ("user.erased", {"id": 7, "texts": ["04A1B2C3"]}),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "payload"), STORED)
def test_what_lies_in_the_outbox_is_understood_and_written_as_it_was(topic: str, payload: dict[str, Any]) -> None:
    fact = fact_of(topic, payload)
    assert (fact.topic, msgspec.json.decode(msgspec.json.encode(fact))) == (topic, payload)


EARLIER: list[tuple[str, dict[str, Any]]] = [
    ("chargingProfile.applied", APPLIED), ("circuit.changed", ROW), ("authorization.created", {"id": 7}),
    ("chargePoint.configurationSynced", SYNCED),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "payload"), EARLIER)
def test_what_earlier_releases_left_out_is_nothing(topic: str, payload: dict[str, Any]) -> None:
    told = msgspec.json.decode(msgspec.json.encode(fact_of(topic, payload)))
    assert payload.items() <= told.items()
    assert not any(told[name] for name in told.keys() - payload.keys())


def test_no_topic_is_left_out() -> None:
    assert OPERATIONS, "all rooms are imported"
    assert {topic for topic in _by_topic if not topic.startswith("test.")} == {topic for topic, _ in STORED}
