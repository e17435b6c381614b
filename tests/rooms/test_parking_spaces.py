"""Parking spaces: which EVSEs reach them, whether somebody stands there, and who may say so."""

from typing import Any

from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.kit.versions import Version
from ohmstead.rooms.network.durable_facts import EvseMoved
from ohmstead.rooms.network.parking_spaces import Space, parking_spaces, spaces_of, what_is_moved_leaves_the_spaces
from ohmstead.rooms.operator import settings
from tests.client import Answer, Client
from tests.contract import ResourceContract
from tests.given import Given

BASE, ACTION = "/resources/parking-spaces/v1.0", "/actions/parking-spaces/v1.0"


class TestParkingSpaces(ResourceContract):
    resource = parking_spaces
    ignored = ("evses",)  # shown where they are asked for

    def change(self, version: Version) -> dict[str, Any]:
        return {"label": "A2", "locationId": self.there}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        outlet = await given.evse(point := await given.charge_point())
        self.there = point["locationId"]
        return {
            "label": "A1", "locationId": point["locationId"], "externalId": "ext", "status": "disabled",
            "occupancyStatus": "occupied", "disabilitiesAccessible": True, "evses": [outlet["id"]],
        }  # fmt: skip


async def _space(given: Given, *evses: dict[str, Any], **fields: Any) -> dict[str, Any]:
    if "locationId" not in fields:
        fields["locationId"] = (await given.location())["id"]
    return await given.made(BASE, {"label": "A1", "evses": [one["id"] for one in evses]} | fields)


async def _evses(api: Client, space: dict[str, Any]) -> list[int]:
    return (await api.get(f"{BASE}/{space['id']}", "include[]=evses")).data["evses"]


async def _says(api: Client, space: dict[str, Any], status: Any) -> Answer:
    return await api.post(f"{ACTION}/{space['id']}/update-occupancy-status", {"status": status})


async def _told(system: System) -> list[tuple[int, str]]:
    async with system.database.read() as tx:
        mine = outbox.c.topic == "parkingSpace.occupancyChanged"
        rows = await tx.all(select(outbox.c.payload).where(mine).order_by(outbox.c.id))
    return [(row[0]["id"], row[0]["occupancy_status"]) for row in rows]


async def test_a_put_replaces_the_whole(api: Client, given: Given, system: System) -> None:
    point = await given.charge_point()
    one, two = await given.evse(point), await given.evse(point, networkId="2")
    space = await _space(
        given, one, locationId=point["locationId"], externalId="x", status="disabled", occupancyStatus="occupied",
        disabilitiesAccessible=True,
    )  # fmt: skip
    assert await _evses(api, space) == [one["id"]]
    path, body = f"{BASE}/{space['id']}", {"label": "B", "locationId": point["locationId"]}
    put = await api.put(path, body | {"evses": [two["id"], two["id"]]})
    assert put.data == body | {
        "id": space["id"], "externalId": None, "status": "enabled", "occupancyStatus": "unknown",
        "disabilitiesAccessible": False, "lastUpdatedAt": put.data["lastUpdatedAt"],
    }  # fmt: skip
    assert await _evses(api, space) == [two["id"]]
    await api.put(path, body)
    assert await _evses(api, space) == []
    assert (await api.put(path, {"label": "B"})).body["errors"].keys() == {"locationId"}
    assert await _told(system) == [(space["id"], "unknown")]


