"""`ohmstead firmware add`: what an administrator takes in is listed and served by the API."""

import asyncio
from pathlib import Path

import aiohttp

from ohmstead.rooms.operator.files import files
from tests.app.test_cli import Run, audited, folder, run  # noqa: F401 - fixtures
from tests.client import Client
from tests.given import Given


async def test_what_is_taken_in_is_served(run: Run, given: Given, api: Client, tmp_path: Path) -> None:  # noqa: F811
    file, certificate = tmp_path / "box-2.bin", tmp_path / "vendor.pem"
    file.write_bytes(b"firmware")
    certificate.write_text("PEM")
    reach = {"database_url": given.system.dsn, "data_dir": files.current.root}
    vendor = (await given.vendor())["id"]
    first, second = [(await given.model(vendorId=vendor))["id"] for _ in range(2)]
    words = ("firmware", "add", file, "2.0", "--vendor", vendor, "--model", second, "--model", first)
    words = (*words, "--details", "Faster")
    done = await asyncio.to_thread(run, *words, "--certificate", certificate, "--signature", "c2ln", **reach)
    assert (done.returncode, done.stderr) == (0, "")
    found = (await api.get(f"/resources/firmware-versions/v1.0/{int(done.stdout)}", "include[]=models")).data
    assert (found["firmwareVersion"], found["chargePointVendorId"], found["models"]) == ("2.0", vendor, [first, second])
    assert (found["details"], found["signingCertificate"], found["signature"]) == ("Faster", "PEM", "c2ln")
    async with aiohttp.ClientSession() as http, http.get(found["fileUrl"]) as served:
        assert await served.read() == b"firmware"
    assert found["fileUrl"].endswith("/box-2.bin")
    assert await audited(given, "ohmstead firmware") == [("ohmstead firmware add", f"firmware-versions/{found['id']}")]


async def test_what_cannot_be_taken_in_leaves_nothing(run: Run, given: Given, api: Client, tmp_path: Path) -> None:  # noqa: F811
    reach = {"database_url": given.system.dsn, "data_dir": files.current.root}
    file = tmp_path / "box.bin"
    file.write_bytes(b"firmware")
    vendor, elsewhere = (await given.vendor())["id"], (await given.model())["id"]
    for words, told in (
        ((file, "2.0", "--vendor", "99"), "there is no vendor 99"),
        ((file, "2.0", "--vendor", vendor, "--model", elsewhere), f"vendor {vendor} has no model {elsewhere}"),
        (("nowhere.bin", "2.0", "--vendor", vendor), "No such file"),
        (("nowhere.bin", "2.0", "--vendor", "3", "--signature", "c2ln"), "belong together"),
    ):
        done = await asyncio.to_thread(run, "firmware", "add", *words, **reach)
        assert done.returncode == 1
        assert told in done.stderr
    assert (await api.get("/resources/firmware-versions/v1.0")).data == []
