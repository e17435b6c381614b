"""What subscribers are told of stations: each payload whole, once for each thing that happened, and nothing of what did
not."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete

from ohmstead.app.admitted import StationDefaults
from ohmstead.app.fact_intake import FactIntake
from ohmstead.kit.facts import outbox, wanted
from ohmstead.kit.views import stamp
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.communication.diagnostics import log_status
from ohmstead.rooms.devices.communication.security_events import security_event_told, turned_away
from ohmstead.rooms.devices.configuration import BootSync, MissingReports, settings_told
from ohmstead.rooms.devices.configuration.syncing import ask_for
from ohmstead.rooms.devices.facts import (
    Booted,
    Connected,
    DataReceived,
    Disconnected,
    LogStatus,
    SecurityEvent,
    SettingsTold,
    StatusChanged,
)
from ohmstead.rooms.devices.stations import Outcome, Setting, StationSilent
from tests.client import Client
from tests.given import Given
from tests.notices import everything_wanted, told
from tests.rooms.charges import Gateway, Site, site
from tests.rooms.later import Later

SYNC = "ChargePointSyncConfigurationNotification"
HEARTBEAT, TWEAK = Setting("HeartbeatInterval", "60", False), Setting("Tweak", None, True)


@pytest.fixture(autouse=True)
def subscribed() -> Iterator[None]:
    with everything_wanted():
        yield


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    made = await site(given)
    await forget(made)
    return made


async def forget(here: Site) -> None:
    """What was told until now is of no matter."""
    async with here.system.database.begin() as tx:
        await tx.run(delete(outbox))


async def heard(here: Site, *names: str) -> list[dict[str, Any]]:
    return await told(here.system.database, *names)


def moment(body: dict[str, Any], name: str = "timestamp") -> str:
    """Any moment of it: that the payload is whole is what is looked at."""
    return body.get(name, "")


async def boot(here: Site, **said: Any) -> None:
    fact = Booted(charge_point_id=here.id, vendor="Zap", model="One", received_at=here.system.clock.now(), **said)
    await here.tells(partial(presence.booted, interval_s=60), fact)


async def test_a_boot(here: Site) -> None:
    await boot(here, serial_number="S1", firmware_version="1.2", reason="PowerUp")
    [body] = await heard(here, "BootNotification")
    assert body == {
        "notification": "BootNotification",
        "chargePointId": here.id,
        "timestamp": moment(body),
        "bootNotification": {
            "model": "One", "vendor": "Zap", "charge_box_serial_number": None, "charge_point_serial_number": "S1",
            "firmware_version": "1.2", "iccid": None, "imsi": None, "meter_serial_number": None, "meter_type": None,
            "reason": "PowerUp",
        },
    }  # fmt: skip


def a_property(body: dict[str, Any], setting: Setting, required: bool) -> dict[str, Any]:
    at = moment(body["configuration"][0])
    return {
        "key": setting.key, "value": setting.value or "", "readonly": setting.readonly, "required": required,
        "timestamp": at, "lastUpdatedAt": at,
    }  # fmt: skip


async def test_the_configuration_of_each_request_and_each_boot(
    api: Client, here: Site, gateway: Gateway, later: Later
) -> None:
    gateway.answer = Outcome(status="Accepted", settings=(HEARTBEAT, TWEAK))
    path = f"/actions/charge-point/v1.0/{here.id}/sync-configuration"
    first = (await api.post(path)).body["requestId"]
    second = (await api.post(path, {"keys": ["Tweak"]})).body["requestId"]
    gateway.answer = StationSilent(60)
    assert (await api.post(path)).status == 406
    gateway.answer = Outcome(status="Accepted", settings=(HEARTBEAT, TWEAK))
    await here.tells(partial(ask_for, station_id=here.id, after_boot=True))
    await later.clock.advance(60)
    sync = BootSync(later.database, later.clock)
    await sync.start_due()
    await sync.settled()
    whole, some, failed, after_boot = await heard(here, SYNC)
    assert whole == {
        "notification": SYNC,
        "chargePointId": here.id,
        "requestId": first,
        "configuration": [a_property(whole, HEARTBEAT, True), a_property(whole, TWEAK, False)],
    }
    assert some["requestId"] == second
    assert some["configuration"] == [a_property(some, TWEAK, False)]
    assert failed == {
        "notification": SYNC, "chargePointId": here.id, "requestId": second + 1, "error": str(StationSilent(60)),
    }  # fmt: skip
    assert after_boot == {
        "notification": SYNC, "chargePointId": here.id, "configuration": after_boot["configuration"],
    }  # fmt: skip
    assert [one["key"] for one in after_boot["configuration"]] == ["HeartbeatInterval", "Tweak"]


async def test_a_station_of_2_0_1_has_told_it_with_the_last_part_of_its_report(
    api: Client, here: Site, later: Later
) -> None:
    await speaks(here)
    path = f"/actions/charge-point/v1.0/{here.id}/sync-configuration"
    number = (await api.post(path)).body["requestId"]
    assert await heard(here, SYNC) == []
    for setting, more in ((HEARTBEAT, True), (TWEAK, False)):
        part = SettingsTold(
            charge_point_id=here.id, settings=(setting,), more=more, received_at=here.system.clock.now()
        )
        await here.tells(settings_told, part)
    [body] = await heard(here, SYNC)
    assert (body["requestId"], [one["key"] for one in body["configuration"]]) == (
        number,
        ["HeartbeatInterval", "Tweak"],
    )
    await api.post(path)
    await later.clock.advance(360)
    missing = MissingReports(later.database, later.clock)
    for _ in range(2):
        await missing.start_due()
        await missing.settled()
    bodies = await heard(here, SYNC)
    assert [one.get("error") for one in bodies] == [None, "The charge point sent no report."]


async def speaks(here: Site) -> None:
    """It connects, and speaks 2.0.1."""
    fact = Connected(charge_point_id=here.id, version="2.0.1", remote_ip="::1", at=here.system.clock.now())
    await here.tells(presence.connected, fact)


async def test_how_far_an_upload_is(api: Client, here: Site) -> None:
    path = f"/actions/charge-point/v1.0/{here.id}"
    number = (await api.post(f"{path}/get-diagnostics", {"location": "ftp://box.example/logs"})).body["requestId"]
    await api.post(f"{path}/get-security-log", {"url": "ftp://box.example/logs", "reason": "audit"})
    now = here.system.clock.now()
    for kind, status in (
        ("security", "Uploading"), ("diagnostics", "Uploading"), ("diagnostics", "Uploading"),
        ("diagnostics", "UploadFailed"), ("diagnostics", "Idle"),
    ):  # fmt: skip
        fact = LogStatus(charge_point_id=here.id, kind=kind, status=status, request_id=None, received_at=now)  # type: ignore[arg-type]
        await here.tells(log_status, fact)
    first, second = await heard(here, "DiagnosticsStatusNotification")
    assert first == {
        "notification": "DiagnosticsStatusNotification", "chargePointId": here.id, "requestId": number,
        "status": "uploading", "lastUpdatedAt": moment(first, "lastUpdatedAt"),
    }  # fmt: skip
    assert second["status"] == "uploadfailed"


async def test_hardware_statuses(here: Site) -> None:
    now = here.system.clock.now()
    for number in (1, 1, 0):
        fact = StatusChanged(
            charge_point_id=here.id, evse_network_id=number, status="faulted", error_code="GroundFailure",
            vendor_error_code="E7", vendor_id="Zap", info="wet", at=now, received_at=now,
        )  # fmt: skip
        await here.tells(presence.status_changed, fact)
    evse, point = await heard(here, "HardwareStatusNotification")
    common = {
        "notification": "HardwareStatusNotification", "chargePointId": here.id, "timestamp": stamp(now),
        "hardwareStatus": "faulted", "errorCode": "GroundFailure", "info": "wet", "vendorId": "Zap",
        "vendorErrorCode": "E7",
    }  # fmt: skip
    assert evse == common | {"evseId": here.evses[0]}
    assert point == common


async def test_network_statuses_down_to_long_gone(here: Site, later: Later) -> None:
    gone = here.system.clock.now()
    await here.tells(presence.disconnected, Disconnected(charge_point_id=here.id, at=gone))
    for hours in (23, 2, 1):
        await later.clock.advance(hours * 3600)
        async with later.database.begin() as tx:
            await presence.tell_long_gone(tx)
    await speaks(here)
    async with later.database.begin() as tx:
        await presence.tell_long_gone(tx)
    bodies = await heard(here, "NetworkStatusNotification")
    assert bodies[0] == {
        "notification": "NetworkStatusNotification", "chargePointId": here.id, "timestamp": stamp(gone),
        "networkStatus": "temporarily unavailable",
    }  # fmt: skip
    assert bodies[1] == bodies[0] | {
        "networkStatus": "long-term unavailable", "timestamp": stamp(gone + timedelta(hours=24)),
    }  # fmt: skip
    assert [one["networkStatus"] for one in bodies[2:]] == ["available"]


async def test_security_events(here: Site) -> None:
    now = here.system.clock.now()
    for kind, info in (("TamperDetectionActivated", "door"), ("InvalidMessages", None), ("ZapsOwn", None)):
        event = SecurityEvent(charge_point_id=here.id, type=kind, tech_info=info, at=now, received_at=now)
        await here.tells(security_event_told, event)
    await here.tells(turned_away, "nobody", "::1", "UnknownChargePoint")
    bodies = await heard(here, "SecurityEventNotification")
    assert bodies[0] == {
        "notification": "SecurityEventNotification", "chargePointId": here.id, "type": "TamperDetectionActivated",
        "timestamp": stamp(now), "techInfo": "door", "critical": True,
    }  # fmt: skip
    assert bodies[1] == {
        "notification": "SecurityEventNotification", "chargePointId": here.id, "type": "InvalidMessages",
        "timestamp": stamp(now), "critical": False,
    }  # fmt: skip
    assert [one["type"] for one in bodies[2:]] == ["ZapsOwn"]


async def test_messages_of_vendors_own_are_told_while_somebody_wants_them(here: Site) -> None:
    usual = StationDefaults(heartbeat_interval_s=60, call_timeout_s=5, boot_timeout_s=5)
    intake = FactIntake(here.system.database, here.system.clock, usual)
    sent = {"charge_point_id": here.id, "vendor_id": "Zap", "received_at": here.system.clock.now()}
    first = DataReceived(message_id="m", data='{"a":1}', **sent)
    bare = DataReceived(message_id=None, data=None, **sent)
    for fact in (first, bare):
        assert (await intake.data_transfer(fact)).status == "unknown_vendor"
    wanted.clear()
    await intake.data_transfer(first)
    named = {"notification": "chargePoint.dataTransferReceived", "chargePointId": here.id, "vendorId": "Zap"}
    assert await heard(here) == [named | {"messageId": "m", "data": '{"a":1}'}, named]