async def test_its_evses_are_of_one_zone_at_its_location(api: Client, given: Given) -> None:
    place = (await given.location())["id"]
    zones = f"/resources/locations/v2.0/{place}/charging-zones"
    decks = [(await given.made(zones, {"name": name, "status": "enabled"}))["id"] for name in "ab"]
    here = [await given.evse(await given.charge_point(locationId=place, chargingZoneId=deck)) for deck in decks]
    elsewhere = await given.evse(await given.charge_point())
    for wrong, listed in (("evses.1", here), ("evses.0", [elsewhere]), ("evses.1", [here[0], {"id": 999}])):
        body = {"label": "A", "locationId": place, "evses": [one["id"] for one in listed]}
        answer = await api.post(BASE, body)
        assert (answer.status, answer.body["errors"].keys()) == (422, {wrong})
    space = await _space(given, here[0], locationId=place)
    moved = await api.put(f"{BASE}/{space['id']}", {"label": "A", "locationId": 999})
    assert moved.body["errors"].keys() == {"locationId"}


async def test_what_moves_away_leaves_the_space(api: Client, given: Given, system: System) -> None:
    place = (await given.location())["id"]
    deck = await given.made(f"/resources/locations/v2.0/{place}/charging-zones", {"name": "b", "status": "enabled"})
    points = [await given.charge_point(locationId=place) for _ in range(3)]
    evses = [await given.evse(point) for point in points]
    space = await _space(given, *evses, locationId=place)
    ids = [one["id"] for one in evses]
    await api.patch(f"/resources/charge-points/v2.0/{points[0]['id']}", {"locationId": (await given.location())["id"]})
    assert await _evses(api, space) == ids[1:]
    await api.patch(f"/resources/charge-points/v2.0/{points[1]['id']}", {"chargingZoneId": deck["id"]})
    assert await _evses(api, space) == ids[2:]
    alone = await _space(given, evses[1], locationId=place)
    async with system.database.begin() as tx:  # to a satellite that stands where it stood: it stays
        await what_is_moved_leaves_the_spaces(tx, EvseMoved(id=ids[2], left=0, charge_point_id=points[2]["id"]))
    assert (await _evses(api, space), await _evses(api, alone)) == (ids[2:], [ids[1]])
    assert [one["id"] for one in (await api.get(BASE, f"filter[evseId]={ids[2]}")).data] == [space["id"]]
    await api.delete(f"/resources/charge-points/v2.0/{points[2]['id']}")
    assert await _evses(api, space) == []
    assert (await api.get(BASE, f"filter[evseId]={ids[2]}")).data == []


async def test_who_parks_there_is_said_and_told(api: Client, given: Given, system: System) -> None:
    space, off = await _space(given), await _space(given, status="disabled", occupancyStatus="available")
    for status in ("occupied", "occupied", "available"):
        answer = await _says(api, space, status)
        assert (answer.status, answer.body) == (202, None)
        assert (await api.get(f"{BASE}/{space['id']}")).data["occupancyStatus"] == status
    assert await _told(system) == [(space["id"], "occupied"), (space["id"], "available")]
    assert (await _says(api, space, "unknown")).status == 422
    assert (await _says(api, off, "occupied")).status == 406
    assert (await _says(api, {"id": 999}, "occupied")).status == 404
    async with system.database.begin() as tx:
        await settings.put(tx, "features", parkingSpaceOccupancy=False)
    refused = await _says(api, space, "occupied")
    assert (refused.status, refused.body["message"]) == (404, "Feature disabled for the system")
    assert (await api.get(f"{BASE}/{space['id']}")).data["occupancyStatus"] == "available"


async def test_the_filters_find_them(api: Client, given: Given) -> None:
    one, two = await _space(given, externalId="x"), await _space(given, externalId="y")
    found = [(await api.get(BASE, f"filter[externalId]={word}")).data for word in "xyz"]
    assert [[each["id"] for each in page] for page in found] == [[one["id"]], [two["id"]], []]
    assert (await api.get(BASE, "filter[lastUpdatedAfter]=2999-01-01")).data == []


async def test_its_location_stays_while_it_is_there(api: Client, given: Given) -> None:
    space = await _space(given)
    place = f"/resources/locations/v2.0/{space['locationId']}"
    assert (await api.delete(place)).status == 409
    await api.delete(f"{BASE}/{space['id']}")
    assert (await api.delete(place)).status == 204


