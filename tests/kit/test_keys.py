"""Keys that are no id, PUT that creates or replaces, rows that are the only one, pages of hand-written operations."""

import asyncio

import pytest

from ohmstead.web.openapi import document
from tests.client import Client
from tests.kit.conftest import THINGS, Yard
from tests.kit.things import OPERATIONS

ACTIONS = "/actions/thing/v1.0"


async def days_of(yard: Yard, **fields: object) -> str:
    made = await yard.made(**{"name": "calendar"} | fields)
    return f"{THINGS}/{made['id']}/days"


async def test_a_put_creates_and_then_replaces(yard: Yard) -> None:
    days = await days_of(yard)
    first = await yard.client.put(f"{days}/2026-03-29", {"note": "spring", "weight": 7})
    assert (first.status, first.data) == (201, {"date": "2026-03-29", "note": "spring", "weight": 7})
    again = await yard.client.put(f"{days}/2026-03-29", {"note": "summer time"})
    assert (again.status, again.data) == (200, {"date": "2026-03-29", "note": "summer time", "weight": 1})
    read = await yard.client.get(f"{days}/2026-03-29")
    assert read.data == again.data
    assert (read.body["links"]["next"], read.body["meta"]["next_cursor"]) == (None, None)
    assert [row["date"] for row in (await yard.client.get(days)).data] == ["2026-03-29"]
    assert (await yard.client.delete(f"{days}/2026-03-29")).status == 204
    assert (await yard.client.get(f"{days}/2026-03-29")).status == 404
    assert (await yard.client.delete(f"{days}/2026-03-29")).status == 404


async def test_what_a_put_leaves_out_is_gone_for_the_rules_too(yard: Yard) -> None:
    day = await days_of(yard) + "/2026-01-01"
    assert (await yard.client.put(day, {"note": "heavy", "weight": 99})).status == 201
    refused = await yard.client.put(day, {"note": "heavy", "weight": 100})
    assert (refused.status, refused.body["errors"].keys()) == (422, {"weight"})
    assert (await yard.client.put(day, {"weight": 100})).data == {"date": "2026-01-01", "weight": 100}


@pytest.mark.parametrize("word", ["2026-02-30", "no-date", "20260101", "1"])
async def test_what_is_no_key_is_404_and_of_a_put_422(yard: Yard, word: str) -> None:
    day = f"{await days_of(yard)}/{word}"
    put = await yard.client.put(day, {})
    assert (put.status, put.body["errors"].keys()) == (422, {"date"})
    assert (await yard.client.get(day)).status == 404
    assert (await yard.client.delete(day)).status == 404


async def test_a_key_counts_below_its_own_parent(yard: Yard) -> None:
    one, two = await days_of(yard), await days_of(yard, name="other")
    assert (await yard.client.put(f"{one}/2026-01-01", {"note": "one"})).status == 201
    assert (await yard.client.get(f"{two}/2026-01-01")).status == 404
    assert (await yard.client.put(f"{two}/2026-01-01", {"note": "two"})).status == 201
    assert (await yard.client.get(f"{one}/2026-01-01")).data["note"] == "one"
    assert (await yard.client.put(f"{THINGS}/999999/days/2026-01-01", {})).status == 404


async def test_puts_of_one_key_at_once_create_it_once(yard: Yard) -> None:
    day, lid = await days_of(yard) + "/2026-01-01", (await days_of(yard, name="box")).replace("/days", "/lid")
    for path, body in ((day, {"note": "x"}), (lid, {"colour": "red"}), ("/resources/slogan/v1.0", {"text": "x"})):
        answers = await asyncio.gather(*(yard.client.put(path, body) for _ in range(8)))
        assert sorted(one.status for one in answers) == [200] * 7 + [201 if path == day else 200], path
        assert [(await yard.client.delete(path)).status for _ in range(2)] == [204, 404], path


async def test_a_replace_wants_the_row_to_be_there(yard: Yard) -> None:
    """A version of a child lives below its parent's of the same name, the newest or not."""
    day = await days_of(yard) + "/2026-01-01"
    older = day.replace("v2.0", "v1.1")
    assert (await yard.client.put(older, {"note": "x"})).status == 404
    assert (await yard.client.put(day, {"note": "x", "weight": 3})).status == 201
    assert (await yard.client.put(older, {"note": "y"})).data == {"date": "2026-01-01", "note": "y", "weight": 1}


async def test_the_only_row_below_another(yard: Yard) -> None:
    lid = (await days_of(yard)).replace("/days", "/lid")
    other = (await days_of(yard, name="other")).replace("/days", "/lid")
    assert [(await yard.client.request(method, lid)).status for method in ("GET", "DELETE")] == [404, 404]
    assert (await yard.client.put(lid, {})).body["errors"].keys() == {"colour"}
    assert (await yard.client.put(lid, {"colour": "red"})).status == 200
    assert (await yard.client.put(other, {"colour": "blue"})).status == 200
    assert (await yard.client.put(lid, {"colour": "green"})).status == 200
    assert [(await yard.client.get(one)).data for one in (lid, other)] == [{"colour": "green"}, {"colour": "blue"}]
    assert (await yard.client.delete(lid)).status == 204
    assert [(await yard.client.get(one)).status for one in (lid, other)] == [404, 200]


