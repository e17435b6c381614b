"""Logs and firmware as a station handles them: what it fetches and puts, what it tells, and how it tries again."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.station_v16 import StationV16
from tests.simulator.central import Central
from tests.simulator.conftest import MONDAY, idle

CONTENT = b"firmware"
KEY = rsa.generate_private_key(65537, 2048)
PSS = padding.PSS(padding.MGF1(SHA256()), 32)


@dataclass
class Store:
    """A file server: `failing` so many requests fail first."""

    url: str = ""
    failing: int = 0
    put: dict[str, bytes] = field(default_factory=dict)

    async def serve(self, request: web.Request) -> web.Response:
        if self.failing:
            self.failing -= 1
            return web.Response(status=503)
        if request.method == "PUT":
            self.put[request.path] = await request.read()
        return web.Response(body=CONTENT)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    found, app = Store(), web.Application()
    app.router.add_route("*", "/{path:.*}", found.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


def told(central: Central, action: str) -> list[str]:
    return [payload["status"] for payload in central.all(action)]


async def test_diagnostics_are_put_below_the_location(central: Central, station: StationV16, store: Store):
    answer = await central.tell("GetDiagnostics", {"location": f"{store.url}/in/", "retries": 1, "retryInterval": 0})
    await central.hear("DiagnosticsStatusNotification", 2)
    assert told(central, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"]
    assert list(store.put) == [f"/in/{answer['fileName']}"]
    assert b"HeartbeatInterval" in store.put[f"/in/{answer['fileName']}"]


async def test_an_upload_is_tried_again_after_the_interval(
    central: Central, station: StationV16, store: Store, clock: ManualClock
):
    store.failing = 1
    await central.tell("GetDiagnostics", {"location": store.url, "retries": 1, "retryInterval": 0})
    await central.hear("DiagnosticsStatusNotification", 2)
    store.failing = 2
    await central.tell("GetDiagnostics", {"location": store.url, "retries": 1, "retryInterval": 0})
    await central.hear("DiagnosticsStatusNotification", 4)
    assert told(central, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded", "Uploading", "UploadFailed"]


async def test_a_security_log_holds_what_was_reported(central: Central, station: StationV16, store: Store):
    await station.report("MemoryExhaustion", "heap")
    event = await central.hear("SecurityEventNotification")
    assert (event["type"], event["techInfo"]) == ("MemoryExhaustion", "heap")
    log = {"log": {"remoteLocation": store.url}, "logType": "SecurityLog", "requestId": 4}
    answer = await central.tell("GetLog", log)
    assert answer["status"] == "Accepted"
    await central.hear("LogStatusNotification", 2)
    assert central.all("LogStatusNotification") == [
        {"status": word, "requestId": 4} for word in ("Uploading", "Uploaded")
    ]
    assert store.put[f"/{answer['filename']}"].endswith(b"MemoryExhaustion heap")
    await central.tell("ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"})
    assert (await central.hear("LogStatusNotification", 3))["status"] == "Idle"


async def test_firmware_is_fetched_when_it_is_time(
    central: Central, station: StationV16, store: Store, clock: ManualClock
):
    later = (MONDAY + timedelta(hours=1)).isoformat()
    assert await central.tell("UpdateFirmware", {"location": f"{store.url}/box-2.bin", "retrieveDate": later}) == {}
    await idle(station)
    assert told(central, "FirmwareStatusNotification") == []
    await clock.advance(3600)
    await central.hear("FirmwareStatusNotification", 3)
    await station.until(lambda s: not s.hardware.powered)
    await clock.advance(5)
    await central.hear("FirmwareStatusNotification", 4)
    assert told(central, "FirmwareStatusNotification") == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert [boot["firmwareVersion"] for boot in central.all("BootNotification")] == ["1.0", "box-2.bin"]


async def test_firmware_that_is_not_there(central: Central, station: StationV16, store: Store):
    store.failing = 2
    wanted = {"location": f"{store.url}/f", "retrieveDate": MONDAY.isoformat(), "retries": 1, "retryInterval": 0}
    await central.tell("UpdateFirmware", wanted)
    await central.hear("FirmwareStatusNotification", 2)
    assert told(central, "FirmwareStatusNotification") == ["Downloading", "DownloadFailed"]
    assert len(central.all("BootNotification")) == 1


@pytest.mark.parametrize("content", [CONTENT, b"something else"])
async def test_a_signature_is_proved(central: Central, station: StationV16, store: Store, content: bytes):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Vendor")])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1, MONDAY, MONDAY + timedelta(days=1))
    proof = {
        "signingCertificate": builder.sign(KEY, SHA256()).public_bytes(Encoding.PEM).decode(),
        "signature": base64.b64encode(KEY.sign(content, PSS, SHA256())).decode(),
    }
    firmware = {"location": f"{store.url}/f", "retrieveDateTime": MONDAY.isoformat()} | proof
    answer = await central.tell("SignedUpdateFirmware", {"requestId": 7, "firmware": firmware})
    assert answer == {"status": "Accepted"}
    await central.hear("SignedFirmwareStatusNotification", 3)
    verdict = "SignatureVerified" if content == CONTENT else "InvalidSignature"
    assert told(central, "SignedFirmwareStatusNotification")[:3] == ["Downloading", "Downloaded", verdict]
    assert {payload["requestId"] for payload in central.all("SignedFirmwareStatusNotification")} == {7}
    bad = {**firmware, "signingCertificate": "none"}
    refused = await central.tell("SignedUpdateFirmware", {"requestId": 8, "firmware": bad})
    assert refused == {"status": "InvalidCertificate"}
