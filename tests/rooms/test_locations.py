"""Locations: both versions, their places, opening hours, lists and texts."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.locations import location, locations
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

BASE, OLD = "/resources/locations/v2.0", "/resources/locations/v1.0"
HOURS = {"monday": [{"start": "08:00", "end": "12:00"}, {"start": "13:00", "end": "00:00"}], "sunday": []}


def texts(**by_locale: str) -> list[dict[str, str]]:
    return [{"locale": locale, "translation": text} for locale, text in by_locale.items()]


class TestLocations(ResourceContract):
    resource = locations
    create = {
        "name": texts(en="Main street", de="Hauptstraße"),
        "shortDescription": texts(en="By the station"),
        "description": texts(en="Eight chargers under a roof of glass"),
        "geoposition": {"latitude": 48.2082, "longitude": 16.3738},
        "address": texts(en="Main street 1, Vienna"),
        "city": "Vienna",
        "region": "Vienna",
        "country": "AT",
        "postCode": "1010",
        "timezone": "Europe/Vienna",
        "parkingType": "PARKING_LOT",
        "accessMethods": ["OPEN", "TOKEN"],
        "facilities": [],
        "workingHours": {"isAlwaysOpen": False, "alwaysOpenForUserGroupIds": [], "hours": HOURS},
        "tags": ["city", "fast"],
    }
    update = {"name": texts(en="High street"), "postCode": None, "geoposition": {"latitude": -1, "longitude": 180}}
    versions = {
        "v1.0": {
            "create": {
                "name": {"en": "Main street"},
                "status": "disabled",
                "description": {"en": "By the station"},
                "detailed_description": {"en": "Eight chargers"},
                "additional_description": {"en": "Mind the step"},
                "geoposition": {"latitude": 40.7, "longitude": -74.0},
                "address": {"en": "Main street 1"},
                "post_code": "10001",
                "region": "NY",
                "city": "New York",
                "country": "US",
                "timezone": "America/New_York",
                "working_hours": {"is_always_open": False, "hours": HOURS, "stop_session_outside_working_hours": True},
            },
            "update": {"name": {"fr": "Rue haute"}, "status": "active", "region": "NJ"},
        }
    }


async def test_c13_names_are_lists_and_in_the_old_version_objects(api: Client, given: Given) -> None:
    old = await given.made(OLD, TestLocations.versions["v1.0"]["create"] | {"external_id": "A-1"})
    new = (await api.get(f"{BASE}/{old['id']}")).data
    assert new["name"] == texts(en="Main street")
    assert new["shortDescription"] == texts(en="By the station")
    assert new["description"] == texts(en="Eight chargers")
    assert (new["state"], new["region"], new["status"]) == ("NY", None, "disabled")
    assert new["workingHours"] == {
        "isAlwaysOpen": False, "hours": HOURS, "stopSessionOutsideWorkingHours": True
    }  # fmt: skip
    assert new["externalId"] == "A-1"
    assert (old["public_charge_points"], old["public_charge_points_ids"], old["images"]) == (0, [], [])
    assert old["location_image"] is None
    assert old["lastUpdatedAt"].endswith("+00:00")


async def test_what_is_not_given_has_its_plain_value(api: Client, given: Given) -> None:
    new = await given.made(BASE, {})
    assert new["workingHours"] == {"isAlwaysOpen": True}
    assert new["name"] == new["tags"] == []
    assert new["status"] == "enabled"
    assert {"parkingType", "accessMethods", "facilities", "state", "geoposition", "roaming"}.isdisjoint(new)
    old = (await api.get(f"{OLD}/{new['id']}")).data
    assert {"post_code", "city", "region"}.isdisjoint(old)


async def test_texts_are_replaced_as_a_whole(api: Client, given: Given) -> None:
    made = await given.made(BASE, {"name": texts(en="One", de="Eins"), "address": texts(en="Here")})
    changed = (await api.patch(f"{BASE}/{made['id']}", {"name": texts(de="Zwei")})).data
    assert (changed["name"], changed["address"]) == (texts(de="Zwei"), texts(en="Here"))
    changed = (await api.patch(f"{OLD}/{made['id']}", {"name": {"en": "Two", "de": None}})).body
    assert changed["name"] == {"en": "Two"}
    twice = await api.patch(f"{BASE}/{made['id']}", {"shortDescription": texts(de="a") + texts(de="b")})
    assert twice.body["errors"].keys() == {"shortDescription"}


@pytest.mark.parametrize("field", ["accessMethods", "facilities"])
async def test_null_clears_a_list_and_nothing_leaves_it(api: Client, given: Given, field: str) -> None:
    word = {"accessMethods": "TOKEN", "facilities": "CAFE"}[field]
    made = await given.made(BASE, {field: [word, word], "parkingType": "ON_STREET"})
    path = f"{BASE}/{made['id']}"
    assert made[field] == [word]
    assert (await api.patch(path, {"tags": ["x", "y", "x"]})).data["tags"] == ["x", "y"]
    assert (await api.get(path)).data[field] == [word]
    assert (await api.patch(path, {field: []})).data[field] == []
    cleared = (await api.patch(path, {field: None, "parkingType": None})).data
    assert {field, "parkingType"}.isdisjoint(cleared)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"country": "US", "state": "TX"}, set()),
        ({"country": "UM", "state": "81"}, set()),
        ({"country": "DE", "region": "Bavaria"}, set()),
        ({"country": "US", "state": "QLD"}, {"state"}),
        ({"country": "DE", "state": "TX"}, {"state"}),
        ({"state": "TX"}, {"state"}),
        ({"country": "RO", "region": "Alba"}, {"region"}),
        ({"country": "XX"}, {"country"}),
        ({"country": "US", "state": "??"}, {"state"}),
        ({"timezone": "Europe/Atlantis"}, {"timezone"}),
        ({"timezone": "../etc/passwd"}, {"timezone"}),
        ({"geoposition": {"latitude": 91, "longitude": 0}}, {"geoposition.latitude"}),
        ({"geoposition": {"latitude": 1}}, {"geoposition.longitude"}),
        ({"name": [{"locale": "e", "translation": "x"}]}, {"name.0.locale"}),
        ({"timezone": "nowhere", "country": "DE", "state": "TX"}, {"timezone", "state"}),
    ],
)
async def test_a_place_is_checked(api: Client, body: dict[str, Any], wrong: set[str]) -> None:
    answer = await api.post(BASE, body)
    assert (answer.status, set(answer.body.get("errors", ()))) == (422 if wrong else 201, wrong)


async def test_a_change_of_country_drops_what_no_longer_fits(api: Client, given: Given) -> None:
    path = f"{BASE}/{(await given.made(BASE, {'country': 'US', 'state': 'WA'}))['id']}"
    assert (await api.patch(path, {"country": "AU"})).data["state"] == "WA"
    assert "state" not in (await api.patch(path, {"country": "FR", "region": "Normandy"})).data
    assert (await api.patch(path, {"country": "CA"})).data["region"] is None
    assert (await api.patch(path, {"state": "TX"})).body["errors"].keys() == {"state"}


async def test_the_old_region_is_a_state_where_there_are_states(api: Client, given: Given) -> None:
    assert (await api.post(OLD, {"country": "US", "region": "Texas"})).body["errors"].keys() == {"region"}
    for country, region, state, free in [("AU", "NSW", "NSW", None), ("CA", "Ontario", None, "Ontario")]:
        made = await given.made(OLD, {"country": country, "region": region})
        new = (await api.get(f"{BASE}/{made['id']}")).data
        assert (made["region"], new.get("state"), new["region"]) == (region, state, free)


@pytest.mark.parametrize(
    ("hours", "wrong"),
    [
        ({"isAlwaysOpen": False}, {"workingHours.hours"}),
        ({"isAlwaysOpen": False, "hours": None}, {"workingHours.hours"}),
        ({"isAlwaysOpen": False, "hours": {}}, set()),
        ({"hours": {"friday": [{"start": "10:00", "end": "24:00"}]}}, set()),
        ({"hours": {"friday": [{"start": "10:00", "end": "09:00"}]}}, {"workingHours.hours.friday.0.end"}),
        ({"hours": {"friday": [{"start": "9:00", "end": "10:00"}]}}, {"workingHours.hours.friday.0.start"}),
        ({"hours": {"friday": [{"start": "09:00"}]}}, {"workingHours.hours.friday.0.end"}),
        (
            {"hours": {"friday": [{"start": "09:00", "end": "12:00"}, {"start": "08:00", "end": "09:01"}]}},
            {"workingHours.hours.friday"},
        ),
        ({"hours": {"friday": [{"start": "09:00", "end": "12:00"}, {"start": "08:00", "end": "09:00"}]}}, set()),
    ],
)
async def test_working_hours_are_checked(api: Client, hours: dict[str, Any], wrong: set[str]) -> None:
    answer = await api.post(BASE, {"workingHours": hours})
    assert (answer.status, set(answer.body.get("errors", ()))) == (422 if wrong else 201, wrong)
    if not wrong:
        assert answer.data["workingHours"] == {"isAlwaysOpen": False} | hours


async def test_working_hours_change_member_by_member(api: Client, given: Given) -> None:
    path = f"{BASE}/{(await given.made(BASE, {'workingHours': {'hours': HOURS}}))['id']}"
    hours = (await api.patch(path, {"workingHours": {"stopSessionOutsideWorkingHours": True}})).data["workingHours"]
    assert hours == {"isAlwaysOpen": False, "hours": HOURS, "stopSessionOutsideWorkingHours": True}
    hours = (await api.patch(path, {"workingHours": {"isAlwaysOpen": True}})).data["workingHours"]
    assert hours == {"isAlwaysOpen": True, "stopSessionOutsideWorkingHours": True}
    late = await api.patch(f"{OLD}/{path.rsplit('/')[-1]}", {"working_hours": {"is_always_open": False}})
    assert late.body["errors"].keys() == {"working_hours.hours"}


async def test_an_external_id_is_unique_among_the_living(api: Client, given: Given) -> None:
    made = await given.made(BASE, {"externalId": "E"})
    assert (await api.post(BASE, {"externalId": "E"})).body["errors"].keys() == {"externalId"}
    assert (await api.post(OLD, {"external_id": "E"})).body["errors"].keys() == {"external_id"}
    await api.delete(f"{BASE}/{made['id']}")
    assert (await api.post(BASE, {"externalId": "E"})).status == 201


async def test_every_filter_chooses(api: Client, given: Given, system: System) -> None:
    mine = await given.made(BASE, {
        "country": "US", "state": "TX", "city": "Austin", "postCode": "78701", "externalId": "X", "tags": ["a", "b"],
    })  # fmt: skip
    other = await given.made(BASE, {"country": "DE", "region": "Bavaria", "city": "Munich", "tags": ["c"]})
    await given.partner_of_id(7)
    async with system.database.begin() as tx:
        await tx.run(
            update(location)
            .where(location.c.id == mine["id"])
            .values(partner_id=7, status="disabled", roaming_operator_id=1)
        )
    moment = mine["lastUpdatedAt"].replace("+", "%2B")
    for query, found in {
        "country=US": [mine], "state=TX": [mine], "region=Bavaria": [other], "city=Austin": [mine], "tag=b": [mine],
        "postCode=78701": [mine], "externalId=X": [mine], "partnerId=7": [mine], "partnerId=null": [other],
        "roaming=true": [mine], "roaming=0": [other], "status=active": [other], "status=disabled": [mine],
        "country=FR": [], f"lastUpdatedAfter={moment}": [mine, other], "lastUpdatedBefore=2000-01-01": [],
    }.items():  # fmt: skip
        name, _, value = query.partition("=")
        for base in (BASE, OLD):
            answer = await api.get(base, f"filter[{name}]={value}")
            assert [row["id"] for row in answer.data] == [one["id"] for one in found], (query, base)
    assert (await api.get(BASE, "filter[country]=XX")).body["errors"].keys() == {"filter.country"}


async def test_includes_come_when_asked_for(api: Client, given: Given, system: System) -> None:
    app_data = {"erp": {"site": 12, "tags": [True, None]}}
    made = await given.made(BASE, {"externalAppData": app_data})
    images = [{"original": "https://images.example/1.png", "mimeType": "image/png"}]
    async with system.database.begin() as tx:
        await tx.run(update(location).values(location_image=images[0], images=images))
    names = ("locationImage", "images", "externalAppData", "chargingZones")
    plain = (await api.get(f"{BASE}/{made['id']}")).data
    assert set(names).isdisjoint(plain)
    everything = "&".join(f"include[]={name}" for name in names)
    wanted = {"locationImage": images[0], "images": images, "externalAppData": app_data, "chargingZones": []}
    for answer in (
        (await api.get(f"{BASE}/{made['id']}", everything)).data,
        (await api.get(BASE, everything)).data[0],
        (await api.patch(f"{BASE}/{made['id']}", {"city": "Rome"}, query=everything)).data,
    ):
        assert {name: answer[name] for name in names} == wanted
    assert (await api.get(BASE, "include[]=nonsense")).body["errors"].keys() == {"include"}


async def test_changes_are_told(api: Client, given: Given, system: System) -> None:
    made = await given.made(BASE, {"city": "Oslo"})
    await api.patch(f"{OLD}/{made['id']}", {"city": "Bergen"})
    await api.delete(f"{BASE}/{made['id']}")
    async with system.database.read() as tx:
        told = await tx.all(select(outbox.c.payload).where(outbox.c.topic == "location.changed").order_by(outbox.c.id))
    assert [row["payload"] for row in told] == [
        {"id": made["id"], "action": action} for action in ("created", "updated", "deleted")
    ]


async def test_a_partner_has_its_own_locations(given: Given, system: System) -> None:
    await given.partner_of_id(8)
    async with system.database.begin() as tx:
        row = {"created_at": tx.now, "updated_at": tx.now, "partner_id": 8}
        foreign = await tx.value(insert(location).values(**row).returning(location.c.id))
    shared = await given.made(BASE, {})
    partner = await given.client("locations.*", partner_id=7)
    try:
        mine = (await partner.post(BASE, {"city": "Graz"})).data
        assert [row["id"] for row in (await partner.get(BASE)).data] == [mine["id"]]
        for other in (foreign, shared["id"]):
            assert (await partner.patch(f"{BASE}/{other}", {"city": "Linz"})).status == 404
    finally:
        await partner.close()


async def test_charge_points_make_a_location_a_partners(api: Client, given: Given, system: System) -> None:
    empty, held, operators = [(await given.location())["id"] for _ in range(3)]
    one, other = await given.charge_point(locationId=held), await given.charge_point(locationId=held)
    await given.charge_point(locationId=operators)
    await given.partner_of_id(7)
    async with system.database.begin() as tx:
        await tx.run(update(charge_point).where(charge_point.c.id == one["id"]).values(partner_id=7))
    for query, found in {"7": [held], "8": [], "null": [empty, operators]}.items():
        for base in (BASE, OLD):
            listed = (await api.get(base, f"filter[partnerId]={query}")).data
            assert [row["id"] for row in listed] == found, (query, base)
    assert (await api.delete(f"/resources/charge-points/v2.0/{one['id']}")).status == 204
    assert (await api.get(BASE, "filter[partnerId]=7")).data == []
    assert (await api.get(f"{OLD}/{held}")).data["public_charge_points_ids"] == [other["id"]]


async def test_a_location_with_charge_points_stays(api: Client, given: Given) -> None:
    made = await given.charge_point()
    path = f"{BASE}/{made['locationId']}"
    assert (await api.delete(path)).status == 409
    assert (await api.get(path)).status == 200
    assert (await api.delete(f"/resources/charge-points/v2.0/{made['id']}")).status == 204
    assert (await api.delete(path)).status == 204
