"""EVSEs by themselves, in both versions of their own resource."""

from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.kit.versions import Version
from ohmstead.rooms.network.evses import every_evse, evse
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

NEW, OLD = "/resources/evses/v2.1", "/resources/evses/v2.0"


class TestEvses(ResourceContract):
    resource = every_evse
    update = {"label": "Left", "status": "disabled", "powerOptions": {"maxPower": 22_000}}
    ignored = ("powerOptions",)
    number = 0

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        self.number += 1
        self.point = getattr(self, "point", None) or await given.charge_point()
        power = {"maxPower": 11_000, "maxVoltage": "230", "maxAmperage": 16.5, "phases": "three_phase"}
        return {
            "chargePointId": self.point["id"], "physicalReference": "QR 1", "currentType": "ac", "status": "enabled",
            "networkId": str(self.number), "powerOptions": power, "externalId": "x",
        }  # fmt: skip


@pytest.fixture
async def point(given: Given) -> dict[str, Any]:
    return await given.charge_point()


@pytest.fixture
async def outlet(given: Given, point: dict[str, Any]) -> dict[str, Any]:
    options = {"maxPower": 11_000, "maxVoltage": "400", "maxAmperage": 16, "phases": "three_phase"}
    return await given.evse(point, powerOptions=options | {"phaseRotation": "SRT"}, physicalReference="QR 7")


def old_body(**fields: Any) -> dict[str, Any]:
    """What version 2.0 has to be told."""
    return {
        "physicalReference": "QR 8", "type": "ac", "maxVoltage": "400", "phases": "three_phase", "networkId": "1",
        "status": "active", "allowsReservation": False,
    } | fields  # fmt: skip


async def test_the_same_rows_as_below_charge_points(
    api: Client, given: Given, point: dict[str, Any], outlet: dict[str, Any]
) -> None:
    alone = (await api.get(f"{NEW}/{outlet['id']}")).data
    assert alone == {name: value for name, value in outlet.items() if name != "externalAppData"} | {
        "chargePointId": point["id"]
    }
    assert (await api.get(f"{NEW}/{outlet['id']}", "include[]=connectors&include[]=externalAppData")).data == (
        alone | {"connectors": [], "externalAppData": None}
    )
    below = f"/resources/charge-points/v2.0/{point['id']}/evses"
    body = {"chargePointId": point["id"], "physicalReference": "QR", "currentType": "dc", "status": "enabled"}
    twice = await api.post(NEW, body | {"networkId": "1"})
    assert (twice.status, twice.body["errors"].keys()) == (422, {"networkId"})
    made = await given.made(NEW, body | {"networkId": "2"})
    assert [one["id"] for one in (await api.get(below)).data] == [outlet["id"], made["id"]]
    assert (await api.patch(f"{NEW}/{made['id']}", {"bookingEnabled": True})).data["allowsReservation"] is True
    assert (await api.delete(f"{NEW}/{made['id']}")).status == 204
    assert (await api.get(f"{below}/{made['id']}")).status == 404
    nowhere = await api.post(NEW, body | {"networkId": "3", "chargePointId": 999})
    assert (nowhere.status, nowhere.body["errors"].keys()) == (422, {"chargePointId"})


async def test_one_of_a_satellite_speaks_through_its_master(api: Client, given: Given, point: dict[str, Any]) -> None:
    mode = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": point["id"]}
    satellite = await given.charge_point(network={}, **mode)
    body = {"physicalReference": "QR", "currentType": "dc", "status": "enabled", "networkId": "1"}
    await given.made(NEW, body | {"chargePointId": satellite["id"]})
    taken = await api.post(NEW, body | {"chargePointId": point["id"]})
    assert (taken.status, taken.body["errors"].keys()) == (422, {"networkId"})


async def test_a_partner_has_its_own(given: Given, outlet: dict[str, Any]) -> None:
    theirs = await given.charge_point(partner={"id": 7})
    own = await given.evse(theirs)
    client = await given.client("*", partner_id=7)
    try:
        assert [one["id"] for one in (await client.get(NEW)).data] == [own["id"]]
        assert (await client.get(f"{NEW}/{outlet['id']}")).status == 404
        body = {"physicalReference": "QR", "currentType": "dc", "status": "enabled", "networkId": "2"}
        foreign = await client.post(NEW, body | {"chargePointId": outlet["id"] + 10})
        assert foreign.body["errors"].keys() == {"chargePointId"}
        assert (await client.post(NEW, body | {"chargePointId": theirs["id"]})).status == 201
    finally:
        await client.close()


