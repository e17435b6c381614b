"""Charge points: what the operator says of them, and what follows from it."""

from typing import Any

from ohmstead.kit.versions import Version
from ohmstead.rooms.network.charge_points import charge_points
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

BASE = "/resources/charge-points/v2.0"


class TestChargePoints(ResourceContract):
    resource = charge_points
    update = {"name": "Renamed", "tags": ["b"], "status": "out of order"}
    ignored = ("templateId",)

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        if version.name == "v1.0":
            return {
                "templateId": (await given.template({}))["id"],
                "name": "Garage 1",
                "networkId": None,
                "networkProtocol": "ocpp 1.6",
                "status": "active",
                "accessType": "private",
                "locationId": (await given.location())["id"],
                "externalId": f"ext{(await given.location())['id']}",
                "capabilities": ["METER_VALUES"],
                "plugAndCharge": True,
                "uptimeTrackingEnabled": True,
                "tags": ["a", "b"],
            }
        return {
            "name": "Garage 1",
            "type": "public",
            "locationId": (await given.location())["id"],
            "status": "enabled",
            "externalId": "ext",
            "networkType": "cellular",
            "capabilities": ["meter_values"],
            "tags": ["a", "b"],
            "usesRenewableEnergy": True,
            "communicationMode": "direct_ocpp",
            "integratedAt": "2025-01-02T03:04:05+00:00",
        }


async def _refused(api: Client, body: dict[str, Any], *fields: str) -> None:
    answer = await api.post(BASE, body)
    assert answer.status == 422, answer.body
    assert set(fields) <= answer.body["errors"].keys(), answer.body


async def _ids(api: Client, query: str) -> list[int]:
    answer = await api.get(BASE, query)
    assert answer.status == 200, answer.body
    return [row["id"] for row in answer.data]


async def test_the_type_asks_for_a_place_or_a_pin(api: Client, given: Given) -> None:
    await _refused(api, {"name": "Nowhere", "type": "private"}, "locationId")
    await _refused(api, {"name": "Home", "type": "personal"}, "pin")
    await _refused(api, {"name": "Home", "type": "personal", "pin": "12a4"}, "pin")
    await _refused(api, {"name": "Home", "type": "personal", "pin": "12345"}, "pin")
    await _refused(api, {"name": "Lost", "type": "public", "locationId": 999_999}, "locationId")
    home = await given.charge_point(type="personal", pin="0042")
    assert home["pin"] == "0042"
    assert "locationId" not in home
    answer = await api.patch(f"{BASE}/{home['id']}", {"type": "public"})
    assert answer.body["errors"].keys() == {"locationId"}


async def test_an_identity_is_free_again_after_deletion(api: Client, given: Given) -> None:
    first = await given.charge_point(network={"id": "SAME"})
    place = {"locationId": first["locationId"], "type": "public"}
    await _refused(api, place | {"network": {"id": "SAME"}}, "network.id")
    await api.delete(f"{BASE}/{first['id']}")
    assert (await given.charge_point(network={"id": "SAME"}))["network"]["id"] == "SAME"


async def test_a_password_is_never_shown(api: Client, given: Given) -> None:
    made = await given.charge_point(network={"id": "SECRET", "protocol": "ocpp 1.6", "password": "0123456789abcdef"})
    assert made["network"] == {"id": "SECRET", "protocol": "ocpp 1.6"}
    assert made["security"]["currentProfile"] == 1
    path = f"{BASE}/{made['id']}"
    changed = await api.patch(path, {"network": {"protocol": "ocpp 2.0.1"}})
    assert changed.data["network"] == {"id": "SECRET", "protocol": "ocpp 2.0.1"}
    assert changed.data["security"]["currentProfile"] == 1
    changed = await api.patch(path, {"network": {"password": None}})
    assert changed.data["security"]["currentProfile"] == 0


async def test_how_it_is_reached_is_settled_at_creation(api: Client, given: Given) -> None:
    unreached = await given.charge_point(communicationMode="none")
    assert (unreached["communicationMode"], unreached["managedByOperator"]) == ("none", False)
    older = await given.charge_point(managedByOperator=False)
    assert older["communicationMode"] == "none"
    path = f"{BASE}/{older['id']}"
    assert (await api.patch(path, {"communicationMode": "direct_ocpp"})).data["communicationMode"] == "none"
    assert (await api.patch(path, {"managedByOperator": True})).data["communicationMode"] == "direct_ocpp"
    assert await _ids(api, "filter[managedByOperator]=false") == [unreached["id"]]


async def test_a_zone_belongs_to_its_location(api: Client, given: Given) -> None:
    here, there = await given.location(), await given.location()
    zone = await given.made(
        f"/resources/locations/v2.0/{here['id']}/charging-zones", {"name": "Deck 1", "status": "enabled"}
    )
    await _refused(api, {"type": "public", "locationId": there["id"], "chargingZoneId": zone["id"]}, "chargingZoneId")
    made = await given.charge_point(locationId=here["id"], chargingZoneId=zone["id"])
    assert made["chargingZoneId"] == zone["id"]
    assert await _ids(api, f"filter[chargingZoneId]={zone['id']}") == [made["id"]]
    conflict = await api.delete(f"/resources/locations/v2.0/{here['id']}/charging-zones/{zone['id']}")
    assert conflict.status == 409
    moved = await api.patch(f"{BASE}/{made['id']}", {"locationId": there["id"]})
    assert moved.data["chargingZoneId"] is None
    assert (await api.delete(f"/resources/locations/v2.0/{there['id']}")).status == 409