async def test_a_partner_sees_the_spaces_of_its_evses(api: Client, given: Given) -> None:
    """And changes those that it made; of the EVSEs beside it sees its own, and takes away no others."""
    partner = await given.client("*", partner_id=71)
    place = (await given.location())["id"]
    mine = (await partner.post("/resources/charge-points/v2.0", {"name": "m", "type": "public"})).body
    assert "locationId" in mine["errors"]
    point = await given.charge_point(locationId=place, partner={"id": 71})
    other = await given.charge_point(locationId=place)
    own, foreign = await given.evse(point), await given.evse(other)
    shared, strange = (
        await _space(given, own, foreign, locationId=place),
        await _space(given, foreign, locationId=place),
    )
    assert [one["id"] for one in (await partner.get(BASE, "include[]=evses")).data] == [shared["id"]]
    assert await _evses(partner, shared) == [own["id"]]
    assert (await partner.get(f"{BASE}/{strange['id']}")).status == 404
    body = {"label": "P", "locationId": place}
    assert (await partner.put(f"{BASE}/{shared['id']}", body)).status == 403
    assert (await _says(partner, shared, "occupied")).status == 403
    made = (await partner.post(BASE, body | {"evses": [own["id"]]})).data
    assert (await partner.post(BASE, body | {"evses": [foreign["id"]]})).body["errors"].keys() == {"evses.0"}
    assert (await _says(partner, made, "occupied")).status == 202
    await api.put(f"{BASE}/{made['id']}", body | {"evses": [own["id"], foreign["id"]]})
    assert (await partner.put(f"{BASE}/{made['id']}", body)).status == 200
    assert await _evses(api, made) == [foreign["id"]]
    await partner.close()


async def test_a_sub_operator_has_the_spaces_of_its_partners(api: Client, given: Given) -> None:
    """Whose one is that it makes follows from the EVSEs beside it."""
    points = [await given.charge_point(partner={"id": await given.partner_of_id(number)}) for number in (71, 72, 73)]
    evses = [await given.evse(point) for point in points]
    made = await given.made("/internal/sub-operators/v1.0", {"name": "West", "partner_ids": [71, 72]})
    several = await given.client("*", sub_operator_id=made["id"])
    spaces = [
        await _space(given, one, locationId=point["locationId"]) for point, one in zip(points, evses, strict=True)
    ]
    listed = (await several.get(BASE, "include[]=evses")).data
    assert [(one["id"], one["evses"]) for one in listed] == [
        (spaces[0]["id"], [evses[0]["id"]]),
        (spaces[1]["id"], [evses[1]["id"]]),
    ]
    body = {"label": "S", "locationId": points[1]["locationId"]}
    assert (await several.post(BASE, body)).body["errors"].keys() == {"partnerId"}
    own = (await several.post(BASE, body | {"evses": [evses[1]["id"]]})).data
    assert (await several.put(f"{BASE}/{own['id']}", body)).status == 200
    assert await _evses(api, own) == []
    seen = await given.client("*", partner_id=72)
    assert (await seen.get(f"{BASE}/{own['id']}")).status == 200
    for client in (several, seen):
        await client.close()


async def test_bookings_learn_where_an_evse_is_reached_from(given: Given, system: System) -> None:
    point = await given.charge_point()
    one, two = await given.evse(point), await given.evse(point, networkId="2")
    wide = await _space(given, one, two, locationId=point["locationId"], disabilitiesAccessible=True)
    off = await _space(given, one, locationId=point["locationId"], status="disabled", occupancyStatus="occupied")
    async with system.database.read() as tx:
        found = await spaces_of(tx, [one["id"], two["id"], 999])
    accessible = Space(wide["id"], "enabled", "unknown", True)
    assert found == {one["id"]: [accessible, Space(off["id"], "disabled", "occupied", False)], two["id"]: [accessible]}
