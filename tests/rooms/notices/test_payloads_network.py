"""What is told of locations, charge points, EVSEs and parking spaces."""

from typing import Any

from sqlalchemy import delete

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import StatusChanged
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.given import Given
from tests.notices import everything_wanted, told

LOCATIONS, POINTS, EVSES = "/resources/locations/v2.0", "/resources/charge-points/v2.0", "/resources/evses/v2.1"
OLDER = "/resources/charge-points/v1.0"
WHOLE, MASTER, OUTLET = "ChargePointChangedNotification", "chargePoint.changed", "evse.changed"


def events(bodies: list[dict[str, Any]]) -> list[tuple[str, Any, str]]:
    """Name, id and action of each."""
    named = {WHOLE: lambda one: one["chargePoint"]["id"], MASTER: lambda one: one["chargePointId"],
             OUTLET: lambda one: one["evseId"]}  # fmt: skip
    return [(one["notification"], named[one["notification"]](one), one["action"]) for one in bodies]


class Told:
    """What was told of charge points and EVSEs since it was last asked for."""

    def __init__(self, system: System) -> None:
        self._database = system.database

    async def __call__(self) -> list[dict[str, Any]]:
        bodies = await told(self._database, WHOLE, MASTER, OUTLET)
        async with self._database.begin() as tx:
            await tx.run(delete(outbox))
        return bodies


async def test_a_location_is_told_in_the_words_of_version_1(system: System, given: Given, api: Client) -> None:
    older = "/resources/locations/v1.0"
    hours = {"isAlwaysOpen": False, "hours": {"monday": [{"start": "08:00", "end": "18:00"}]}}
    with everything_wanted():
        made = await given.location(country="US", state="CA", city="Ohm", postCode="9", workingHours=hours)
        path = f"{LOCATIONS}/{made['id']}"
        first = (await api.get(f"{older}/{made['id']}")).data
        await api.patch(path, {"city": "Volt"})
        second = (await api.get(f"{older}/{made['id']}")).data
        assert (await api.delete(path)).status == 204
    bodies = await told(system.database, "LocationChangedNotification")
    assert [(one["location"], one["action"]) for one in bodies] == [
        (first, "created"), (second, "updated"), (second, "deleted"),
    ]  # fmt: skip
    assert first["region"] == "CA"
    assert (first["city"], second["city"]) == ("Ohm", "Volt")
    assert bodies[0]["lastUpdatedAt"] == made["lastUpdatedAt"]


async def test_a_charge_point_is_told_in_brief_and_as_a_whole(system: System, given: Given, api: Client) -> None:
    with everything_wanted():
        made = await given.charge_point()
        shown = (await api.get(f"{OLDER}/{made['id']}")).data
        await api.patch(f"{POINTS}/{made['id']}", {"name": "Second"})
        await api.patch(f"{POINTS}/{made['id']}", {"name": "Third"})
    bodies = await told(system.database, WHOLE, MASTER)
    at = made["lastUpdatedAt"]
    assert bodies[0] == {
        "notification": MASTER, "chargePointId": made["id"], "action": "created", "lastUpdatedAt": at,
    }  # fmt: skip
    assert bodies[1] == {"notification": WHOLE, "chargePoint": shown, "action": "created", "lastUpdatedAt": at}
    names = [one["chargePoint"]["name"] for one in bodies if one["notification"] == WHOLE]
    assert names == [made["name"], "Second", "Third"]


