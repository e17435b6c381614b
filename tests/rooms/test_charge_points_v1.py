"""Charge points of version 1.0: the row that the newest version shows, in older words, with its EVSEs inline."""

from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.downtime.operational import operational_period
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.operator import settings
from tests.client import Answer, Client
from tests.given import Given

BASE, NEWEST = "/resources/charge-points/v1.0", "/resources/charge-points/v2.0"
TEMPLATE = (
    {
        "status": "enabled", "allowsReservation": True,
        "powerOptions": {"maxPower": 22000, "maxVoltage": "400", "maxAmperage": 32, "phases": "three_phase"},
    },
    {"currentType": "dc"},
)  # fmt: skip
PROFILE = {
    "id": 3, "minChargingRate": None, "schedulePeriods": [{"startPeriod": 0, "limit": 16, "numberPhases": 3}],
    "chargingRateUnit": "A", "stackLevel": 1, "chargingProfileKind": "Recurring", "recurrencyKind": "Daily",
    "purpose": "TxProfile",
}  # fmt: skip
SNAKE = {
    "id": 3, "min_charging_rate": None, "schedule_periods": PROFILE["schedulePeriods"], "charging_rate_unit": "A",
    "stack_level": 1, "charging_profile_kind": "Recurring", "recurrency_kind": "daily", "purpose": "TxProfile",
}  # fmt: skip


async def _body(given: Given, *evses: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"templateId": (await given.template(*evses))["id"], "name": "Post", "networkId": None, "status": "active"}
    place = {} if fields.get("accessType") == "personal" else {"locationId": (await given.location())["id"]}
    return body | place | fields


