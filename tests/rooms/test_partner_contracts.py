"""Partner contracts: whole months, one at a time, prolonged by themselves; and what they permit."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.kit.errors import Forbidden
from ohmstead.kit.operations import Actor
from ohmstead.kit.versions import Version
from ohmstead.rooms.people.partner_contracts import ContractRenewals, partner_contracts, require_permission
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

PATH = "/resources/partner-contracts/v1.0"


class TestPartnerContracts(ResourceContract):
    resource = partner_contracts
    create = {"title": "A", "startDate": "2026-01-01T00:00:00+00:00", "endDate": "2026-12-31T23:59:59+00:00"}
    update = {"title": "B", "partnerId": 71, "startDate": "2026-01-01T00:00:00+00:00"}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        await given.partner_of_id(71)
        return self.create | {"partnerId": (await given.partner())["id"]}


async def test_it_runs_whole_months(given: Given) -> None:
    key = await given.partner_of_id(7)
    made = await given.partner_contract(key, startDate="2026-02-14T10:00:00Z", endDate="2026-04-02T00:00:00")
    assert (made["startDate"], made["endDate"]) == ("2026-02-01T00:00:00+00:00", "2026-04-30T23:59:59+00:00")


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        ("2026-05-01T00:00:00Z", None, True),
        ("2026-04-30T23:00:00Z", None, False),
        ("2025-01-01T00:00:00Z", "2026-01-31T12:00:00Z", True),
        ("2025-01-01T00:00:00Z", "2026-02-01T00:00:00Z", False),
        ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", False),
    ],
)
async def test_a_partner_has_one_at_a_time(api: Client, given: Given, start: str, end: str | None, fits: bool) -> None:
    await given.partner_of_id(8)
    await given.partner_contract(8)
    key = await given.partner_of_id(7)
    await given.partner_contract(key, startDate="2026-02-01T00:00:00Z", endDate="2026-04-30T00:00:00Z")
    answer = await api.post(PATH, {"title": "x", "partnerId": key, "startDate": start, "endDate": end})
    assert answer.status == (201 if fits else 422)
    assert fits or answer.body["errors"].keys() == {"startDate"}


async def test_it_does_not_end_before_it_starts_and_may_move(api: Client, given: Given) -> None:
    key = await given.partner_of_id(7)
    odd = {"title": "x", "partnerId": key, "startDate": "2026-02-01T00:00:00Z", "endDate": "2026-01-01T00:00:00Z"}
    assert (await api.post(PATH, odd)).body["errors"].keys() == {"endDate"}
    made = await given.partner_contract(key)
    later = odd | {"startDate": "2026-03-15T00:00:00Z", "endDate": None}
    changed = (await api.put(f"{PATH}/{made['id']}", later)).data
    assert (changed["startDate"], changed["endDate"]) == ("2026-03-01T00:00:00+00:00", None)


async def test_it_is_prolonged_by_its_own_length(api: Client, given: Given, system: System) -> None:
    span = {"startDate": "2026-01-01T00:00:00Z", "endDate": "2026-03-31T00:00:00Z", "autoRenewal": True}
    renewed = await given.partner_contract(await given.partner_of_id(7), **span)
    followed = await given.partner_contract(await given.partner_of_id(8), **span)
    await given.partner_contract(8, startDate="2026-06-01T00:00:00Z")
    ended = await given.partner_contract(await given.partner_of_id(9), **span | {"autoRenewal": False})
    work = ContractRenewals(system.database, ManualClock(datetime(2026, 8, 1, tzinfo=UTC)))
    await work.start_due()
    await work.settled()
    ends = [(await api.get(f"{PATH}/{one['id']}")).data["endDate"] for one in (renewed, followed, ended)]
    assert ends == ["2026-09-30T23:59:59+00:00", "2026-03-31T23:59:59+00:00", "2026-03-31T23:59:59+00:00"]


async def test_what_the_active_one_permits(given: Given, system: System) -> None:
    await given.partner_of_id(7)
    await given.partner_contract(7, endDate="2020-12-31T00:00:00Z", accessAndPermissions={"firmwareUpdate": True})
    await given.partner_contract(7, startDate="2021-01-01T00:00:00Z", accessAndPermissions={"resetChargePoint": True})
    theirs, operators = Actor(1, 1, frozenset("*"), 7), Actor(1, 1, frozenset("*"))
    async with system.database.begin() as tx:
        await require_permission(tx, theirs, "resetChargePoint", 7)
        await require_permission(tx, operators, "firmwareUpdate", 7)
        with pytest.raises(Forbidden):
            await require_permission(tx, theirs, "firmwareUpdate", 7)
        with pytest.raises(Forbidden):
            await require_permission(tx, theirs, "resetChargePoint", 8)


async def test_a_charge_point_names_its_partners_own(api: Client, given: Given) -> None:
    await given.partner_of_id(7)
    own, foreign = await given.partner_contract(7), await given.partner_contract(await given.partner_of_id(8))
    point = await given.charge_point(partner={"id": 7})
    path = f"/resources/charge-points/v2.0/{point['id']}"
    assert (await api.patch(path, {"partner": {"contractId": own["id"]}})).data["partner"]["contractId"] == own["id"]
    refused = await api.patch(path, {"partner": {"contractId": foreign["id"]}})
    assert refused.body["errors"].keys() == {"partner.contractId"}
    assert (await api.delete(f"{PATH}/{own['id']}")).status == 409
    assert (await api.delete("/resources/partners/v2.0/8")).status == 409