async def test_the_only_row_of_all(yard: Yard) -> None:
    path = "/resources/slogan/v1.0"
    assert (await yard.client.get(path)).status == 404
    assert [(await yard.client.put(path, {"text": text})).status for text in ("a", "b")] == [200, 200]
    assert (await yard.client.get(path)).data == {"text": "b"}
    assert [(await yard.client.delete(path)).status for _ in range(2)] == [204, 404]


async def test_a_word_of_a_list_as_a_key(yard: Yard) -> None:
    path = "/resources/moods/v1.0"
    assert [(await yard.client.put(f"{path}/good", {"note": n})).status for n in ("a", "b")] == [201, 200]
    assert (await yard.client.get(f"{path}/good")).data == {"mood": "good", "note": "b"}
    assert (await yard.client.put(f"{path}/odd", {})).body["errors"].keys() == {"mood"}
    assert [(await yard.client.get(f"{path}/{word}")).status for word in ("odd", "bad")] == [404, 404]


async def test_partners_are_held_to_the_parent_by_every_verb(yard: Yard) -> None:
    partner = Client(yard.base, await yard.token("*", partner_id=7))
    own = await days_of(yard, name="own", partnerId=7)
    foreign = await days_of(yard, name="foreign", partnerId=8)
    for days, created in ((own, (201, 200)), (foreign, (404, 404))):
        paths = f"{days}/2026-01-01", days.replace("/days", "/lid")
        assert tuple([(await partner.put(path, {"colour": "red"})).status for path in paths]) == created
    for path in (f"{foreign}/2026-01-01", foreign.replace("/days", "/lid")):
        assert (await yard.client.put(path, {"colour": "red"})).status in (200, 201)
        for method in ("GET", "PUT", "DELETE"):
            assert (await partner.request(method, path, {"colour": "red"})).status == 404, (method, path)
    older = f"{foreign}/2026-01-01".replace("v2.0", "v1.1")
    assert (await partner.put(older, {})).status == 404
    for path in ("/resources/moods/v1.0/good", "/resources/slogan/v1.0"):
        assert (await partner.put(path, {"text": "x"})).status == 403
        assert (await partner.delete(path)).status == 403
        assert (await partner.get(path)).status == 404
    await partner.close()


async def test_a_hand_written_listing_has_pages(yard: Yard) -> None:
    thing = (await yard.made(name="whole"))["id"]
    for number in range(5):
        await yard.client.post(f"{THINGS}/{thing}/parts", {"name": f"part {number}"})
    pages, answer = [], await yard.client.get(f"{ACTIONS}/{thing}/part-names", "per_page=2")
    while True:
        pages.append(answer.data)
        if answer.body["links"]["next"] is None:
            break
        answer = await yard.client.get(answer.body["links"]["next"])
    assert pages == [["part 0", "part 1"], ["part 2", "part 3"], ["part 4"]]
    back = await yard.client.get(answer.body["links"]["prev"])
    assert back.data == ["part 2", "part 3"]
    assert (await yard.client.get(f"{ACTIONS}/{thing}/part-names", "cursor=x")).body["errors"].keys() == {"cursor"}


async def test_hand_written_puts_and_patches(yard: Yard) -> None:
    thing = (await yard.made(name="a"))["id"]
    for method in ("PUT", "PATCH"):
        answer = await yard.client.request(method, f"{ACTIONS}/{thing}/name", {"force": 1})
        assert (answer.status, answer.body) == (200, {"force": 1})


def test_the_document_tells_keys_by_their_types() -> None:
    paths = document(OPERATIONS, "9.9")["paths"]
    put = paths["/public-api/resources/things/v2.0/{thing}/days/{date}"]["put"]
    assert [(one["name"], one["in"], one["schema"]) for one in put["parameters"]] == [
        ("thing", "path", {"type": "integer"}),
        ("date", "path", {"type": "string", "format": "date"}),
    ]
    assert {"200", "201", "404", "422"} <= put["responses"].keys()
    assert "201" not in paths["/public-api/resources/slogan/v1.0"]["put"]["responses"]
    good = paths["/public-api/resources/moods/v1.0/{mood}"]["get"]["parameters"][0]["schema"]
    assert (good["type"], sorted(good["enum"])) == ("string", ["bad", "good"])
    listed = paths["/public-api/resources/moods/v1.0"]["get"]["parameters"]
    assert {one["name"] for one in listed} == {"per_page", "cursor"}
    names = paths["/public-api/actions/thing/v1.0/{thing}/part-names"]["get"]
    assert {one["name"] for one in names["parameters"]} == {"thing", "per_page", "cursor"}
    shown = names["responses"]["200"]["content"]["application/json"]["schema"]
    assert shown["required"] == ["data", "links", "meta"]