async def test_what_is_filtered(
    system: System, api: Client, given: Given, point: dict[str, Any], outlet: dict[str, Any]
) -> None:
    other = await given.evse(await given.charge_point(partner={"id": 7}), externalId="X",
                             currentType="dc", status="disabled")  # fmt: skip
    plug = await given.made(
        f"/resources/charge-points/v2.0/{point['id']}/evses/{outlet['id']}/connectors", {"type": "type2"}
    )
    group = (await given.tariff_group())["id"]
    async with system.database.begin() as tx:
        roaming = {"evseId": "DE*1", "tariffIds": ["T"], "capabilities": [], "physicalReference": None, "status": None}
        await tx.run(update(evse).where(evse.c.id == other["id"]).values(
            roaming_operator_id=4, roaming=roaming, tariff_group_id=group, hardware_status="occupied",
        ))  # fmt: skip
    wanted = {
        NEW: {
            f"chargePointId={point['id']}": outlet, "physicalReference=QR+7": outlet, "externalId=X": other,
            "roaming=true": other, "roaming=false": outlet, "hasRoamingTariffIds=true": other,
            "hasRoamingTariffIds=false": outlet, "hasTariffGroup=true": other, "hasTariffGroup=0": outlet,
            "roamingOperatorIds][]=4": other,
        },
        OLD: {
            f"chargePointId={point['id']}": outlet, "physicalReference=QR+7": outlet, "evseStatus=active": outlet,
            "evseStatus=disabled": other, "hardwareStatus=charging": other, "evseType=ac": outlet,
            f"connectorId={plug['id']}": outlet, f"tariffGroupId={group}": other, "partnerId=7": other,
            "roamingPlatformId=1": None,
        },
    }  # fmt: skip
    for path, filters in wanted.items():
        for query, found in filters.items():
            name, _, value = query.partition("=")
            shown = await api.get(path, f"filter[{name.replace('][]', '')}]{'[]' if '][]' in name else ''}={value}")
            assert [one["id"] for one in shown.data] == ([] if found is None else [found["id"]]), query
    assert (await api.get(NEW, "filter[evseStatus]=active")).status == 422
    assert (await api.get(OLD, "filter[evseStatus]=enabled")).status == 422


async def test_the_words_of_version_2_0(api: Client, given: Given, outlet: dict[str, Any]) -> None:
    shown = (await api.get(f"{OLD}/{outlet['id']}")).data
    told = {name: shown[name] for name in ("type", "status", "maxPowerKw", "maxVoltage", "phases", "phaseRotation")}
    assert told == {
        "type": "ac", "status": "active", "maxPowerKw": 11, "maxVoltage": "400", "phases": "three_phase",
        "phaseRotation": "srt",
    }  # fmt: skip
    assert (shown["connectors"], shown["roaming"], shown["chargingProfile"]) == ([], None, None)
    change = old_body(status="out of order", maxPowerKw=22.5, phaseRotation="rts", maxVoltage="230", externalId="E")
    changed = await api.put(f"{OLD}/{outlet['id']}", change)
    assert changed.status == 200
    assert changed.data == shown | change
    newest = (await api.get(f"{NEW}/{outlet['id']}")).data
    assert (newest["status"], newest["externalId"], newest["powerOptions"]) == (
        "out of order", "E",
        {"maxPower": 22_500, "maxVoltage": "230", "maxAmperage": 16, "phases": "three_phase", "phaseRotation": "RTS",
         "connectedPhase": None},
    )  # fmt: skip
    missing = await api.put(f"{OLD}/{outlet['id']}", {"label": "x"})
    assert (missing.status, missing.body["errors"].keys()) == (422, old_body().keys())


async def test_what_version_2_0_has_no_word_for_stays(
    system: System, api: Client, given: Given, outlet: dict[str, Any]
) -> None:
    split = {"phases": "split_phase", "connectedPhase": "L1_L3"}
    await api.patch(f"{NEW}/{outlet['id']}", {"powerOptions": split})
    async with system.database.begin() as tx:
        await tx.run(update(evse).where(evse.c.id == outlet["id"]).values(hardware_status="occupied"))
    shown = (await api.get(f"{OLD}/{outlet['id']}")).data
    assert (shown["phases"], shown["hardwareStatus"]) == (None, "charging")
    assert (await api.put(f"{OLD}/{outlet['id']}", old_body(phases=None))).status == 200
    kept = (await api.get(f"{NEW}/{outlet['id']}")).data["powerOptions"]
    assert {name: kept[name] for name in split} == split


async def test_connectors_inline(api: Client, given: Given, point: dict[str, Any], outlet: dict[str, Any]) -> None:
    path = f"{OLD}/{outlet['id']}"
    added = await api.put(path, old_body(connectors=[{"type": "type2", "format": "socket"}, {"type": "catarc"}]))
    first, second = added.data["connectors"]
    assert (first["type"], first["format"], first["status"]) == ("type2", "socket", "active")
    assert (second["type"], second["status"]) == ("catarc", "active")
    rows = f"/resources/charge-points/v2.0/{point['id']}/evses/{outlet['id']}/connectors"
    assert [one["type"] for one in (await api.get(rows)).data] == ["type2", "gb-t-ac"]
    assert len((await api.put(path, old_body())).data["connectors"]) == 2
    changed = await api.put(path, old_body(connectors=[{"id": first["id"], "status": "disabled"}]))
    assert changed.data["connectors"] == [first | {"status": "disabled"}]
    wrong = await api.put(path, old_body(connectors=[{"id": second["id"]}, {"format": "cable"}]))
    assert (wrong.status, wrong.body["errors"].keys()) == (422, {"connectors.0.id", "connectors.1.type"})
