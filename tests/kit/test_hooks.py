"""Hooks run at the moment they are named for, and at no other."""

from collections.abc import Iterator

import pytest

from tests.kit.boxes import seen
from tests.kit.conftest import Yard

BOXES = "/resources/boxes/v1.0"


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterator[None]:
    seen.clear()
    yield
    seen.clear()


async def test_a_creation_is_shaped_then_judged_then_followed(yard: Yard) -> None:
    assert (await yard.client.post(BOXES, {"name": "new"})).status == 201
    assert seen == [("writing", None), ("creating", None), ("rule", None), ("written", "new"), ("created", "new")]


async def test_a_change_finds_the_old_row_before_it_and_the_new_one_after(yard: Yard) -> None:
    key = (await yard.client.post(BOXES, {"name": "old"})).data["id"]
    seen.clear()
    assert (await yard.client.patch(f"{BOXES}/{key}", {"name": "new"})).status == 200
    assert seen == [("writing", "old"), ("updating", "old"), ("rule", "old"), ("written", "new"), ("updated", "new")]


async def test_a_deletion_is_objected_to_before_and_followed_after(yard: Yard) -> None:
    key = (await yard.client.post(BOXES, {"name": "old"})).data["id"]
    seen.clear()
    assert (await yard.client.delete(f"{BOXES}/{key}")).status == 204
    assert seen == [("deleting", "old"), ("deleted", None)]


async def test_what_is_objected_to_has_no_followers(yard: Yard) -> None:
    assert (await yard.client.post(BOXES, {"name": "chest"})).status == 422
    assert seen == [("writing", None), ("creating", None), ("rule", None)]
    key = (await yard.client.post(BOXES, {"name": "full"})).data["id"]
    seen.clear()
    answer = await yard.client.delete(f"{BOXES}/{key}")
    assert (answer.status, seen) == (409, [("deleting", "full")])
    assert (await yard.client.get(f"{BOXES}/{key}")).status == 200


async def test_shapes_of_one_verb_and_of_both_stand_in_declared_order(yard: Yard) -> None:
    made = (await yard.client.post(BOXES, {"name": "a"})).data
    assert made["lid"] == "none"
    other = (await yard.client.post(BOXES, {"name": "b", "lid": "oak"})).data
    assert other["lid"] == "closed oak"
    renamed = (await yard.client.patch(f"{BOXES}/{other['id']}", {"name": "c"})).data
    assert renamed["lid"] is None


async def test_rules_see_objects_as_columns_wherever_they_were_declared(yard: Yard) -> None:
    refused = await yard.client.post(BOXES, {"name": "a", "size": {"width": 1001}})
    assert refused.body["errors"] == {"size.width": ["It is too wide."]}
    made = (await yard.client.post(BOXES, {"name": "a", "size": {"width": 1000}})).data
    assert (await yard.client.patch(f"{BOXES}/{made['id']}", {"size": {"width": 1001}})).status == 422


async def test_a_rule_cannot_change_what_is_written(yard: Yard) -> None:
    """The rule tries, each time."""
    assert (await yard.client.post(BOXES, {"name": "a", "lid": "oak"})).data["lid"] == "closed oak"