async def _made(given: Given, *evses: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return await given.made(BASE, await _body(given, *evses, **fields))


def _refused(answer: Answer, *fields: str) -> None:
    assert (answer.status, set(answer.body["errors"])) == (422, set(fields)), answer.body


async def test_it_is_the_newest_in_older_words(api: Client, given: Given) -> None:
    network = {"networkIp": "10.0.0.1", "networkPort": "8080", "networkPassword": "secret"}
    made = await _made(
        given, networkId="OLD", networkProtocol="ocpp 1.5", status="out of order", accessType="private",
        partnerAccessType="publicViewPrivateUse", ownerPartnerId=await given.partner_of_id(71),
        partnerCorporateBillingAsDefault=True,
        capabilities=["METER_VALUES"], plugAndCharge=True, desiredSecurityProfile=1, externalId="x", tags=["a"],
        **network,
    )  # fmt: skip
    newest = (await api.get(f"{NEWEST}/{made['id']}")).data
    assert newest["network"] == {"id": "OLD", "protocol": "ocpp 1.5", "ip": "10.0.0.1", "port": 8080}
    assert newest["partner"] == {"id": 71, "corporateBillingAsDefault": True, "accessType": "public_view_private_use"}
    assert (newest["type"], newest["status"], newest["autoStartWithoutAuthorization"]) == (
        "private",
        "out of order",
        True,
    )
    assert (newest["capabilities"], newest["security"]["desiredProfile"]) == (["meter_values"], 1)
    assert made == {
        "id": made["id"], "name": "Post", "networkId": "OLD", "networkProtocol": "ocpp 1.5", "networkIp": "10.0.0.1",
        "networkPort": "8080", "networkPassword": None, "status": "out of order", "accessType": "private",
        "plugAndCharge": True, "locationId": newest["locationId"], "desiredSecurityProfile": 1,
        "desiredSecurityProfileStatus": "pending", "currentSecurityProfile": 1, "hardwareEnabledSecurityProfile": None,
        "ownerPartnerId": 71, "ownerPartnerContractId": None, "partnerCorporateBillingAsDefault": True,
        "partnerAccessType": "publicViewPrivateUse", "showToPublicWithNotice": True, "notice": None,
        "capabilities": ["METER_VALUES"], "managedByOperator": True, "uptimeTrackingEnabled": False, "tags": ["a"],
        "externalId": "x", "evses": [], "chargingProfile": None, "lastBootNotification": None,
        "autoFaultRecovery": True, "displayTariffsAndCosts": False, "ownerUserId": None,
        "networkStatus": "never connected", "hardwareStatus": None,
        "createdAt": newest["createdAt"], "lastUpdatedAt": newest["lastUpdatedAt"],
    }  # fmt: skip


async def test_a_template_gives_it_evses(api: Client, given: Given) -> None:
    differs = {"1": {"maxAmperage": 16, "physicalReference": "A1", "status": "disabled"}}
    made = await _made(given, *TEMPLATE, evses=differs)
    first, second = made["evses"]
    assert first == {
        "id": first["id"], "externalId": None, "chargingProfile": None, "networkId": "1", "physicalReference": "A1",
        "currentType": "ac", "maxPower": 22000, "maxVoltage": "400", "maxAmperage": 16, "status": "disabled",
        "midMeterCertificationEndYear": None, "tariffGroupId": None, "allowsReservation": True, "hardwareStatus": None,
        "connectors": [],
    }  # fmt: skip
    assert (second["currentType"], second["status"], second["physicalReference"]) == ("dc", "active", f"{made['id']}-2")
    newest = (await api.get(f"{NEWEST}/{made['id']}/evses", "include[]=connectors")).data
    assert [one["networkId"] for one in newest] == ["1", "2"]
    assert newest[0]["powerOptions"]["phases"] == "three_phase"
    changed = await api.patch(f"{BASE}/{made['id']}", {"evses": {"2": {"status": "out of order"}}})
    assert changed.status == 200
    assert [one["status"] for one in changed.body["evses"]] == ["disabled", "out of order"]
    assert changed.body["evses"][0] == first
    connector = {"type": "gb-t-dc", "format": "cable", "status": "enabled"}
    await given.made(f"{NEWEST}/{made['id']}/evses/{second['id']}/connectors", connector)
    [shown] = (await api.get(f"{BASE}/{made['id']}")).data["evses"][1]["connectors"]
    assert shown == {"id": shown["id"], "type": "catarc", "format": "cable", "status": "active"}
    await api.delete(f"{NEWEST}/{made['id']}/evses/{first['id']}")
    assert [one["id"] for one in (await api.get(f"{BASE}/{made['id']}")).data["evses"]] == [second["id"]]


async def test_what_it_needs_is_named(api: Client, given: Given) -> None:
    body = await _body(given, {})
    _refused(await api.post(BASE, {"templateId": body["templateId"], "locationId": body["locationId"]}),
             "name", "networkId", "status")  # fmt: skip
    _refused(await api.post(BASE, body | {"locationId": None}), "locationId")
    _refused(await api.post(BASE, body | {"accessType": "personal"}), "pin")
    _refused(await api.post(BASE, body | {"evses": {"2": {}}}), "evses.2")
    for odd in ("x", "1\n", "\0", "99999999999999999999"):
        assert (await api.post(BASE, body | {"evses": {odd: {}}})).status == 422, odd
    _refused(await api.post(BASE, body | {"evses": {"1": {"physicalReference": "a\0"}}}),
             "evses.1.physicalReference")  # fmt: skip
    _refused(await api.post(BASE, body | {"evses": {"1": {"tariffGroupId": 9}}}), "evses.1.tariffGroupId")
    _refused(await api.post(BASE, body | {"networkProtocol": "ocpp 1.5"}), "networkIp", "networkPort")
    _refused(await api.post(BASE, body | {"networkPort": "65536"}), "networkPort")
    _refused(await api.post(BASE, body | {"ownerPartnerContractId": 999}), "ownerPartnerContractId")
    await given.made(BASE, body | {"networkId": "TAKEN"})
    _refused(await api.post(BASE, body | {"networkId": "TAKEN"}), "networkId")
    made = await given.made(BASE, body)
    _refused(await api.patch(f"{BASE}/{made['id']}", {"evses": {"7": {"status": "active"}}}), "evses.7")


async def test_what_it_has_no_word_for_stays(api: Client, given: Given) -> None:
    words = ["disregard_the_heartbeats", "meter_values"]
    point = await given.charge_point(capabilities=words, security={"desiredProfile": 3})
    path = f"{BASE}/{point['id']}"
    shown = (await api.get(path)).data
    assert (shown["capabilities"], shown["desiredSecurityProfile"]) == (["METER_VALUES"], None)
    assert shown["networkProtocol"] == "ocpp 1.6"
    await api.patch(path, {"name": "Other"})
    newest = (await api.get(f"{NEWEST}/{point['id']}")).data
    assert (sorted(newest["capabilities"]), newest["security"]["desiredProfile"]) == (words, 3)
    await api.patch(path, {"capabilities": ["REMOTE_START_STOP_CAPABLE"], "desiredSecurityProfile": None})
    newest = (await api.get(f"{NEWEST}/{point['id']}")).data
    assert sorted(newest["capabilities"]) == ["disregard_the_heartbeats", "remote_start_stop_capable"]
    assert newest["security"] == {"currentProfile": 0}


async def test_its_notice_is_one_text(api: Client, given: Given) -> None:
    notice = [{"locale": "de", "translation": "Nur für Gäste"}, {"locale": "en", "translation": "Guests only"}]
    partner = {"id": await given.partner_of_id(71), "accessType": "public_view_private_use", "notice": notice}
    point = await given.charge_point(type="private", partner=partner)
    path = f"{BASE}/{point['id']}"
    assert (await api.get(path)).data["notice"] == "Guests only"
    await api.patch(f"{NEWEST}/{point['id']}", {"partner": {"notice": notice[:1]}})
    assert (await api.get(path)).data["notice"] == "Nur für Gäste"
    hidden = await api.patch(path, {"partnerAccessType": "privateViewPrivateUse"})
    assert (hidden.body["showToPublicWithNotice"], hidden.body["notice"]) == (False, None)
    public = await api.patch(path, {"accessType": "public"})
    assert not {"showToPublicWithNotice", "notice"} & public.body.keys()


async def test_what_stations_said_is_in_snake_case(api: Client, given: Given, system: System) -> None:
    point = await given.charge_point()
    outlet = await given.evse(point)
    boot = {"model": "One", "vendor": "Zap", "chargePointSerialNumber": "S1", "lastUpdatedAt": "2026-11-01T08:00:00Z"}
    roaming = {"evseId": "AT*1", "tariffIds": [], "capabilities": ["REMOTE"], "status": "planned",
               "physicalReference": "P"}  # fmt: skip
    async with system.database.begin() as tx:
        await tx.run(update(charge_point).values(last_boot_notification=boot, charging_profile=PROFILE))
        said = {"charging_profile": PROFILE, "roaming": roaming, "hardware_status": "occupied"}
        await tx.run(update(evse).where(evse.c.id == outlet["id"]).values(said))
    for shown in ((await api.get(f"{BASE}/{point['id']}")).data, (await api.get(BASE, "cursor")).data[0]):
        assert shown["lastBootNotification"] == {"model": "One", "vendor": "Zap", "charge_point_serial_number": "S1"}
        [one] = shown["evses"]
        assert shown["chargingProfile"] == one["chargingProfile"] == SNAKE
        assert one["roaming"] == {name: roaming[name] for name in ("evseId", "tariffIds", "capabilities", "status")}
        assert one["hardwareStatus"] == "charging"
    serial = "filter[chargePointBootNotificationSerialNumber]=S1"
    assert [one["id"] for one in (await api.get(BASE, serial)).data] == [point["id"]]


async def test_the_filters_find_it(api: Client, given: Given) -> None:
    point = await given.charge_point(name="Me", type="private", network={"id": "ME"}, tags=["a"], externalId="x")
    outlet = await given.evse(point, physicalReference="P1", externalId="e")
    await given.evse(await given.charge_point())
    found = {
        "evseId": outlet["id"], "evsePhysicalReference": "P1", "evseExternalId": "e", "physicalReference": point["id"],
        "chargePointNetworkId": "ME", "accessType": "private", "locationId": point["locationId"], "tag": "a",
        "externalId": "x", "name": point["name"],
    }  # fmt: skip
    for name, value in found.items():
        assert [one["id"] for one in (await api.get(BASE, f"filter[{name}]={value}")).data] == [point["id"]], name
    for name, value, count in (("roaming", "true", 0), ("roaming", "false", 2), ("managedByOperator", "true", 2)):
        assert len((await api.get(BASE, f"filter[{name}]={value}")).data) == count
    await api.delete(f"{NEWEST}/{point['id']}/evses/{outlet['id']}")
    assert (await api.get(BASE, f"filter[evseId]={outlet['id']}")).data == []


async def test_its_uptime_is_tracked_while_it_is_wished(api: Client, given: Given, system: System) -> None:
    made = await _made(given, uptimeTrackingEnabled=True)
    path, since = f"{BASE}/{made['id']}", made["uptimeTrackingActivatedAt"]
    again = (await api.patch(path, {"uptimeTrackingEnabled": True, "name": "Other"})).body
    assert (again["uptimeTrackingEnabled"], again["uptimeTrackingActivatedAt"]) == (True, since)
    assert (await api.patch(path, {"name": "Third"})).body["uptimeTrackingEnabled"]
    off = (await api.patch(path, {"uptimeTrackingEnabled": False})).body
    assert (off["uptimeTrackingEnabled"], "uptimeTrackingActivatedAt" in off) == (False, False)
    await api.patch(path, {"uptimeTrackingEnabled": True})
    _refused(await api.patch(path, {"accessType": "personal", "pin": "1", "uptimeTrackingEnabled": True}),
             "uptimeTrackingEnabled")  # fmt: skip
    personal = (await api.patch(path, {"accessType": "personal", "pin": "1"})).body
    assert not personal["uptimeTrackingEnabled"]
    assert (await api.patch(path, {"accessType": "public"})).body["uptimeTrackingEnabled"] is False
    await api.patch(path, {"uptimeTrackingEnabled": True})
    await api.delete(path)
    async with system.database.read() as tx:
        periods = await tx.all(operational_period.select())
    assert len(periods) == 3
    assert all(one["ended_at"] is not None for one in periods)


@pytest.mark.parametrize("method", ["post", "patch"])
async def test_uptime_may_be_switched_off(api: Client, given: Given, system: System, method: str) -> None:
    async with system.database.begin() as tx:
        await settings.put(tx, "features", operationalAvailability=False)
    wish = {"uptimeTrackingEnabled": True}
    if method == "post":
        answer = await api.post(BASE, await _body(given, **wish))
    else:
        answer = await api.patch(f"{BASE}/{(await given.charge_point())['id']}", wish)
    _refused(answer, "uptimeTrackingEnabled")


async def test_a_token_for_charge_points_sees_their_evses(api: Client, given: Given) -> None:
    made = await _made(given, {})
    narrow = await given.client("charge-points.read")
    assert (await narrow.get(f"{BASE}/{made['id']}")).data["evses"] == made["evses"]
    await narrow.close()
