"""Tariff groups: their order, the free tariff they begin with, and what keeps a base tariff and a group."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.kit.versions import Version
from ohmstead.rooms.tariffs.groups import tariff_groups
from ohmstead.rooms.tariffs.tariffs import tariffs
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.test_circuit_races import waiting
from tests.rooms.test_tariffs import GROUPS, PATH, refused
from tests.scenarios.waiting import TOO_LONG_S, becomes


@pytest.fixture(autouse=True)
async def euro(given: Given) -> None:
    """What prices are in."""
    await given.currency()


class TestTariffGroups(ResourceContract):
    resource = tariff_groups
    create = {"name": "Street"}
    update = {"name": "Alley"}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return dict(self.create)


async def test_it_begins_with_a_free_tariff(api: Client, given: Given, system: System) -> None:
    partner, other = (await given.partner())["id"], (await given.tariff())["id"]
    made = await given.tariff_group(other, name="Yard", partnerId=partner)
    base = made["tariffIds"][0]
    assert made["tariffIds"] == [base, other]
    row = (await api.get(f"{PATH}/{base}")).data
    assert (row["name"], row["type"], row["partner"], row["currency"]) == ("Yard", "free", {"id": partner}, "EUR")
    async with system.database.read() as tx:
        told = [(fact["topic"], fact["payload"]) for fact in await tx.all(select(outbox).order_by(outbox.c.id))]
    assert ("tariff.changed", {"id": base, "action": "created"}) in told
    assert len((await given.tariff_group())["tariffIds"]) == 1


async def test_a_put_is_the_new_order(api: Client, given: Given) -> None:
    one, two = (await given.tariff())["id"], (await given.tariff())["id"]
    made = await given.tariff_group(one, two)
    path, base = f"{GROUPS}/{made['id']}", made["tariffIds"][0]
    assert (await api.put(path, {"name": "x", "tariffIds": [two, base]})).data["tariffIds"] == [two, base]
    assert (await api.put(path, {"name": "y"})).data["tariffIds"] == [two, base]
    assert (await api.get(GROUPS)).data[0]["tariffIds"] == [two, base]
    refused(await api.put(path, {"name": "x", "tariffIds": []}), "tariffIds")
    refused(await api.put(path, {"name": "x", "tariffIds": [one, two, one]}), "tariffIds.2")
    refused(await api.put(path, {"name": "x", "tariffIds": [one, 99_999]}), "tariffIds.1")
    assert (await api.get(path)).data["tariffIds"] == [two, base]


async def test_a_base_tariff_stays_and_others_leave_their_groups(api: Client, given: Given) -> None:
    other = (await given.tariff())["id"]
    made = await given.tariff_group(other, name="Yard")
    base, path = made["tariffIds"][0], f"{GROUPS}/{made['id']}"
    kept = await api.delete(f"{PATH}/{base}")
    assert (kept.status, kept.body["message"]) == (409, "It is the base tariff of the tariff group Yard.")
    assert (await api.delete(f"{PATH}/{other}")).status == 204
    assert (await api.get(path)).data["tariffIds"] == [base]
    last = (await given.tariff())["id"]
    assert (await api.put(path, {"name": "x", "tariffIds": [last]})).status == 200
    assert (await api.delete(f"{PATH}/{base}")).status == 204


async def test_a_tariff_that_goes_meanwhile_is_in_no_list(api: Client, given: Given, system: System) -> None:
    tariff = (await given.tariff())["id"]
    path = f"{GROUPS}/{(await given.tariff_group())['id']}"
    async with system.database.begin() as tx:
        await tx.run(
            select(tariffs.table.c.id).where(tariffs.table.c.id == tariff).with_for_update()
        )  # as a DELETE has it
        await tx.run(update(tariffs.table).where(tariffs.table.c.id == tariff).values(deleted_at=tx.now))
        put = asyncio.create_task(api.put(path, {"name": "x", "tariffIds": [tariff]}))
        await becomes(lambda: waiting(system), lambda count: count == 1)
    refused(await put, "tariffIds")


async def test_a_tariff_goes_while_its_group_is_about_to_change(api: Client, given: Given, system: System) -> None:
    """Neither waits for the other."""
    tariff = (await given.tariff())["id"]
    group = await given.tariff_group(tariff)
    async with system.database.begin() as tx:
        held = select(tariff_groups.table.c.id).where(tariff_groups.table.c.id == group["id"]).with_for_update()
        await tx.run(held)
        assert (await asyncio.wait_for(api.delete(f"{PATH}/{tariff}"), TOO_LONG_S)).status == 204
    assert (await api.get(f"{GROUPS}/{group['id']}")).data["tariffIds"] == group["tariffIds"][:1]


async def test_a_group_that_goes_leaves_its_tariffs(api: Client, given: Given) -> None:
    made = await given.tariff_group((await given.tariff())["id"])
    assert (await api.delete(f"{GROUPS}/{made['id']}")).status == 204
    assert [row["id"] for row in (await api.get(PATH)).data] == sorted(made["tariffIds"])
    assert (await api.delete(f"{PATH}/{made['tariffIds'][0]}")).status == 204


async def test_a_partner_with_groups_stays(api: Client, given: Given) -> None:
    partner = (await given.partner())["id"]
    made = await given.tariff_group(partnerId=partner)
    await api.put(f"{PATH}/{made['tariffIds'][0]}", {"name": "x", "type": "free"})  # no more the partner's
    kept = await api.delete(f"/resources/partners/v2.0/{partner}")
    assert (kept.status, kept.body["message"]) == (409, "Tariff groups still belong to the partner.")
    assert [row["id"] for row in (await api.get(GROUPS, f"filter[partnerId]={partner}")).data] == [made["id"]]


async def test_a_partner_orders_its_tariffs_where_it_was_let(api: Client, given: Given) -> None:
    foreign, foreign_group = await given.tariff(), await given.tariff_group()
    for options, allowed in (({"allowToControlTariffGroups": True}, True), ({"allowToControlTariffs": True}, False)):
        partner = (await given.partner(options=options))["id"]
        theirs = await given.tariff_group(partnerId=partner)
        own, client = await given.tariff(partner={"id": partner}), await given.client("*", partner_id=partner)
        path = f"{GROUPS}/{theirs['id']}"
        try:
            body = {"name": "x", "tariffIds": [*theirs["tariffIds"], own["id"]]}
            assert (await client.put(path, body)).status == (200 if allowed else 403)
            made = await client.post(GROUPS, {"name": "y"})
            assert made.status == (201 if allowed else 403)
            if allowed:
                assert made.data["partnerId"] == partner
                refused(await client.put(path, {"name": "x", "tariffIds": [foreign["id"]]}), "tariffIds.0")
            assert (await client.delete(path)).status == (204 if allowed else 403)
            assert (await client.get(f"{GROUPS}/{foreign_group['id']}")).status == 404
        finally:
            await client.close()
