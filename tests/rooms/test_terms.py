"""Terms and policies: one version of a document is in force, and what came into force stays."""

import itertools
from typing import Any

import pytest

from ohmstead.kit.versions import Version
from ohmstead.rooms.operator.terms import documents, terms, versions
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

LISTED, DOCUMENTS = "/resources/terms-and-policies/v2.0", "/internal/term-documents/v1.0"
TEXT = [{"locale": "en", "translation": "I agree."}, {"locale": "de", "translation": "Einverstanden."}]
DOCUMENT = {
    "consentText": TEXT, "termType": "signup", "consentRequired": True, "consentCollection": "explicit",
    "consentCheckboxDefaultState": False,
}  # fmt: skip
_years = itertools.count(2900)


def of(year: int) -> dict[str, Any]:
    return {"validFrom": f"{year}-01-01T00:00:00+00:00", "content": TEXT}


async def versions_of_a_new_one(given: Given, **fields: Any) -> str:
    return f"{DOCUMENTS}/{(await given.made(DOCUMENTS, DOCUMENT | fields))['id']}/versions"


class TestTerms(ResourceContract):
    resource = terms


class TestDocuments(ResourceContract):
    resource = documents
    create = DOCUMENT | {"title": TEXT, "termType": "marketing", "showOnSignup": True}
    update = {"title": TEXT[:1], "consentCollection": "automatic", "showOnSignup": False}


class TestVersions(ResourceContract):
    resource = versions
    update = {"summary": TEXT, "content": TEXT[1:]}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return of(next(_years))

    async def base(self, given: Given, version: Version) -> str:
        return await versions_of_a_new_one(given)


async def test_one_version_is_in_force(api: Client, given: Given) -> None:
    made, other = await versions_of_a_new_one(given), await versions_of_a_new_one(given)
    first, second, third = [await given.made(made, of(year)) for year in (2020, 2021, 2999)]
    alone = await given.made(other, of(2020))
    assert [one["status"] for one in (first, second, third, alone)] == ["active", "active", "future", "active"]
    listed = (await api.get(LISTED)).data
    assert [one["status"] for one in listed] == ["past", "active", "future", "active"]
    read = (await api.get(f"{LISTED}/{first['id']}")).body
    assert read == first | {"status": "past", "document": read["document"]}
    assert read["document"] == {"id": int(made.split("/")[-2]), **DOCUMENT}


async def test_versions_are_found_by_their_document_and_their_beginning(api: Client, given: Given) -> None:
    made, other = await versions_of_a_new_one(given), await versions_of_a_new_one(given)
    found = [await given.made(path, of(year)) for path in (made, other) for year in (2020, 2999)]
    for query, places in (
        (f"filter[documentId]={other.split('/')[-2]}", [2, 3]), ("filter[documentId]=999999", []),
        ("filter[validFrom]=2020-01-01", [0, 2]), ("filter[validFrom]=2999-01-01T01:00:00%2B01:00", [1, 3]),
        ("filter[validFrom]=2020-01-02", []),
    ):  # fmt: skip
        assert [one["id"] for one in (await api.get(LISTED, query)).data] == [found[place]["id"] for place in places]


async def test_what_came_into_force_stays(api: Client, given: Given) -> None:
    made = await versions_of_a_new_one(given)
    begun = f"{made}/{(await given.made(made, of(2020)))['id']}"
    assert (await api.patch(begun, {"content": TEXT[:1]})).body["errors"].keys() == {"content"}
    assert (await api.patch(begun, of(2999))).body["errors"].keys() == {"content", "validFrom"}
    assert (await api.delete(begun)).status == 409
    assert (await api.delete(made.removesuffix("/versions"))).status == 409
    assert (await api.get(begun)).data["content"] == TEXT


async def test_a_version_begins_after_the_one_in_force(api: Client, given: Given) -> None:
    made = await versions_of_a_new_one(given)
    await given.made(made, of(2020))
    coming = await given.made(made, of(2999))
    for body in (of(2019), of(2020), of(2999)):
        assert (await api.post(made, body)).body["errors"].keys() == {"validFrom"}
    assert (await api.patch(f"{made}/{coming['id']}", {"validFrom": "2019-01-01"})).status == 422
    moved = await api.patch(f"{made}/{coming['id']}", {"validFrom": "2998-01-01T00:00:00.75Z"})
    assert moved.data["validFrom"] == "2998-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"termType": "roaming"}, "termType"),
        ({"consentCollection": "tacit"}, "consentCollection"),
        ({"consentText": []}, "consentText"),
        ({"showOnSignup": True}, "showOnSignup"),
        ({"title": [TEXT[0], TEXT[0]]}, "title"),
    ],
)
async def test_what_no_document_is(api: Client, fields: dict[str, Any], field: str) -> None:
    assert {key.split(".")[0] for key in (await api.post(DOCUMENTS, DOCUMENT | fields)).body["errors"]} == {field}


async def test_a_type_is_said_once(api: Client, given: Given) -> None:
    path = f"{DOCUMENTS}/{(await given.made(DOCUMENTS, DOCUMENT))['id']}"
    assert (await api.patch(path, {"termType": "marketing"})).data["termType"] == "signup"
    assert (await api.patch(path, {"showOnSignup": True})).body["errors"].keys() == {"showOnSignup"}


async def test_a_document_nobody_saw_may_go_with_what_was_to_come(api: Client, given: Given) -> None:
    made = await versions_of_a_new_one(given)
    coming = await given.made(made, of(2999))
    assert (await api.delete(made.removesuffix("/versions"))).status == 409
    assert (await api.delete(f"{made}/{coming['id']}")).status == 204
    assert (await api.delete(made.removesuffix("/versions"))).status == 204


async def test_partners_read_and_do_not_write(given: Given) -> None:
    made = await versions_of_a_new_one(given)
    shown = await given.made(made, of(2020))
    partner = await given.client("*", partner_id=71)
    assert (await partner.get(f"{LISTED}/{shown['id']}")).status == 200
    assert [(await partner.get(path)).status for path in (DOCUMENTS, made)] == [403, 403]
    await partner.close()