async def test_a_satellite_inherits_from_its_master(api: Client, given: Given) -> None:
    place = {"locationId": (await given.location())["id"], "type": "public"}
    satellite = place | {"communicationMode": "via_ocpp_connected_charge_point"}
    await _refused(api, satellite, "ocppConnectedChargePointId")
    alone = await given.charge_point(communicationMode="none", **place)
    await _refused(api, satellite | {"ocppConnectedChargePointId": alone["id"]}, "ocppConnectedChargePointId")
    master = await given.charge_point(capabilities=["meter_values"], networkType="wlan", **place)
    made = await given.made(BASE, satellite | {"ocppConnectedChargePointId": master["id"], "networkType": "ethernet"})
    assert (made["networkType"], made["capabilities"]) == ("wlan", ["meter_values"])
    assert made["ocppConnectedChargePointId"] == master["id"]
    await api.patch(f"{BASE}/{master['id']}", {"networkType": "cellular"})
    assert (await api.get(f"{BASE}/{made['id']}")).data["networkType"] == "cellular"
    assert (await api.patch(f"{BASE}/{made['id']}", {"managedByOperator": False})).status == 422
    assert (await api.delete(f"{BASE}/{master['id']}")).status == 409
    assert (await api.delete(f"{BASE}/{made['id']}")).status == 204
    assert (await api.delete(f"{BASE}/{master['id']}")).status == 204


async def test_a_partner_comes_and_goes_as_a_whole(api: Client, given: Given) -> None:
    made = await given.charge_point(type="private")
    assert made["partner"] is None
    path = f"{BASE}/{made['id']}"
    notice = [{"locale": "en", "translation": "Ask at the desk"}]
    await given.partner_of_id(9)
    partner = {"id": await given.partner_of_id(7), "accessType": "public_view_private_use", "notice": notice}
    told = (await api.patch(path, {"partner": partner})).data["partner"]
    assert told == partner | {"corporateBillingAsDefault": False}
    told = (await api.patch(path, {"partner": {"corporateBillingAsDefault": True}})).data["partner"]
    assert told == partner | {"corporateBillingAsDefault": True}
    assert "notice" not in (await api.patch(path, {"type": "public"})).data["partner"]
    assert await _ids(api, "filter[partnerId]=7") == [made["id"]]
    assert (await api.patch(path, {"partner": None})).data["partner"] is None
    await api.patch(path, {"partner": partner})
    await api.patch(path, {"partner": {"id": None}})
    bare = (await api.patch(path, {"partner": {"id": 9}})).data["partner"]
    assert bare == {"id": 9, "corporateBillingAsDefault": False}


async def test_a_partner_sees_and_makes_only_its_own(api: Client, given: Given) -> None:
    foreign = await given.charge_point(partner={"id": 8})
    client = await given.client("*", partner_id=7)
    try:
        name = [{"locale": "en", "translation": "Theirs"}]
        location = (await client.post("/resources/locations/v2.0", {"name": name, "country": "AT"})).data
        place = {"type": "public", "locationId": location["id"]}
        refused = await client.post(BASE, place | {"partner": {"id": 8}})
        assert refused.body["errors"].keys() == {"partner.id"}
        made = (await client.post(BASE, place)).data
        refused = await client.post(BASE, place | {"locationId": foreign["locationId"]})
        assert refused.body["errors"].keys() == {"locationId"}
        assert made["partner"]["id"] == 7
        assert [row["id"] for row in (await client.get(BASE)).data] == [made["id"]]
        assert (await client.get(f"{BASE}/{foreign['id']}")).status == 404
        assert (await client.patch(f"{BASE}/{made['id']}", {"partner": {"id": 8}})).status == 422
        assert (await client.patch(f"{BASE}/{made['id']}", {"partner": None})).data["partner"]["id"] == 7
    finally:
        await client.close()


async def test_an_owner_has_only_a_personal_one(api: Client, given: Given) -> None:
    user = {"id": int((await given.user())["id"])}
    await _refused(api, {"type": "public", "locationId": 1, "user": user}, "user.id")
    await _refused(api, {"type": "personal", "pin": "1", "user": {"id": 999_999}}, "user.id")
    subscription = {"required": True, "planIds": []}
    home = await given.charge_point(type="personal", pin="1", user=user, subscription=subscription)
    assert home["user"] == user | {"automaticFirmwareUpdatesEnabled": True}
    assert (home["subscription"], home["enabledRandomisedDelay"]) == (subscription, False)
    assert await _ids(api, f"filter[userId]={user['id']}") == [home["id"]]
    place = (await given.location())["id"]
    public = (await api.patch(f"{BASE}/{home['id']}", {"type": "public", "locationId": place})).data
    assert not {"user", "subscription", "enabledRandomisedDelay"} & public.keys()
    assert await _ids(api, f"filter[userId]={user['id']}") == []


