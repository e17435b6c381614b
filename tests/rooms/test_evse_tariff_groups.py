"""Tariff groups at EVSEs: whose group an EVSE may have, and what keeps a group."""

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.rooms.network import tariff_groups
from tests.client import Client
from tests.given import Given
from tests.rooms.test_tariffs import GROUPS, refused

EVSES = "/resources/evses/v2.1"
POINTS = "/resources/charge-points/v2.0"
BULK = "/actions/evse/v1.0/bulk-assign-tariff-group"


@pytest.fixture(autouse=True)
async def partners(given: Given) -> None:
    """7 and 8, and what prices are in."""
    await given.currency()
    for number in (7, 8):
        await given.partner_of_id(number)


async def outlet(given: Given, partner: int | None = None, **fields: Any) -> dict[str, Any]:
    """An EVSE at a charge point of a partner, or of the operator."""
    point = await given.charge_point(**({"partner": {"id": partner}} if partner else {}))
    return await given.evse(point, **fields) | {"chargePointId": point["id"]}


async def test_an_evse_has_a_group_that_is_there(api: Client, given: Given) -> None:
    group, here = await given.tariff_group(), await outlet(given)
    path = f"{EVSES}/{here['id']}"
    refused(await api.patch(path, {"tariffGroupId": 99_999}), "tariffGroupId")
    assert (await api.patch(path, {"tariffGroupId": group["id"]})).data["tariffGroupId"] == group["id"]
    below = f"{POINTS}/{here['chargePointId']}/evses/{here['id']}"
    assert (await api.get(below)).data["tariffGroupId"] == group["id"]
    assert (await api.patch(below, {"tariffGroupId": None})).data.get("tariffGroupId") is None
    assert (await outlet(given, tariffGroupId=group["id"]))["tariffGroupId"] == group["id"]


@pytest.mark.parametrize(
    ("of_group", "of_point", "allowed"),
    [(None, None, True), (None, 7, True), (7, 7, True), (7, 8, False), (7, None, False)],
)
async def test_it_is_the_operators_or_the_partners(
    api: Client, given: Given, of_group: int | None, of_point: int | None, allowed: bool
) -> None:
    group, here = (await given.tariff_group(partnerId=of_group))["id"], await outlet(given, of_point)
    answer = await api.patch(f"{EVSES}/{here['id']}", {"tariffGroupId": group})
    assert answer.status == (200 if allowed else 422)
    made = await api.post(f"{POINTS}/{here['chargePointId']}/evses", {
        "physicalReference": "new", "currentType": "ac", "networkId": "2", "status": "enabled", "tariffGroupId": group,
    })  # fmt: skip
    assert made.status == (201 if allowed else 422)
    older = await api.patch(f"/resources/charge-points/v1.0/{here['chargePointId']}", {
        "evses": {"1": {"tariffGroupId": group}}})  # fmt: skip
    assert older.status == (200 if allowed else 422), older.body
    bulk = await api.post(BULK, {"filters": {"evseIds": [here["id"]]}, "tariffGroupId": group})
    assert bulk.status == (202 if allowed else 422)
    if not allowed:
        refused(answer, "tariffGroupId")
        refused(older, "evses.1.tariffGroupId")
        refused(bulk, "tariffGroupId")


async def test_a_template_has_a_group_of_the_operators(api: Client, given: Given) -> None:
    group, theirs = await given.tariff_group(), await given.tariff_group(partnerId=7)
    template = await given.template({"tariffGroupId": group["id"]})
    path = f"/internal/charge-point-templates/v1.0/{template['id']}/evses"
    body = {"networkId": "2", "currentType": "ac"}
    for wrong in (theirs["id"], 99_999):
        refused(await api.post(path, body | {"tariffGroupId": wrong}), "tariffGroupId")
    shown = (await api.get("/resources/templates/v1.0")).data[0]["evses"]
    assert [one["tariffGroupId"] for one in shown] == [group["id"]]
    kept = await api.delete(f"{GROUPS}/{group['id']}")
    assert (kept.status, kept.body["message"]) == (409, "The tariff group is still in use.")
    refused(await api.put(f"{GROUPS}/{group['id']}", {"name": "x", "partnerId": 7}), "partnerId")


async def test_a_group_in_use_stays_until_its_last_evse_has_gone(api: Client, given: Given) -> None:
    group = (await given.tariff_group())["id"]
    here, there = await outlet(given, tariffGroupId=group), await outlet(given, tariffGroupId=group)
    path = f"{GROUPS}/{group}"
    await api.delete(f"{EVSES}/{here['id']}")
    kept = await api.delete(path)
    assert (kept.status, kept.body["message"]) == (409, "EVSEs have the tariff group.")
    await api.patch(f"{EVSES}/{there['id']}", {"tariffGroupId": None})
    assert (await api.delete(path)).status == 204


async def test_a_group_in_use_and_its_charge_points_stay_with_one_partner(api: Client, given: Given) -> None:
    theirs, ours = (await given.tariff_group(partnerId=7))["id"], (await given.tariff_group())["id"]
    here = await outlet(given, 7, tariffGroupId=theirs)
    point = f"{POINTS}/{here['chargePointId']}"
    for other in ({"partner": {"id": 8}}, {"partner": None}):
        refused(await api.patch(point, other), "partner.id")
    assert (await api.patch(point, {"partner": {"id": 7}, "name": "x"})).status == 200
    refused(await api.put(f"{GROUPS}/{theirs}", {"name": "x", "partnerId": 8}), "partnerId")
    assert (await api.put(f"{GROUPS}/{theirs}", {"name": "x", "partnerId": None})).status == 200
    await api.patch(f"{EVSES}/{here['id']}", {"tariffGroupId": ours})
    assert (await api.put(f"{GROUPS}/{ours}", {"name": "x", "partnerId": 7})).status == 200
    await api.patch(f"{EVSES}/{here['id']}", {"tariffGroupId": None})
    assert (await api.patch(point, {"partner": {"id": 8}})).status == 200


