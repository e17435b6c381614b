"""Upkeep from end to end: logs come in over signed URLs, firmware goes out and is installed, everything is told."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.communication.diagnostics import log_request
from ohmstead.rooms.devices.firmware import add_firmware, firmware_update
from ohmstead.rooms.operator.files import files
from ohmstead.simulator.ocpp_station import OcppStation
from tests.live import Live, live
from tests.scenarios.waiting import becomes, shows

ACTIONS = "/actions/charge-point"
CONTENT = b"new firmware" * 5000
KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
async def place(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(20.0)) as running:
        yield running


def certificate() -> str:
    """One of the vendor's, for `KEY`."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Vendor")])
    made = SystemClock().now()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    day = timedelta(days=1)
    builder = builder.serial_number(1).not_valid_before(made - day).not_valid_after(made + day)
    return builder.sign(KEY, SHA256()).public_bytes(Encoding.PEM).decode()


async def status(place: Live, table: Any, wanted: str) -> None:
    """Until the latest row says so."""

    async def read() -> Any:
        async with place.system.database.read() as tx:
            return await tx.value(select(table.c.status).order_by(table.c.id.desc()).limit(1))

    await becomes(read, lambda found: found == wanted)


async def fetched(url: str) -> bytes:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert answer.status == 200
        return await answer.read()


async def version(place: Live, content: bytes, signature: bytes | None) -> int:
    proof = {}
    if signature:
        proof = {"signing_certificate": certificate(), "signature": base64.b64encode(signature).decode()}
    vendor = (await place.given.vendor())["id"]
    async with place.system.database.begin() as tx:
        number = await add_firmware(tx, "2.0", vendor, "box-2.0.bin", [], **proof)

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    await files.current.store("firmware", number, chunks())
    return number


@pytest.mark.parametrize("speaks", ["1.6", "2.0.1"])
async def test_diagnostics_come_in(place: Live, speaks: str) -> None:
    point = await place.charge_point("DIAGNOSED", version=speaks)
    await place.station("DIAGNOSED", version=speaks)
    answer = await place.api.post(f"{ACTIONS}/v1.0/{point['id']}/get-diagnostics", {"location": ""})
    assert answer.status == 202
    await status(place, log_request, "uploaded")
    found = json.loads(await fetched(answer.body["url"]))
    assert found["connectors"] == {"1": "Available"}
    elsewhere = {"location": "http://127.0.0.1:9/nobody"}
    assert (await place.api.post(f"{ACTIONS}/v1.0/{point['id']}/get-diagnostics", elsewhere)).status == 202
    await status(place, log_request, "uploadfailed")


@pytest.mark.parametrize("speaks", ["1.6", "2.0.1"])
async def test_a_security_log_comes_in(place: Live, speaks: str) -> None:
    point = await place.charge_point("SECURE", version=speaks)
    station = await place.station("SECURE", version=speaks)
    assert isinstance(station, OcppStation)
    await station.report("TamperDetectionActivated", "the door")
    [event] = await shows(place.api, "/resources/security-events/v2.0", bool)
    assert (event["type"], event["techInfo"]) == ("TamperDetectionActivated", "the door")
    body = {"url": "", "reason": "the door"}
    answer = await place.api.post(f"{ACTIONS}/v1.0/{point['id']}/get-security-log", body)
    assert answer.status == 201
    await status(place, log_request, "uploaded")
    assert b"TamperDetectionActivated the door" in await fetched(answer.data["url"])


@pytest.mark.parametrize("speaks", ["1.6", "2.0.1"])
@pytest.mark.parametrize("signed", [True, False])
async def test_firmware_is_installed(place: Live, signed: bool, speaks: str) -> None:
    point = await place.charge_point("UPDATED", version=speaks)
    await place.station("UPDATED", version=speaks)
    number = await version(place, CONTENT, KEY.sign(CONTENT, ec.ECDSA(SHA256())) if signed else None)
    body = {"firmwareVersionId": number, "signed": signed, "retries": 1, "interval": 0}
    assert (await place.api.post(f"{ACTIONS}/v2.0/{point['id']}/update-firmware", body)).status == 202
    await status(place, firmware_update, "Installed")
    read = await place.api.get(f"/resources/charge-points/v2.0/{point['id']}", "include[]=lastBootNotification")
    assert read.data["lastBootNotification"]["firmwareVersion"] == "box-2.0.bin"


@pytest.mark.parametrize("speaks", ["1.6", "2.0.1"])
async def test_firmware_with_a_wrong_signature_is_not_installed(place: Live, speaks: str) -> None:
    point = await place.charge_point("WARY", version=speaks)
    station = await place.station("WARY", version=speaks)
    assert isinstance(station, OcppStation)
    number = await version(place, CONTENT, KEY.sign(b"something else", ec.ECDSA(SHA256())))
    update = f"{ACTIONS}/v2.0/{point['id']}/update-firmware"
    assert (await place.api.post(update, {"firmwareVersionId": number, "signed": True})).status == 202
    await status(place, firmware_update, "InvalidSignature")
    assert station.firmware == "1.0"
    nonsense = {"url": "http://127.0.0.1:9/f", "signed": True, "signingCertificate": "none", "signature": "none"}
    answer = await place.api.post(update, nonsense)
    assert (answer.status, "InvalidCertificate" in answer.body["message"]) == (406, True)
    assert (await place.api.post(update, {"url": "http://127.0.0.1:9/f", "signed": False})).status == 202
    await status(place, firmware_update, "DownloadFailed")


async def test_messages_are_triggered(place: Live) -> None:
    point = await place.charge_point("TRIGGERED")
    heard: list[str] = []
    await place.station("TRIGGERED", trace=lambda direction, frame: heard.append(direction + frame))
    trigger = f"{ACTIONS}/v1.0/{point['id']}/trigger-message"
    for message in ("Heartbeat", *(f"{what}StatusNotification" for what in ("Log", "Diagnostics", "Firmware"))):
        assert (await place.api.post(trigger, {"type": message})).status == 202, message
    outlet = f"/actions/evse/v1.0/{point['evses'][0]['id']}/trigger-message"
    assert (await place.api.post(outlet, {"type": "StatusNotification"})).status == 202
    assert any('"ExtendedTriggerMessage",{"requestedMessage":"LogStatusNotification"}' in frame for frame in heard)
    for message in ("TransactionEvent", "SignV2GCertificate"):  # not of 1.6: never sent
        assert (await place.api.post(trigger, {"type": message})).status == 406
    assert not any("TransactionEvent" in frame for frame in heard)
    answer = await place.api.post(f"{ACTIONS}/v1.0/{point['id']}/send-data-transfer", {"vendorId": "org.example"})
    assert (answer.status, answer.body) == (200, {"status": "UnknownVendorId"})