async def test_a_wished_security_profile_is_pending(api: Client, given: Given) -> None:
    made = await given.charge_point(security={"desiredProfile": 2})
    assert made["security"] == {"desiredProfile": 2, "currentProfile": 0, "desiredProfileStatus": "pending"}
    assert await _ids(api, "filter[desiredSecurityProfileStatus]=pending") == [made["id"]]
    await _refused(
        api, {"type": "public", "locationId": 1, "security": {"desiredProfile": 4}}, "security.desiredProfile"
    )


async def test_members_of_objects_that_are_only_shown_are_not_taken(api: Client, given: Given) -> None:
    made = await given.charge_point(network={"id": "N", "ip": "10.0.0.9"}, security={"desiredProfile": 1})
    path = f"{BASE}/{made['id']}"
    meddling = {"currentProfile": 3, "hardwareEnabledProfile": 3, "desiredProfileStatus": "applied"}
    assert (await api.patch(path, {"security": meddling})).data["security"] == made["security"]
    changed = (await api.patch(path, {"network": {"ip": None}, "security": {}})).data
    assert (changed["network"], changed["security"]) == ({"id": "N"}, made["security"])


async def test_soap_needs_an_address(api: Client, given: Given) -> None:
    place = {"type": "public", "locationId": (await given.location())["id"]}
    await _refused(api, place | {"network": {"id": "S", "protocol": "ocpp 1.5"}}, "network.ip", "network.port")
    network = {"id": "S", "protocol": "ocpp 1.5", "ip": "10.0.0.9", "port": 8080}
    made = await given.charge_point(network=network, capabilities=["disregard_the_heartbeats", "display_messages"])
    assert made["network"] == network
    assert made["networkStatus"] == "available"
    assert (made["capabilities"], made["displayTariffAndCosts"]) == (["disregard_the_heartbeats"], False)


async def test_lists_are_cleared_and_name_each_once(api: Client, given: Given) -> None:
    made = await given.charge_point(tags=["a", "b", "a"], capabilities=["meter_values"])
    assert made["tags"] == ["a", "b"]
    changed = await api.patch(f"{BASE}/{made['id']}", {"tags": [], "capabilities": None})
    assert (changed.data["tags"], changed.data["capabilities"]) == ([], [])


async def test_it_is_found_by_what_it_is(api: Client, given: Given) -> None:
    await given.charge_point()
    model, utility = (await given.model())["id"], (await given.utility())["id"]
    wanted = await given.charge_point(
        name="Here", network={"id": "N-1"}, externalId="X", modelId=model, tags=["t"], sharingCode="S-1",
        utilityId=utility,
    )  # fmt: skip
    await given.evse(wanted, physicalReference="QR 1")
    for query in (
        "name]=Here",
        "networkId]=N-1",
        "externalId]=X",
        f"utilityId]={utility}",
        f"modelId]={model}",
        "tag]=t",
        "sharingCode]=S-1",
        "evsePhysicalReference]=QR%201",
        "locationId]=" + str(wanted["locationId"]),
    ):
        assert await _ids(api, f"filter[{query}") == [wanted["id"]], query
    assert await _ids(api, "filter[roaming]=true") == []
    assert await _ids(api, "filter[roamingOperatorIds][]=1&filter[roamingOperatorIds][]=2") == []
    assert len(await _ids(api, "filter[roaming]=false&filter[type]=public")) == 2
    assert await _ids(api, "filter[vendorId]=99") == await _ids(api, "filter[subOperatorId]=1") == []


async def test_extras_come_when_asked_for(api: Client, given: Given) -> None:
    made = await given.charge_point()
    path = f"{BASE}/{made['id']}"
    names = {"lastBootNotification", "chargingProfile", "smartCharging", "smartChargingPreferences",
             "personalSmartChargingPreferences", "availablePersonalSmartChargingModes"}  # fmt: skip
    plain = (await api.get(path)).data
    assert not names & plain.keys()
    for answer in (await api.get(path, _includes(names)), await api.patch(path, {}, query=_includes(names))):
        assert names <= answer.data.keys()
        assert answer.data["smartCharging"] == {"mode": "disabled"}
    assert (await api.get(path, "include[]=nonsense")).status == 422


def _includes(names: set[str]) -> str:
    return "&".join(f"include[]={name}" for name in sorted(names))


async def test_a_location_knows_its_public_ones(api: Client, given: Given) -> None:
    public = await given.charge_point()
    await given.charge_point(locationId=public["locationId"], type="private")
    await given.charge_point(locationId=public["locationId"], status="disabled")
    answer = await api.get(f"/resources/locations/v1.0/{public['locationId']}")
    assert (answer.data["public_charge_points"], answer.data["public_charge_points_ids"]) == (1, [public["id"]])
