"""Partners, in both versions."""

from typing import Any

import pytest

from ohmstead.rooms.people.partners import partners
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

PATH, OLD = "/resources/partners/v2.0", "/resources/partners/v1.0"


class TestPartners(ResourceContract):
    resource = partners
    create = {"name": "Car parks Ltd"}
    update = {"name": "Car parks Inc", "notifications": {"technical": {"chargePointFaults": True}}}
    bodies = {"v1.0": {"create": {"name": "Car parks Ltd"}, "update": {"name": "Car parks Inc", "phone": "+43 1"}}}


async def test_what_is_not_said_has_its_default(given: Given) -> None:
    made = await given.partner(name="P")
    assert made["options"] == dict.fromkeys(made["options"], False)
    assert len(made["options"]) == 5
    assert made["notifications"] == {
        "technical": {"chargePointFaults": False},
        "billing": {"settlementReports": False},
    }
    assert made["corporateBilling"] == {"enabled": False}


async def test_a_patch_changes_members_however_deep(api: Client, given: Given) -> None:
    contact = {"contactPerson": "Ada", "email": "ada@example.org"}
    made = await given.partner(contactDetails={"administrative": contact, "billing": {"phone": "1"}})
    change = {"contactDetails": {"administrative": {"phone": "2"}}, "options": {"createUsers": True}}
    changed = (await api.patch(f"{PATH}/{made['id']}", change)).data
    assert changed["contactDetails"] == {"administrative": contact | {"phone": "2"}, "billing": {"phone": "1"}}
    assert changed["options"] == made["options"] | {"createUsers": True}


async def test_version_1_has_one_contact_and_an_address_for_faults(api: Client) -> None:
    body = {"name": "P", "contactPerson": "Ada", "email": "ada@example.org", "faultNotificationsEmail": "f@example.org"}
    made = (await api.post(OLD, body)).data
    assert {name: made[name] for name in body} == body
    newer = (await api.get(f"{PATH}/{made['id']}")).data
    assert newer["contactDetails"] == {
        "administrative": {"contactPerson": "Ada", "email": "ada@example.org"},
        "technical": {"email": "f@example.org"},
    }
    assert newer["notifications"]["technical"]["chargePointFaults"]
    await api.patch(f"{OLD}/{made['id']}", {"name": "P", "faultNotificationsEmail": None})
    newer = (await api.get(f"{PATH}/{made['id']}")).data
    assert newer["notifications"] == {
        "technical": {"chargePointFaults": False},
        "billing": {"settlementReports": False},
    }


@pytest.mark.parametrize(
    ("odd", "field"),
    [
        ({"country": "AT", "state": "CA"}, "state"),
        ({"country": "US", "region": "West"}, "region"),
        ({"country": "AT", "vatNo": "ATU12345678"}, "vatNo"),
        ({"bankDetails": {"bankIban": "AT61 1904 3002 3457 3202"}}, "bankDetails.bankIban"),
        ({"corporateBilling": {"discount": 101}}, "corporateBilling.discount"),
        ({"contactDetails": {"billing": {"email": "nobody"}}}, "contactDetails.billing.email"),
    ],
    ids=str,
)
async def test_what_cannot_be_is_named(api: Client, odd: dict[str, Any], field: str) -> None:
    answer = await api.post(PATH, {"name": "P"} | odd)
    assert answer.status == 422
    assert list(answer.body["errors"]) == [field]


async def test_numbers_that_can_be_are_taken(given: Given) -> None:
    body = {"country": "AT", "vatNo": "ATU13585627", "bankDetails": {"bankIban": "AT61 1904 3002 3457 3201"}}
    made = await given.partner(**body)
    assert {name: made[name] for name in body} == body


async def test_a_partner_in_use_stays_and_its_tokens_end_with_it(api: Client, given: Given) -> None:
    one = await given.partner(options={"createUsers": True})
    client = await given.client("*", partner_id=one["id"])
    user = (await client.post("/resources/users/v1.0", {"email": "a@example.org", "password": "secret-1"})).data
    assert (await api.delete(f"{PATH}/{one['id']}")).status == 409
    await api.delete(f"/resources/users/v1.0/{user['id']}")
    point = await given.charge_point(partner={"id": one["id"]})
    assert (await api.delete(f"{PATH}/{one['id']}")).status == 409
    await api.delete(f"/resources/charge-points/v2.0/{point['id']}")
    assert (await api.delete(f"{PATH}/{one['id']}")).status == 204
    given.system.authenticator.forget()
    assert (await client.get(PATH)).status == 401


async def test_its_business_name_will_do(api: Client) -> None:
    assert (await api.post(PATH, {"businessName": "Parkhaus"})).data["name"] == "Parkhaus"
    answer = await api.post(PATH, {"city": "Graz"})
    assert list(answer.body["errors"]) == ["name"]


async def test_a_partner_sees_itself_alone(given: Given) -> None:
    one, other = await given.partner(), await given.partner()
    client = await given.client("*", partner_id=one["id"])
    assert [row["id"] for row in (await client.get(PATH)).data] == [one["id"]]
    assert (await client.get(f"{PATH}/{other['id']}")).status == 404
    assert (await client.patch(f"{PATH}/{one['id']}", {"name": "Mine"})).status == 403


async def test_a_partner_makes_users_once_it_may(api: Client, given: Given) -> None:
    one = await given.partner()
    client = await given.client("*", partner_id=one["id"])
    body = {"email": "b@example.org", "password": "secret-1"}
    assert (await client.post("/resources/users/v1.0", body)).status == 403
    await api.patch(f"{PATH}/{one['id']}", {"options": {"createUsers": True}})
    assert (await client.post("/resources/users/v1.0", body)).status == 201
    await client.close()


@pytest.mark.parametrize(
    ("body", "field"),
    [({"monthlyPlatformFee": 9.995}, "monthlyPlatformFee"),
     ({"corporateBilling": {"monthlyLimit": 100.001}}, "corporateBilling.monthlyLimit")],
)  # fmt: skip
async def test_amounts_have_the_decimals_of_the_base_currency(
    api: Client, given: Given, body: dict[str, Any], field: str
) -> None:
    dinar = await given.currency(alphabeticCode="TND", decimal=2)
    made = await given.partner(monthlyPlatformFee=9.99, corporateBilling={"monthlyLimit": 100.01})
    refused = await api.post(PATH, {"name": "x"} | body)
    assert refused.body["errors"].keys() == {field}
    assert "more than 2 decimals" in refused.body["errors"][field][0]
    coarser = {"alphabeticCode": "TND", "decimal": 0}
    assert (await api.patch(f"/resources/currencies/v2.0/{dinar['id']}", coarser)).status == 200
    kept = await api.patch(f"{PATH}/{made['id']}", {"corporateBilling": {"enabled": True}})
    assert kept.data["corporateBilling"] == {"enabled": True, "monthlyLimit": 100.01}
