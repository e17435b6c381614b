"""Vendors and models: who makes a charge point, which one it is, and how it differs from the standard."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ohmstead.kit.versions import Version
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import Booted
from ohmstead.rooms.devices.firmware import add_firmware
from ohmstead.rooms.network.models import cp_models, models
from ohmstead.rooms.network.models.vendors import cp_vendors, vendors
from ohmstead.rooms.operator.files import files
from tests.app.test_cli import Run, folder, run  # noqa: F401 - fixtures
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

VENDORS, MODELS = "/resources/charge-point-vendors/v1.0", "/resources/charge-point-models/v1.0"
QUIRKS = {
    "assumeProtocol": "ocpp 1.6", "pingInterval": 0, "callTimeout": 120, "silenceLimit": 0, "bootTimeout": 5,
    "waitsForBoot": True, "passwordAsHex": True, "meterEnergyUnit": "kWh", "meterPowerUnit": "kW",
    "transactionEnergyUnit": "kWh", "chargingRateUnit": "W", "profilePurposes": ["TxDefaultProfile"],
    "maxSchedulePeriods": 4,
}  # fmt: skip


class TestVendors(ResourceContract):
    resource = vendors
    create = {"name": "Acme"}
    update = {"name": "Acme Charging"}


class TestVendorsByTheirOlderName(TestVendors):
    resource = cp_vendors


class TestModels(ResourceContract):
    resource = models
    create = {"name": "Box", "userManual": "https://acme.example/box.pdf", "installerManual": "http://[::1]:8080/i?a=%C3%BC&b=(1)#p-3",
              "quirks": QUIRKS}  # fmt: skip
    update = {"name": "Box 2", "quirks": {"pingInterval": 30}}
    ignored = ("quirks",)  # replaced as a whole, see below

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return self.create | {"vendorId": (await given.vendor())["id"]}


class TestModelsByTheirOlderName(TestModels):
    resource = cp_models


async def test_both_names_show_the_same(api: Client, given: Given) -> None:
    model = await given.model(name="Box")
    assert (await api.get(f"/resources/cp-models/v1.0/{model['id']}")).data == model
    assert [one["id"] for one in (await api.get("/resources/cp-vendors/v1.0")).data] == [model["vendorId"]]


async def test_a_model_shows_what_was_given(api: Client, given: Given) -> None:
    made = await given.model(quirks=QUIRKS)
    assert made["quirks"] == QUIRKS
    assert (made["defaultPhoto"], made["userManual"], "installerManual" in made) == (None, None, False)
    path = f"{MODELS}/{made['id']}"
    changed = (await api.patch(path, {"quirks": {"pingInterval": 30}, "installerManual": "https://a.example"})).data
    assert (changed["quirks"], changed["installerManual"]) == ({"pingInterval": 30}, "https://a.example")
    bare = (await api.patch(path, {"quirks": {}, "installerManual": None})).data
    assert (bare["quirks"], "installerManual" in bare) == (None, False)


async def test_models_are_listed_by_vendor(api: Client, given: Given) -> None:
    one, other = await given.model(), await given.model()
    for base in (MODELS, "/resources/cp-models/v1.0"):
        listed = (await api.get(base, f"filter[vendorId]={other['vendorId']}")).data
        assert [model["id"] for model in listed] == [other["id"]]
    assert one["id"] != other["id"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"vendorId": 99}, "vendorId"),
        ({"name": ""}, "name"),
        ({"userManual": "acme"}, "userManual"),
        ({"installerManual": "ftp://acme.example/i"}, "installerManual"),
        ({"installerManual": "https://acme.example/\x01"}, "installerManual"),
        ({"userManual": "https://acme.example/a b"}, "userManual"),
        ({"userManual": "https://acme.example/box.pdf\n"}, "userManual"),
        ({"userManual": "https://acme.example/%zz"}, "userManual"),
        ({"userManual": "https://acme.example/für"}, "userManual"),
        ({"userManual": "https:///box.pdf"}, "userManual"),
        ({"userManual": "https://[0e0:27a:]/box.pdf"}, "userManual"),
        ({"userManual": "https://acme.example:port/"}, "userManual"),
        ({"userManual": "https://acme.example/<script>"}, "userManual"),
        ({"quirks": {"callTimeout": 0}}, "quirks.callTimeout"),
        ({"quirks": {"assumeProtocol": "ocpp 1.5"}}, "quirks.assumeProtocol"),
        ({"quirks": {"profilePurposes": []}}, "quirks.profilePurposes"),
        ({"quirks": {"profilePurposes": ["TxProfile", "TxProfile"]}}, "quirks.profilePurposes"),
        ({"quirks": {"profilePurposes": ["TxProfile"], "maxSchedulePeriods": 1}}, "quirks.maxSchedulePeriods"),
        ({"quirks": {"waitsForBoot": True, "bootTimeout": 0}}, "quirks.bootTimeout"),
    ],
)
async def test_what_is_wrong_is_named(api: Client, given: Given, wrong: dict[str, Any], field: str) -> None:
    model = await given.model()
    for answer in (
        await api.post(MODELS, {"name": "Box", "vendorId": model["vendorId"]} | wrong),
        await api.patch(f"{MODELS}/{model['id']}", wrong),
    ):
        assert (answer.status, list(answer.body["errors"])) == (422, [field])


async def test_what_is_in_use_stays(api: Client, given: Given) -> None:
    model = await given.model()
    of_model, of_vendor = f"{MODELS}/{model['id']}", f"{VENDORS}/{model['vendorId']}"
    point = await given.charge_point(modelId=model["id"])
    assert (await api.delete(of_model)).status == 409
    assert (await api.delete(of_vendor)).status == 409
    assert (await api.delete(f"/resources/charge-points/v2.0/{point['id']}")).status == 204
    async with given.system.database.begin() as tx:
        await add_firmware(tx, "1.0", model["vendorId"], "box.bin", [model["id"]])
    assert (await api.delete(of_model)).status == 409
    unused = await given.model(vendorId=model["vendorId"])
    assert (await api.delete(f"/resources/cp-models/v1.0/{unused['id']}")).status == 204
    other = await given.vendor()
    async with given.system.database.begin() as tx:
        await add_firmware(tx, "1.0", other["id"], "box.bin", [])
    assert (await api.delete(f"/resources/cp-vendors/v1.0/{other['id']}")).status == 409


async def test_a_charge_point_has_a_model_that_is_there(api: Client, given: Given) -> None:
    model, other = await given.model(), await given.model()
    point = await given.charge_point(modelId=model["id"])
    path = f"/resources/charge-points/v2.0/{point['id']}"
    refused = await api.patch(path, {"modelId": 999})
    assert (refused.status, list(refused.body["errors"])) == (422, ["modelId"])
    assert (await api.patch(path, {"modelId": other["id"]})).data["modelId"] == other["id"]
    for query, found in (
        (f"filter[vendorId]={other['vendorId']}", [point["id"]]), (f"filter[vendorId]={model['vendorId']}", []),
        (f"filter[modelId]={other['id']}", [point["id"]]),
    ):  # fmt: skip
        assert [one["id"] for one in (await api.get("/resources/charge-points/v2.0", query)).data] == found
    assert (await api.patch(path, {"modelId": None})).data.get("modelId") is None


async def test_a_boot_says_which_model_it_is(api: Client, given: Given) -> None:
    """Whichever was set; but not where no model, or more than one, has these names."""
    vendor = await given.vendor(name="Acme")
    box, cube = [await given.model(name=name, vendorId=vendor["id"]) for name in ("Box", "Cube")]
    twins = [await given.model(name="Twin", vendorId=vendor["id"]) for _ in range(2)]
    await given.model(name="Box")  # of somebody else
    point = await given.charge_point()
    path = f"/resources/charge-points/v2.0/{point['id']}"
    for said, found in (
        (("Acme", "Sphere"), None), (("ACME ", "box"), box["id"]), (("Acme", "Sphere"), box["id"]),
        (("Acme", "Cube"), cube["id"]), (("Acme", "Twin"), cube["id"]), (("", ""), cube["id"]),
    ):  # fmt: skip
        now = given.system.clock.now()
        fact = Booted(charge_point_id=point["id"], vendor=said[0], model=said[1], received_at=now)
        async with given.system.database.begin() as tx:
            await presence.booted(tx, fact, interval_s=60)
        assert (await api.get(path)).data.get("modelId") == found, said
    assert twins[0]["id"] != twins[1]["id"]


async def test_a_photo_is_served_for_a_day(run: Run, given: Given, api: Client, tmp_path: Path) -> None:  # noqa: F811
    model = await given.model()
    image = tmp_path / "box.png"
    image.write_bytes(b"picture")
    reach = {"database_url": given.system.dsn, "data_dir": files.current.root}
    done = await asyncio.to_thread(run, "model", "photo", model["id"], image, **reach)
    assert (done.returncode, done.stderr) == (0, "")
    url = (await api.get(f"{MODELS}/{model['id']}")).data["defaultPhoto"]
    async with aiohttp.ClientSession() as http, http.get(url) as served:
        assert (served.content_type, await served.read()) == ("image/png", b"picture")
    for words, told in (((99, image), "no model 99"), ((1, tmp_path / "box.exe"), "a photo is"),
                        ((1, tmp_path / "no.png"), "No such file")):  # fmt: skip
        done = await asyncio.to_thread(run, "model", "photo", *words, **reach)
        assert (done.returncode, told in done.stderr) == (1, True), done.stderr
