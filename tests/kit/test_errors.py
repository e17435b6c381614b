"""Failures and envelopes: always JSON, always every field at once (conventions C9 to C12)."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from ohmstead.web.openapi import document
from tests.kit.conftest import THINGS, Yard
from tests.kit.things import OPERATIONS, thing

DEEP = b"[" * 100_000 + b"]" * 100_000


async def test_c9_a_post_may_have_no_body(yard: Yard) -> None:
    made = await yard.made(name="a")
    push, pull = (f"/actions/thing/v1.0/{made['id']}/{word}" for word in ("push", "pull"))
    for body in ({"json": {}}, {}, {"data": b""}, {"data": b"", "headers": {"Content-Type": "text/plain"}}):
        assert (await yard.client.post(push, **body)).status == 202
    assert (await yard.client.post(pull)).body["errors"] == {"force": ["The force field is required."]}


async def test_c9_a_trailing_slash_is_served_as_it_is(yard: Yard) -> None:
    made = await yard.client.post(THINGS + "/", {"name": "a"})
    path = f"{THINGS}/{made.data['id']}/"
    assert made.status == 201
    assert (await yard.client.get(path)).data == made.data
    assert (await yard.client.get(THINGS + "/", "per_page=1")).data == [made.data]
    assert (await yard.client.post(f"/actions/thing/v1.0/{made.data['id']}/push/")).status == 202
    assert (await yard.client.delete(path)).status == 204


async def test_c10_resources_are_wrapped_and_actions_are_not(yard: Yard) -> None:
    made = await yard.client.post(THINGS, {"name": "a"})
    path, action = f"{THINGS}/{made.data['id']}", f"/actions/thing/v1.0/{made.data['id']}"
    assert (made.status, made.body.keys()) == (201, {"data"})
    changed = await yard.client.patch(path, {"name": "b"})
    assert (changed.status, changed.body.keys()) == (200, {"data"})
    assert (await yard.client.get(THINGS)).body.keys() == {"data", "links", "meta"}
    pushed, pulled = await yard.client.post(f"{action}/push"), await yard.client.post(f"{action}/pull", {"force": 3})
    assert (pushed.status, pushed.body) == (202, None)
    assert (pulled.status, pulled.body) == (202, {"force": 3})
    bare = await yard.client.get(f"/resources/things/v1.0/{made.data['id']}")
    assert bare.body == {"id": made.data["id"], "title": "b"}
    gone = await yard.client.delete(path)
    assert (gone.status, gone.body, "Content-Type" in gone.headers) == (204, None, False)


@pytest.mark.parametrize("key", ["{id}", "0{id}", "00000{id}"])
async def test_c11_ids_in_paths_are_texts_of_digits(yard: Yard, key: str) -> None:
    made = await yard.made(name="a")
    assert (await yard.client.get(f"{THINGS}/{key.format(id=made['id'])}")).data == made


@pytest.mark.parametrize("key", ["999", "-1", "1.0", "x", "9" * 18, "9" * 40, "%00", "%C2%B2", "1%2F1"])
async def test_c11_what_names_no_row_is_404(yard: Yard, key: str) -> None:
    await yard.made(name="a")
    for method in ("GET", "PATCH", "DELETE"):
        answer = await yard.client.request(method, f"{THINGS}/{key}", {} if method == "PATCH" else None)
        assert (answer.status, answer.body.keys()) == (404, {"message"})


async def test_c12_an_unknown_route_is_json(yard: Yard) -> None:
    for path in ("/raw/", "/raw/nonsense", "/raw/public-api", "/resources/things/v9.9", "/raw/%2e%2e/etc"):
        for method in ("GET", "POST", "DELETE"):
            answer = await yard.client.request(method, path)
            assert (answer.status, answer.body.keys()) == (404, {"message"})
            assert answer.headers["Content-Type"] == "application/json"
    assert (await yard.client.get("/nonsense")).body == {
        "message": "The route public-api/nonsense could not be found."
    }  # fmt: skip


async def test_c12_a_wrong_method_is_json(yard: Yard) -> None:
    for method in ("PUT", "DELETE", "OPTIONS"):
        answer = await yard.client.request(method, THINGS)
        assert (answer.status, answer.body) == (
            405, {"message": f"The {method} method is not supported for this route."}
        )  # fmt: skip
        assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


async def test_c12_too_large_a_body_is_json(yard: Yard) -> None:
    for body in ({"data": b'{"name": "' + b"x" * (1 << 20) + b'"}'}, {"json": {"name": "x" * (1 << 20)}}):
        answer = await yard.client.post(THINGS, **body)
        assert (answer.status, answer.body) == (413, {"message": "The request body is too large."})
    assert (await yard.client.post(THINGS, {"name": "x" * 1_000_000})).status == 422


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/html",
        "application/jsonx",
        "application/json-patch+json",
        "application/json; charset=utf-16",
        'application/json;x=1;Charset="UTF-32"',
    ],
)
async def test_c12_a_body_that_is_no_json_by_its_type(yard: Yard, kind: str) -> None:
    answer = await yard.client.post(THINGS, data=b'{"name": "a"}', headers={"Content-Type": kind})
    assert answer.status == 415
    assert answer.body.keys() == {"message"}


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json",
        'application/json ;charset="UTF-8"',
        "application/json; profile=x; charset=utf8",
        "application/json;",
    ],
)
async def test_c12_json_by_any_spelling_of_its_type(yard: Yard, kind: str) -> None:
    assert (await yard.client.post(THINGS, data=b'{"name": "a"}', headers={"Content-Type": kind})).status == 201


@pytest.mark.parametrize(
    "raw", [b"{", b"nonsense", b'{"name": "\xff"}', b'{"name": 1, "size": }', DEEP, b'{"name": NaN}']
)
async def test_c12_a_body_that_is_no_json_by_its_content(yard: Yard, raw: bytes) -> None:
    answer = await yard.client.post(THINGS, data=raw, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.body) == (400, {"message": "The request body is not valid JSON."})


async def test_c12_a_request_of_http_1_1_names_its_host(yard: Yard) -> None:
    host, _, port = yard.client.base.removeprefix("http://").partition(":")
    for version, more, wanted in (("1.1", "", 400), ("1.1", "Host: x\r\n", 200), ("1.0", "", 200)):
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"GET /public-api{THINGS} HTTP/{version}\r\n{more}Authorization: Bearer {yard.client.token}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode()
        writer.close()
        assert int(answer.split()[1]) == wanted
        assert "application/json" in answer


@pytest.mark.parametrize("length", [65_535, 65_536])
async def test_c12_a_text_without_a_bound_has_one_all_the_same(yard: Yard, length: int) -> None:
    body = {"name": "a", "tags": ["short", "x" * length], "unknown": {"deep": ["é" * length]}}
    answer = await yard.client.post(THINGS, body)
    if length == 65_535:
        assert answer.status == 201
    else:
        text = "may not be greater than 65535 characters."
        errors = {"tags.1": [f"The tags 1 {text}"], "unknown.deep.0": [f"The unknown deep 0 {text}"]}
        assert (answer.status, answer.body["errors"]) == (422, errors)


async def test_what_an_answer_says_it_is_it_is(yard: Yard) -> None:
    for answer in (
        await yard.client.get(THINGS),
        await yard.client.get("/nonsense"),
        await yard.client.post(THINGS, data=b"{", headers={"Content-Type": "application/json"}),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_c12_a_crash_is_json_and_leaves_nothing_behind(yard: Yard) -> None:
    made = await yard.made(name="a")
    answer = await yard.client.post(f"/actions/thing/v1.0/{made['id']}/break")
    assert (answer.status, answer.body) == (500, {"message": "Server Error"})
    assert answer.headers["X-App-Version"] == "9.9"
    async with yard.system.database.read() as tx:
        assert await tx.value(select(func.count()).select_from(thing)) == 1


async def test_c12_a_database_that_is_away_is_a_503_to_come_back_from(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> Any:
        raise ConnectionRefusedError("nobody listens")

    made = await yard.made(name="a")
    with monkeypatch.context() as away:
        away.setattr(yard.system.database, "_pool", SimpleNamespace(acquire=refuse))
        for method in ("GET", "DELETE"):
            answer = await yard.client.request(method, f"{THINGS}/{made['id']}")
            assert (answer.status, answer.body) == (503, {"message": "Service Unavailable"})
            assert answer.headers["Retry-After"] == "2"
    assert (await yard.client.get(f"{THINGS}/{made['id']}")).status == 200


async def test_c12_every_bad_field_is_named_at_once(yard: Yard) -> None:
    body = {
        "colour": "blue",
        "size": 0,
        "weight": "heavy",
        "loud": 2,
        "at": "noon",
        "tags": ["a", 1, None],
        "shelfId": 1.5,
    }
    answer = await yard.client.post(THINGS, body)
    assert answer.status == 422
    assert answer.body == {
        "message": "The given data was invalid.",
        "errors": {
            "name": ["The name field is required."],
            "colour": ["The selected colour is invalid."],
            "size": ["The size must be at least 1."],
            "weight": ["The weight must be a number."],
            "loud": ["The loud field must be true or false."],
            "at": ["The at is not a valid date."],
            "tags.1": ["The tags 1 must be a string."],
            "tags.2": ["The tags 2 field may not be null."],
            "shelfId": ["The shelf id must be an integer."],
        },
    }


async def test_c12_rules_object_together(yard: Yard) -> None:
    answer = await yard.client.post(THINGS, {"name": "a", "colour": "red", "size": 11})
    assert answer.body["errors"] == {"size": ["A red thing is small."], "colour": ["A large thing is not red."]}
    made = await yard.made(name="b", size=11)
    again = await yard.client.patch(f"{THINGS}/{made['id']}", {"colour": "red"})
    assert again.body["errors"].keys() == {"size", "colour"}


async def test_c12_what_is_taken_is_named_in_the_words_of_the_version(yard: Yard) -> None:
    await yard.made(name="a")
    taken = ["The name has already been taken."]
    assert (await yard.client.post(THINGS, {"name": "a"})).body["errors"] == {"name": taken}
    assert (await yard.client.post("/resources/things/v1.0", {"title": "a"})).body["errors"] == {"title": taken}


@pytest.mark.parametrize(
    "raw", [b"[]", b'"text"', b"1", b"null", b'{"name": "a", "size": %d}' % 2**80, b'{"name": "\\u0000"}']
)
async def test_c12_odd_bodies_are_the_clients_fault(yard: Yard, raw: bytes) -> None:
    answer = await yard.client.post(THINGS, data=raw, headers={"Content-Type": "application/json"})
    assert answer.status == 422
    assert answer.body["message"] == "The given data was invalid."


async def test_c14_a_deprecated_version_is_served(yard: Yard) -> None:
    made = await yard.client.post("/resources/things/v1.0", {"title": "old"})
    assert made.data == {"id": made.data["id"], "title": "old"}
    assert (await yard.client.get(f"{THINGS}/{made.data['id']}")).data["name"] == "old"
    assert (await yard.client.patch(f"/resources/things/v1.0/{made.data['id']}", {})).data["title"] == "old"
    paths = document(OPERATIONS, "x")["paths"]
    marked = {path for path, methods in paths.items() for one in methods.values() if one.get("deprecated")}
    assert marked == {"/public-api/resources/things/v1.0", "/public-api/resources/things/v1.0/{thing}"}


async def test_children_are_found_below_their_parent_only(yard: Yard) -> None:
    one, other = await yard.named(2)
    part = (await yard.client.post(f"{THINGS}/{one}/parts", {"name": "wheel"})).data
    assert part["thingId"] == one
    assert (await yard.client.get(f"{THINGS}/{one}/parts/{part['id']}")).data == part
    for answer in (
        await yard.client.get(f"{THINGS}/{other}/parts/{part['id']}"),
        await yard.client.patch(f"{THINGS}/{other}/parts/{part['id']}", {"name": "x"}),
        await yard.client.get(f"{THINGS}/999/parts"),
        await yard.client.post(f"{THINGS}/999/parts", {"name": "x"}),
    ):
        assert answer.status == 404
    assert (await yard.client.get(f"{THINGS}/{other}/parts")).data == []
