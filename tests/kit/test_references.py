"""References: an id in a body names something that is there for the caller. What nobody declared is no 500 either."""

from typing import Any

import pytest
from sqlalchemy import Column, Text

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import table
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, View
from tests.client import Client
from tests.kit.conftest import Yard

CRATES = "/resources/crates/v2.0"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"thingId": 999}, "thingId"),
        ({"thingId": -1}, "thingId"),
        ({"thingId": "999"}, "thingId"),
        ({"owner": {"personId": 1}}, "owner.personId"),
        ({"owner": {"personId": 0}}, "owner.personId"),
        ({"owner": {"groupIds": [1]}}, "owner.groupIds.0"),
    ],
)
async def test_what_is_not_there_is_named(yard: Yard, body: dict[str, Any], field: str) -> None:
    answer = await yard.client.post(CRATES, {"label": "a"} | body)
    assert (answer.status, answer.body["errors"].keys()) == (422, {field})
    made = (await yard.client.post(CRATES, {"label": "a"})).data
    answer = await yard.client.patch(f"{CRATES}/{made['id']}", body)
    assert (answer.status, answer.body["errors"].keys()) == (422, {field})


async def test_null_and_no_ids_name_nothing(yard: Yard) -> None:
    body = {"label": "a", "thingId": None, "owner": {"personId": None, "groupIds": []}}
    assert (await yard.client.post(CRATES, body)).status == 201
    assert (await yard.client.post(CRATES, {"label": "b", "owner": None})).status == 201


async def test_the_text_is_that_of_the_field_and_every_field_is_named(yard: Yard) -> None:
    body = {"label": "a", "thingId": 999, "owner": {"personId": 1, "groupIds": [1, 2]}}
    assert (await yard.client.post(CRATES, body)).body["errors"] == {
        "thingId": ["The selected thing id is invalid."],
        "owner.personId": ["The selected owner person id is invalid."],
        "owner.groupIds.0": ["The selected owner group ids 0 is invalid."],
        "owner.groupIds.1": ["The selected owner group ids 1 is invalid."],
    }


async def test_an_older_version_has_its_own_word(yard: Yard) -> None:
    answer = await yard.client.post("/resources/crates/v1.0", {"label": "a", "content": 999})
    assert (answer.status, answer.body["errors"].keys()) == (422, {"content"})


async def test_a_rule_sees_the_row(yard: Yard) -> None:
    small, large = await yard.made(name="small", size=3), await yard.made(name="large", size=30)
    assert (await yard.client.post(CRATES, {"label": "a", "thingId": small["id"]})).data["thingId"] == small["id"]
    answer = await yard.client.post(CRATES, {"label": "b", "thingId": large["id"]})
    assert answer.body["errors"] == {"thingId": ["It does not fit in."]}


async def test_another_partners_row_is_not_there(yard: Yard) -> None:
    own, foreign = await yard.made(name="own", partnerId=7), await yard.made(name="foreign", partnerId=8)
    partner = Client(yard.base, await yard.token("*", partner_id=7))
    for path, body in ((CRATES, {"label": "a"}), (f"/actions/thing/v1.0/{own['id']}/join", {})):
        name = "thingId" if path == CRATES else "thingIds"
        for row, found in ((own, None), (foreign, name if path == CRATES else "thingIds.0")):
            answer = await partner.post(path, body | {name: row["id"] if path == CRATES else [row["id"]]})
            assert (answer.status == 422) is (found is not None)
            assert found is None or answer.body["errors"].keys() == {found}
    await partner.close()


async def test_actions_name_what_is_not_there(yard: Yard) -> None:
    made = await yard.made(name="a")
    path = f"/actions/thing/v1.0/{made['id']}/join"
    answer = await yard.client.post(path, {"thingIds": [made["id"], 999], "glueId": 1})
    assert (answer.status, answer.body["errors"].keys()) == (422, {"thingIds.1", "glueId"})
    assert (await yard.client.post(path, {"thingIds": [made["id"]], "glueId": None})).status == 202


async def test_an_undeclared_foreign_key_names_its_column(yard: Yard) -> None:
    made = await yard.made(name="a")
    for answer in (
        await yard.client.post(CRATES, {"label": "a", "shelfId": 999}),
        await yard.client.post("/resources/things/v2.0", {"name": "b", "shelfId": 999}),
        await yard.client.patch(f"/resources/things/v2.0/{made['id']}", {"shelfId": 999}),
        await yard.client.post(f"/actions/thing/v1.0/{made['id']}/shelve", {"shelfId": 999}),
    ):
        assert (answer.status, answer.body["errors"]) == (422, {"shelfId": ["The selected shelf id is invalid."]})


async def test_an_undeclared_unique_constraint_is_a_conflict(yard: Yard) -> None:
    made = await yard.made(name="a")
    assert (await yard.client.post(CRATES, {"label": "a"})).status == 201
    for path, body in ((CRATES, {"label": "a"}), (f"/actions/thing/v1.0/{made['id']}/copy", None)):
        answer = await yard.client.post(path, body)
        assert (answer.status, answer.body) == (409, {"message": "There is such a record already."})


async def test_what_is_named_stays(yard: Yard) -> None:
    shelf = (await yard.client.post("/resources/shelves/v1.0", {"name": "top"})).data
    made = await yard.made(name="a", shelfId=shelf["id"])
    for answer in (
        await yard.client.post(f"/actions/thing/v1.0/{made['id']}/clear"),
        await yard.client.delete(f"/resources/shelves/v1.0/{shelf['id']}"),
    ):
        assert answer.status == 409
        assert answer.body["message"].endswith("is still in use.")


def test_what_is_no_constraint_of_the_table_does_not_import() -> None:
    class Odd(View):
        id: Id
        name: str

    odd = table("kit_odd", Column("name", Text, unique=True))
    facts = {"tag": "kit", "title": "Odd", "key": "odd", "access": SHARED, "versions": [Version("v1.0", Odd)]}
    assert Resource("odd", odd, **facts, conflicts={"uq_kit_odd_name": ("name", "Taken.")})
    with pytest.raises(AssertionError, match="uq_kit_odd_nam"):
        Resource("odd", odd, **facts, conflicts={"uq_kit_odd_nam": ("name", "Taken.")})
    odd.metadata.remove(odd)