async def test_an_evse_and_its_connectors_are_told(system: System, given: Given, api: Client) -> None:
    point = await given.charge_point()
    key, news = point["id"], Told(system)
    await news()
    whole = (WHOLE, key, "updated")
    with everything_wanted():
        made = await given.evse(point)
        outlet, path = made["id"], f"{POINTS}/{key}/evses/{made['id']}"
        assert events(await news()) == [whole, (OUTLET, outlet, "created")]
        plug = await given.made(f"{path}/connectors", {"type": "type2"})
        assert events(told_of_plug := await news()) == [(OUTLET, outlet, "updated"), whole]
        await api.patch(f"{path}/connectors/{plug['id']}", {"type": "ccs2"})
        assert events(await news()) == [(OUTLET, outlet, "updated"), whole]
        await api.delete(f"{path}/connectors/{plug['id']}")
        assert events(await news()) == [(OUTLET, outlet, "updated"), whole]
        await api.patch(f"{EVSES}/{outlet}", {"label": "A"})
        assert events(await news()) == [whole, (OUTLET, outlet, "updated")]
        await api.delete(path)
        gone = await news()
        assert events(gone) == [whole, (OUTLET, outlet, "deleted")]
    assert [one["type"] for one in told_of_plug[1]["chargePoint"]["evses"][0]["connectors"]] == ["type2"]
    assert gone[0]["chargePoint"]["evses"] == []
    assert gone[1] == {
        "notification": OUTLET, "evseId": outlet, "action": "deleted", "lastUpdatedAt": gone[1]["lastUpdatedAt"],
    }  # fmt: skip


async def test_evses_go_with_their_charge_point(system: System, given: Given, api: Client) -> None:
    point = await given.charge_point()
    ours = [(await given.evse(point, networkId=number))["id"] for number in ("1", "2")]
    news = Told(system)
    await news()
    with everything_wanted():
        assert (await api.delete(f"{POINTS}/{point['id']}")).status == 204
    gone = await news()
    assert events(gone) == [
        *((OUTLET, key, "deleted") for key in ours), (MASTER, point["id"], "deleted"), (WHOLE, point["id"], "deleted"),
    ]  # fmt: skip
    assert [one["id"] for one in gone[-1]["chargePoint"]["evses"]] == ours  # as it was


async def test_older_bodies_change_a_charge_point_and_its_evses_once(system: System, given: Given, api: Client) -> None:
    template = await given.template({"networkId": "1"}, {"networkId": "2"})
    news, place = Told(system), (await given.location())["id"]
    body = {"name": "Old", "networkId": None, "status": "active", "templateId": template["id"], "locationId": place}
    with everything_wanted():
        made = await given.made(OLDER, body)
        one, two = (outlet["id"] for outlet in made["evses"])
        key = made["id"]
        assert events(created := await news()) == [
            (OUTLET, one, "created"), (OUTLET, two, "created"), (MASTER, key, "created"), (WHOLE, key, "created"),
        ]  # fmt: skip
        assert created[-1]["chargePoint"] == made
        await api.patch(f"{OLDER}/{key}", {"evses": {"2": {"physicalReference": "B"}}})
        assert events(await news()) == [(OUTLET, two, "updated"), (MASTER, key, "updated"), (WHOLE, key, "updated")]


async def test_groups_that_many_get_at_once_are_told_of_each(system: System, given: Given, api: Client) -> None:
    point, group = await given.charge_point(), await given.tariff_group()
    one, two = [(await given.evse(point, networkId=number))["id"] for number in ("1", "2")]
    news = Told(system)
    await news()
    assign = "/actions/evse/v1.0/bulk-assign-tariff-group"
    with everything_wanted():
        for _ in range(2):  # of which the second changes nothing
            await api.post(assign, {"filters": {"evseIds": [one, two]}, "tariffGroupId": group["id"]})
    happened = events(await news())
    assert sorted(happened) == sorted(
        [(OUTLET, one, "updated"), (OUTLET, two, "updated"), (WHOLE, point["id"], "updated")]
    )


async def test_what_moves_to_a_satellite_changes_both(system: System, given: Given, api: Client) -> None:
    master = await given.charge_point()
    outlet = (await given.evse(master))["id"]
    through = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": master["id"]}
    satellite, news = await given.charge_point(network={}, **through), Told(system)
    await news()
    with everything_wanted():
        body = {"satelliteChargePointId": satellite["id"], "evseIds": [outlet]}
        await api.post(f"/actions/charge-point/v1.0/{master['id']}/move-evses-to-satellite", body)
    moved = await news()
    assert events(moved) == [
        (OUTLET, outlet, "updated"), (WHOLE, master["id"], "updated"), (WHOLE, satellite["id"], "updated"),
    ]  # fmt: skip
    assert [len(one["chargePoint"]["evses"]) for one in moved[1:]] == [0, 1]