async def test_an_evse_does_not_move_to_a_satellite_of_another_partner(api: Client, given: Given) -> None:
    master = await given.charge_point(partner={"id": 7})
    here = await given.evse(master, tariffGroupId=(await given.tariff_group(partnerId=7))["id"])
    through = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": master["id"],
               "network": {}}  # fmt: skip
    moving = f"/actions/charge-point/v1.0/{master['id']}/move-evses-to-satellite"
    for partner, status in ((8, 422), (7, 202)):
        satellite = await given.charge_point(**through, partner={"id": partner})
        answer = await api.post(moving, {"satelliteChargePointId": satellite["id"], "evseIds": [here["id"]]})
        assert answer.status == status, answer.body


async def test_a_partner_sees_the_groups_at_its_evses(api: Client, given: Given) -> None:
    ours, other = (await given.tariff_group())["id"], (await given.tariff_group())["id"]
    here = await outlet(given, 7, tariffGroupId=ours)
    client = await given.client("*", partner_id=7)
    try:
        assert [row["id"] for row in (await client.get(GROUPS)).data] == [ours]
        assert (await client.put(f"{GROUPS}/{ours}", {"name": "x"})).status == 403
        path = f"{EVSES}/{here['id']}"
        assert (await client.patch(path, {"tariffGroupId": ours})).status == 200  # says what is so
        refused(await client.patch(path, {"tariffGroupId": other}), "tariffGroupId")
        own = (await client.post(GROUPS, {"name": "x"})).data["id"]
        assert (await client.patch(path, {"tariffGroupId": own})).status == 200
    finally:
        await client.close()


async def test_many_are_given_a_group_at_once(api: Client, given: Given, system: System) -> None:
    group, before = (await given.tariff_group())["id"], (await given.tariff_group())["id"]
    here, there = await outlet(given), await outlet(given, 7, tariffGroupId=before)
    location = (await api.get(f"{POINTS}/{here['chargePointId']}")).data["locationId"]

    async def groups() -> list[int | None]:
        return [(await api.get(f"{EVSES}/{one['id']}")).data.get("tariffGroupId") for one in (here, there)]

    for filters, wanted in (
        ({"locationIds": [location]}, [group, before]),
        ({"partnerIds": [7]}, [None, group]),
        ({"evseIds": [here["id"], there["id"]], "chargePointIds": [here["chargePointId"]]}, [group, before]),
        ({"tariffGroupIds": [before]}, [None, group]),
        ({"evseIds": [99_999]}, [None, before]),
        ({}, [group, group]),
        (None, [group, group]),
    ):
        await api.post(BULK, {"tariffGroupId": None})
        assert await groups() == [None, None]
        await api.patch(f"{EVSES}/{there['id']}", {"tariffGroupId": before})
        answer = await api.post(BULK, {"tariffGroupId": group} | ({} if filters is None else {"filters": filters}))
        assert (answer.status, answer.body) == (202, None)
        assert await groups() == wanted, filters
    async with system.database.read() as tx:
        told = [
            fact["payload"]["id"]
            for fact in await tx.all(select(outbox).order_by(outbox.c.id))
            if fact["topic"] == "evse.changed"
        ]
    await api.post(BULK, {"tariffGroupId": group})
    async with system.database.read() as tx:
        again = [
            fact["payload"]["id"]
            for fact in await tx.all(select(outbox).order_by(outbox.c.id))
            if fact["topic"] == "evse.changed"
        ]
    assert again == told  # nothing changed


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "tariffGroupId"),
        ({"tariffGroupId": 99_999}, "tariffGroupId"),
        ({"tariffGroupId": None, "filters": {"evseIds": []}}, "filters.evseIds"),
    ],
)
async def test_what_makes_no_assignment(api: Client, body: dict[str, Any], place: str) -> None:
    refused(await api.post(BULK, body), place)


async def test_too_many_are_none(api: Client, given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tariff_groups, "MOST", 1)
    group, here, there = (await given.tariff_group())["id"], await outlet(given), await outlet(given)
    both = {"evseIds": [here["id"], there["id"]]}
    refused(await api.post(BULK, {"filters": both, "tariffGroupId": group}), "filters")
    assert (await api.post(BULK, {"filters": {"evseIds": [here["id"]]}, "tariffGroupId": group})).status == 202


async def test_a_partner_gives_groups_to_its_own(api: Client, given: Given) -> None:
    own, foreign = await outlet(given, 7), await outlet(given)
    client = await given.client("*", partner_id=7)
    try:
        group = (await client.post(GROUPS, {"name": "x"})).data["id"]
        assert (await client.post(BULK, {"tariffGroupId": group})).status == 202
    finally:
        await client.close()
    found = [(await api.get(f"{EVSES}/{one['id']}")).data.get("tariffGroupId") for one in (own, foreign)]
    assert found == [group, None]
