"""Charging zones below their location."""

from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.versions import Version
from ohmstead.rooms.network.zones import charging_zone, zones
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given


class TestChargingZones(ResourceContract):
    resource = zones
    create = {
        "name": "Deck 1",
        "status": "enabled",
        "additionalInfo": {"enabled": True, "title": [{"locale": "en", "translation": "First deck"}]},
    }
    update = {"name": "Deck 2", "status": "disabled"}

    async def base(self, given: Given, version: Version) -> str:
        return f"/resources/locations/v2.0/{(await given.location())['id']}/charging-zones"


async def zone(given: Given, location: int, **fields: object) -> dict[str, object]:
    body = {"name": "Deck", "status": "enabled"} | fields
    return await given.made(f"/resources/locations/v2.0/{location}/charging-zones", body)


async def test_a_zone_is_found_below_its_own_location_only(api: Client, given: Given) -> None:
    here, there = await given.location(), await given.location()
    made = await zone(given, here["id"])
    assert made["locationId"] == here["id"]
    other = f"/resources/locations/v2.0/{there['id']}/charging-zones"
    for method in ("GET", "PATCH", "DELETE"):
        assert (await api.request(method, f"{other}/{made['id']}")).status == 404
    assert (await api.get(other)).data == []
    assert (await api.get("/resources/locations/v2.0/999/charging-zones")).status == 404
    assert (
        await api.post("/resources/locations/v2.0/999/charging-zones", {"name": "x", "status": "enabled"})
    ).status == 404


async def test_additional_info_changes_member_by_member(api: Client, given: Given) -> None:
    location = await given.location()
    made = await zone(given, location["id"])
    assert made["additionalInfo"] == {"enabled": False}
    path = f"/resources/locations/v2.0/{location['id']}/charging-zones/{made['id']}"
    title = [{"locale": "de", "translation": "Etage"}]
    assert (await api.patch(path, {"additionalInfo": {"title": title}})).status == 200
    info = (await api.patch(path, {"additionalInfo": {"enabled": True}})).data["additionalInfo"]
    assert info == {"enabled": True, "title": title}


async def test_a_location_includes_its_zones_in_order(api: Client, given: Given) -> None:
    location, other = await given.location(), await given.location()
    made = [await zone(given, location["id"], name=f"Deck {number}") for number in (1, 2)]
    await zone(given, other["id"])
    answer = await api.get(f"/resources/locations/v2.0/{location['id']}", "include[]=chargingZones")
    assert answer.data["chargingZones"] == made


async def test_zones_go_with_their_location(api: Client, given: Given, system: System) -> None:
    location = await given.location()
    await zone(given, location["id"])
    assert (await api.delete(f"/resources/locations/v2.0/{location['id']}")).status == 204
    async with system.database.read() as tx:
        assert await tx.value(select(charging_zone.c.deleted_at)) is not None