async def test_a_satellite_is_told_where_it_inherits_something_new(system: System, given: Given, api: Client) -> None:
    master = await given.charge_point()
    through = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": master["id"]}
    satellite, news = await given.charge_point(network={}, **through), Told(system)
    await news()
    await api.patch(f"{POINTS}/{master['id']}", {"name": "Its own"})
    assert [one["chargePointId"] for one in await news() if "chargePointId" in one] == [master["id"]]
    await api.patch(f"{POINTS}/{master['id']}", {"networkType": "ethernet"})
    assert [one["chargePointId"] for one in await news() if "chargePointId" in one] == [satellite["id"], master["id"]]


async def test_an_outlet_that_a_station_tells_of_comes_to_be_and_its_status_is_no_change(
    system: System, given: Given, api: Client
) -> None:
    point = await given.charge_point()
    news = Told(system)
    await news()
    with everything_wanted():
        for status in ("available", "charging", "available"):
            await says(system, point, 1, status)
        happened = await news()
        assert events(happened) == [(OUTLET, happened[0]["evseId"], "created"), (WHOLE, point["id"], "updated")]
        await says(system, point, 0, "faulted")
    assert events(await news()) == []


async def says(system: System, point: dict[str, Any], number: int, status: Any) -> None:
    """A station tells what state an EVSE is in (0: itself)."""
    async with system.database.begin() as tx:
        said = StatusChanged(
            charge_point_id=point["id"], evse_network_id=number, status=status, error_code=None,
            vendor_error_code=None, vendor_id=None, info=None, at=tx.now, received_at=tx.now,
        )  # fmt: skip
        await presence.status_changed(tx, said)


async def test_a_charge_point_of_a_deleted_owner_is_told_unless_it_is_gone(
    system: System, given: Given, api: Client
) -> None:
    owner = await given.user()
    mine = {"type": "personal", "pin": "1234", "user": {"id": int(owner["id"])}}
    there, gone = await given.charge_point(**mine), await given.charge_point(**mine)
    await api.delete(f"{POINTS}/{gone['id']}")
    news = Told(system)
    await news()
    with everything_wanted():
        assert (await api.delete(f"/resources/users/v1.0/{owner['id']}")).status == 204
    happened = await news()
    assert events(happened) == [(MASTER, there["id"], "updated"), (WHOLE, there["id"], "updated")]
    assert happened[1]["chargePoint"]["ownerUserId"] is None


async def test_who_parks_is_told_as_far_as_it_is_known(system: System, given: Given, api: Client) -> None:
    async with system.database.begin() as tx:
        await settings.put(tx, "features", parkingSpaceOccupancy=True)
    space = await given.made("/resources/parking-spaces/v1.0",
                             {"label": "A1", "locationId": (await given.location())["id"]})  # fmt: skip
    for status in ("occupied", "occupied", "available"):
        path = f"/actions/parking-spaces/v1.0/{space['id']}/update-occupancy-status"
        assert (await api.post(path, {"status": status})).status == 202
    body = {"label": "A1", "locationId": space["locationId"], "occupancyStatus": "unknown"}
    assert (await api.put(f"/resources/parking-spaces/v1.0/{space['id']}", body)).status == 200
    bodies = await told(system.database, "parkingSpace.occupancyStatus.changed")
    moments = [one.pop("lastUpdatedAt") for one in bodies]
    name = {"notification": "parkingSpace.occupancyStatus.changed", "parkingSpaceId": space["id"]}
    assert bodies == [name | {"occupancyStatus": "occupied"}, name | {"occupancyStatus": "available"}]
    assert moments == sorted(moments)
