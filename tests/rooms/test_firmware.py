"""Firmware: versions are listed and served, updates are sent signed or plain, their progress is told."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.rooms.devices import firmware
from ohmstead.rooms.devices.facts import FirmwareStatus
from ohmstead.rooms.devices.firmware import add_firmware, firmware_update
from ohmstead.rooms.devices.stations import StationOffline, StationRefused, UpdateFirmware
from ohmstead.rooms.operator.files import files
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site

LIST = "/resources/firmware-versions/v1.0"
CONTENT = b"firmware" * 10_000


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    return await site(given)


@pytest.fixture(autouse=True)
async def catalogue(given: Given) -> None:
    """Two vendors, the first with nine models, the second with one (10)."""
    first, second = (await given.vendor())["id"], (await given.vendor())["id"]
    for vendor in (*(first,) * 9, second):
        await given.model(vendorId=vendor)


async def version(
    system: System, name: str = "1.2.3", vendor: int = 1, models: tuple[int, ...] = (), **facts: Any
) -> int:
    """A version with a file."""
    async with system.database.begin() as tx:
        number = await add_firmware(tx, name, vendor, "box.bin", list(models), **facts)

    async def content() -> AsyncIterator[bytes]:
        yield CONTENT

    await files.current.store("firmware", number, content())
    return number


@pytest.fixture(autouse=True)
async def tidy(system: System) -> AsyncIterator[None]:
    yield
    shutil.rmtree(files.current.root / "firmware", ignore_errors=True)


def path(here: Site) -> str:
    return f"/actions/charge-point/v2.0/{here.id}/update-firmware"


def sent(gateway: Gateway) -> UpdateFirmware:
    command = gateway.commands[-1][1]
    assert isinstance(command, UpdateFirmware)
    return command


async def test_versions_are_listed_and_filtered(api: Client, system: System) -> None:
    first = await version(system, "1.2", 1, (5, 3), details="Mends the clock")
    second = await version(system, "1.20.1", 2, (10,), signing_certificate="PEM", signature="c2ln")
    rows = (await api.get(LIST)).data
    assert [row["id"] for row in rows] == [first, second]
    assert (rows[0]["details"], rows[0]["chargePointVendorId"], "models" in rows[0]) == ("Mends the clock", 1, False)
    assert (rows[1]["signingCertificate"], rows[1]["signature"]) == ("PEM", "c2ln")
    one = (await api.get(f"{LIST}/{first}", "include[]=models")).data
    assert one["models"] == [3, 5]
    for query, found in (
        ("filter[vendorId][]=2", [second]), ("filter[modelId][]=10", [second]), ("filter[modelId][]=3", [first]),
        ("filter[firmwareVersion]=1.2", [first, second]), ("filter[firmwareVersion]=1.20", [second]),
        ("filter[firmwareVersion]=%25", []),
    ):  # fmt: skip
        assert [row["id"] for row in (await api.get(LIST, query)).data] == found, query
    assert (await api.get(f"{LIST}/999")).status == 404


async def test_attached_models_have_pages(api: Client, system: System) -> None:
    number = await version(system, models=(7, 3, 9, 1, 5))
    base = f"{LIST}/{number}/attached-models"
    assert (await api.get(base)).data == [1, 3, 5, 7, 9]
    page = await api.get(base, "per_page=2")
    second = await api.get(page.body["links"]["next"])
    last = await api.get(second.body["links"]["next"])
    assert (page.data, second.data, last.data, last.body["links"]["next"]) == ([1, 3], [5, 7], [9], None)
    assert (await api.get(second.body["links"]["prev"])).data == [1, 3]
    assert (await api.get(f"{LIST}/999/attached-models")).status == 404


async def test_a_file_is_served_for_a_day(api: Client, system: System) -> None:
    number = await version(system)
    url = (await api.get(f"{LIST}/{number}")).data["fileUrl"]
    old = files.current.url("firmware", number, timedelta(seconds=-1), url.replace("/firmware/", "/public-api/"))
    async with aiohttp.ClientSession() as http:
        served = await http.get(url)
        assert (served.status, await served.read()) == (200, CONTENT)
        assert "box.bin" in served.headers["Content-Disposition"]
        assert (await http.get(old)).status == 403
        assert (await http.put(url, data=b"evil")).status == 405


async def test_an_update_from_a_url(api: Client, here: Site, gateway: Gateway) -> None:
    wanted = {"url": "https://example.org/f.bin", "signed": False, "retries": 3, "interval": 60,
              "retrieveAfter": "2030-01-01T00:00:00+02:00"}  # fmt: skip
    answer = await api.post(path(here), wanted)
    assert (answer.status, answer.body) == (202, None)
    command = sent(gateway)
    assert (command.url, command.retries, command.retry_interval_s) == (wanted["url"], 3, 60)
    assert command.retrieve_at.isoformat() == "2029-12-31T22:00:00+00:00"
    assert command.signing_certificate is None
    assert (await api.post(path(here), {"url": "ftp://x/f", "signed": False})).status == 202
    assert abs(sent(gateway).retrieve_at - here.system.clock.now()) < timedelta(minutes=1)
    signed = {"url": "ftp://x/f", "signed": True, "signingCertificate": "PEM", "signature": "c2ln"}
    assert (await api.post(path(here), signed)).status == 202
    assert (sent(gateway).signing_certificate, sent(gateway).signature) == ("PEM", "c2ln")


async def test_an_update_to_a_version_of_ours(api: Client, here: Site, gateway: Gateway) -> None:
    plain = await version(here.system)
    signed = await version(here.system, signing_certificate="PEM", signature="c2ln")
    for body, certificate in (({"firmwareVersionId": plain, "signed": False}, None),
                              ({"firmwareVersionId": signed, "signed": False}, "PEM"),
                              ({"firmwareVersionId": signed, "signed": True}, "PEM")):  # fmt: skip
        assert (await api.post(path(here), body)).status == 202
        assert sent(gateway).signing_certificate == certificate
        async with aiohttp.ClientSession() as http:
            assert await (await http.get(sent(gateway).url)).read() == CONTENT
    body = {"firmwareVersionId": plain, "signed": False, "downloadUrlProtocol": "https"}
    await api.post(path(here), body)
    assert sent(gateway).url.startswith("https://127.0.0.1")


async def test_what_is_wrong_with_an_update(api: Client, here: Site, gateway: Gateway) -> None:
    plain = await version(here.system)
    for body, fields in (
        ({}, {"signed"}),
        ({"signed": False}, {"url"}),
        ({"signed": False, "url": "ftp://x", "firmwareVersionId": plain}, {"url"}),
        ({"signed": False, "firmwareVersionId": 999}, {"firmwareVersionId"}),
        ({"signed": True, "url": "ftp://x"}, {"signingCertificate", "signature"}),
        ({"signed": True, "firmwareVersionId": plain, "signature": "s"}, {"signingCertificate"}),
        ({"signed": False, "url": "ftp://x", "retries": 11, "interval": -1}, {"retries", "interval"}),
    ):
        answer = await api.post(path(here), body)
        assert (answer.status, set(answer.body["errors"])) == (422, fields), body
    assert gateway.commands == []
    nowhere = path(here).replace(f"/{here.id}/", "/999/")
    assert (await api.post(nowhere, {"signed": False, "url": "x"})).status == 404


async def test_a_refusal_has_its_reason(api: Client, here: Site, gateway: Gateway) -> None:
    for refusal, words in ((StationOffline(), "connected"), (StationRefused("NotSupported"), "NotSupported"),
                           ("InvalidCertificate", "InvalidCertificate")):  # fmt: skip
        gateway.answer = refusal
        answer = await api.post(path(here), {"url": "ftp://x/f", "signed": False})
        assert (answer.status, words in answer.body["message"]) == (406, True)


async def test_progress_is_kept_and_told(api: Client, here: Site) -> None:
    for _ in range(2):
        assert (await api.post(path(here), {"url": "ftp://x/f", "signed": False})).status == 202
    said = ((None, "Downloading"), (1, "InvalidSignature"), (None, "Installed"), (None, "Idle"), (77, "Installing"))
    for number, word in said:
        fact = FirmwareStatus(
            charge_point_id=here.id, status=word, request_id=number, received_at=here.system.clock.now()
        )
        await here.tells(firmware.firmware_status, fact)
    async with here.system.database.read() as tx:
        rows = await tx.all(select(firmware_update.c.status).order_by(firmware_update.c.id))
        topic = outbox.c.topic == "chargePoint.firmwareStatusChanged"
        told = [row[0] for row in await tx.all(select(outbox.c.payload).where(topic).order_by(outbox.c.id))]
    assert [row[0] for row in rows] == ["InvalidSignature", "Installed"]
    assert [(one["request_id"], one["status"]) for one in told] == [
        (2, "Downloading"), (1, "InvalidSignature"), (2, "Installed"), (None, "Idle"), (None, "Installing"),
    ]  # fmt: skip
