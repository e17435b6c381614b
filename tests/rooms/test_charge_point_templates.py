"""Charge point templates: everybody reads the list, those who run the system write it; EVSEs are checked as such."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.kit.versions import Version
from ohmstead.rooms.network.charge_point_templates import (
    charge_point_template,
    template_evses,
    templates,
    written_templates,
)
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

LISTED, WRITTEN = "/resources/templates/v1.0", "/internal/charge-point-templates/v1.0"
EVSE = {
    "networkId": "1", "currentType": "ac", "status": "out of order", "allowsReservation": True, "priority": 2.5,
    "powerOptions": {"maxPower": 22000, "maxVoltage": "380", "maxAmperage": 32.5, "phases": "three_phase",
                     "phaseRotation": "RST", "connectedPhase": None},
}  # fmt: skip


class TestTemplates(ResourceContract):
    resource = templates


class TestWrittenTemplates(ResourceContract):
    resource = written_templates
    create = {"name": "Wallbox"}
    update = {"name": "Post", "subscriptionPlanIds": []}


class TestTemplateEvses(ResourceContract):
    resource = template_evses
    create = EVSE
    update = {"status": "disabled", "efficiencyPercent": 96.5}

    async def base(self, given: Given, version: Version) -> str:
        return await evses_of_a_new_one(given)

    async def test_pages_do_not_overlap(self, api: Client, given: Given) -> None:
        base = await evses_of_a_new_one(given)
        made = [(await given.made(base, EVSE | {"networkId": str(n)}))["id"] for n in (1, 2, 3)]
        assert await self._walk(api, base, "") == made


async def evses_of_a_new_one(given: Given, **fields: Any) -> str:
    return f"{WRITTEN}/{(await given.made(WRITTEN, {'name': 'Wallbox'} | fields))['id']}/evses"


async def test_the_listing_has_words_of_its_own(api: Client, given: Given) -> None:
    evses = await evses_of_a_new_one(given)
    second = await given.made(evses, {"networkId": "2", "currentType": "dc", "efficiencyPercent": 96.5,
                                      "powerOptions": {"maxVoltage": "277", "phases": "split_phase"}})  # fmt: skip
    first = await given.made(evses, EVSE)
    await given.made(WRITTEN, {"name": "Empty"})
    wallbox, empty = (await api.get(LISTED)).data
    assert (wallbox["name"], wallbox["subscriptionPlanIds"]) == ("Wallbox", [])
    assert (empty["name"], empty["evses"]) == ("Empty", [])
    assert wallbox["evses"] == [
        {
            "id": first["id"], "status": "out of order", "maxPower": 22000, "dlmPhases": "3", "networkId": "1",
            "currentType": "ac", "dlmPriority": 2.5, "inputVoltage": "380", "tariffGroupId": None,
            "dlmMaxCurrentA": 32.5, "allowsReservation": True, "dlmPhaseRotation": "RST", "dlmConnectedPhase": None,
            "dlmEfficiencyPercent": None,
        },
        {
            "id": second["id"], "status": "active", "dlmPhases": "split", "networkId": "2", "currentType": "dc",
            "dlmPriority": 1, "inputVoltage": None, "tariffGroupId": None, "dlmMaxCurrentA": None,
            "allowsReservation": False, "dlmPhaseRotation": None, "dlmConnectedPhase": None,
            "dlmEfficiencyPercent": 96.5,
        },
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"networkId": "0"}, "networkId"),
        ({"networkId": "one"}, "networkId"),
        ({"networkId": "7"}, "networkId"),
        ({"currentType": "three-phase"}, "currentType"),
        ({"tariffGroupId": 1}, "tariffGroupId"),
        ({"priority": -1}, "priority"),
        ({"efficiencyPercent": 101}, "efficiencyPercent"),
        ({"powerOptions": {"phases": "three_phase", "connectedPhase": "L1"}}, "powerOptions.connectedPhase"),
        ({"powerOptions": {"phases": "split_phase", "connectedPhase": "L2"}}, "powerOptions.connectedPhase"),
    ],
)
async def test_what_no_evse_is(api: Client, given: Given, body: dict[str, Any], field: str) -> None:
    evses = await evses_of_a_new_one(given)
    await given.made(evses, EVSE | {"networkId": "7"})
    assert (await api.post(evses, EVSE | {"powerOptions": {}} | body)).body["errors"].keys() == {field}


async def test_a_single_phase_has_its_line_from_the_rotation(api: Client, given: Given) -> None:
    evses = await evses_of_a_new_one(given)
    wired = {"phases": "single_phase", "phaseRotation": "STR"}
    made = await given.made(evses, EVSE | {"powerOptions": wired})
    assert made["powerOptions"]["connectedPhase"] == "L2"
    refused = await api.patch(f"{evses}/{made['id']}", {"powerOptions": {"phases": "three_phase"}})
    assert refused.body["errors"].keys() == {"powerOptions.connectedPhase"}


async def test_evses_go_with_their_template(api: Client, given: Given) -> None:
    evses = await evses_of_a_new_one(given)
    made = await given.made(evses, EVSE)
    assert (await api.delete(evses.removesuffix("/evses"))).status == 204
    assert (await api.get(f"{evses}/{made['id']}")).status == 404
    assert (await api.get(LISTED)).data == []


async def test_a_change_of_an_evse_is_one_of_the_template(api: Client, given: Given, system: System) -> None:
    evses = await evses_of_a_new_one(given)
    made = await given.made(evses, EVSE)
    old = datetime(2020, 1, 1, tzinfo=UTC)
    for change in (
        api.patch(f"{evses}/{made['id']}", {"status": "disabled"}),
        api.post(evses, EVSE | {"networkId": "2"}),
        api.delete(f"{evses}/{made['id']}"),
    ):
        async with system.database.begin() as tx:
            await tx.run(update(charge_point_template).values(updated_at=old))
        assert (await change).status < 300
        assert (await api.get(LISTED)).data[0]["lastUpdatedAt"] > "2020-01-01T00:00:00+00:00"


async def test_no_plan_is_there_yet(api: Client) -> None:
    refused = await api.post(WRITTEN, {"name": "x", "subscriptionPlanIds": [1]})
    assert refused.body["errors"].keys() == {"subscriptionPlanIds.0"}


async def test_a_partner_reads_what_it_may_start_from(given: Given) -> None:
    evses = await evses_of_a_new_one(given)
    partner = await given.client("*", partner_id=71)
    assert [one["name"] for one in (await partner.get(LISTED)).data] == ["Wallbox"]
    assert [(await partner.get(path)).status for path in (WRITTEN, evses)] == [403, 403]
    await partner.close()
