"""The contract of every resource: a class of a few declared lines tests each version through the real API."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar, get_origin

import msgspec
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.access import INHERITED, SHARED
from ohmstead.kit.facts import audit, outbox
from ohmstead.kit.operations import Operation
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.serving import operations_of
from ohmstead.kit.versions import Version
from ohmstead.kit.views import alternative, alternatives, fields, hints, nullable, structs, tag_field
from tests.client import Answer, Client
from tests.given import Given


class ResourceContract:
    """Declare `resource`, `create` (a body, or `async def body(given, version)`) and `update`; the tests follow.

    Children of a parent override `base(given)` with the path their rows are made below. Where rows are PUT, `key` is
    the name of one, unless it is the only one.
    """

    resource: ClassVar[Resource]
    create: ClassVar[dict[str, Any]] = {}
    update: ClassVar[dict[str, Any]] = {}
    versions: ClassVar[dict[str, dict[str, Any]]] = {}  # version -> {"create": …, "update": …} where it differs
    key: ClassVar[str] = ""
    id: ClassVar[str] = "id"  # what rows call theirs
    ignored: ClassVar[tuple[str, ...]] = ()  # fields of a body that do not read back
    returning: ClassVar[tuple[str, ...]] = ()  # fields that null sets back to what they are by default

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        """A body that creates a row."""
        return dict(self.versions.get(version.name, {}).get("create", self.create))

    def change(self, version: Version) -> dict[str, Any]:
        """A body that changes a row."""
        return self.versions.get(version.name, {}).get("update", self.update)

    async def base(self, given: Given, version: Version) -> str:
        """The collection's path, below /public-api."""
        return self.resource.path(version, "list").removeprefix("/public-api")

    def each(self, *verbs: str) -> list[Version]:
        """The versions that have all these verbs."""
        return [one for one in self.resource.versions if set(verbs) <= set(one.verbs)]

    async def made(self, given: Given, version: Version) -> tuple[str, dict[str, Any]]:
        """A new row: its path and its data."""
        base = await self.base(given, version)
        row = await given.made(base, await self.body(given, version))
        return f"{base}/{row[self.id]}", row

    async def puts(self, given: Given) -> AsyncIterator[tuple[Version, str]]:
        """The versions that PUT whole rows, and where one lies."""
        for version in self.resource.versions:
            if "create" in version.verbs and "replace" in version.verbs:
                yield version, (await self.made(given, version))[0]
            elif {"put", "replace"} & {*version.verbs}:
                yield version, await self.base(given, version) + ("/" + self.key if self.key else "")

    async def test_every_operation_needs_a_token(self, api: Client) -> None:
        for one in operations_of(self.resource):
            stranger = await api.request(one.method, _filled(one), headers={"Authorization": "Bearer nobody"})
            assert stranger.status == 401
            assert stranger.body == {"message": "Unauthenticated."}

    async def test_every_operation_needs_its_scope(self, given: Given) -> None:
        client = await given.client("nothing.read")
        try:
            for one in operations_of(self.resource):
                answer = await client.request(one.method, _filled(one))
                assert (answer.status, answer.body["message"]) == (403, "This action is unauthorized.")
        finally:
            await client.close()

    async def test_what_is_created_reads_back(self, api: Client, given: Given) -> None:
        for version in self.each("create", "read"):
            body = await self.body(given, version)
            base = await self.base(given, version)
            made = await given.made(base, body)
            read = await api.get(f"{base}/{made[self.id]}")
            assert read.status == 200
            found = read.body.get("data", read.body)
            assert found == made
            for name, value in body.items():
                if name not in self.ignored:
                    assert _holds(found.get(name), value), f"{name}: {found.get(name)!r} is not {value!r}"

    async def test_a_missing_field_is_named(self, api: Client, given: Given) -> None:
        for version in self.each("create"):
            operation = _operation(self.resource, version, "create")
            body, base = await self.body(given, version), await self.base(given, version)
            required = [name for name in _required(operation, body) if name in body]
            answer = await api.post(base, {name: value for name, value in body.items() if name not in required})
            if required:
                assert answer.status == 422
                assert set(required) <= set(answer.body["errors"])

    async def test_a_wrong_type_is_named(self, api: Client, given: Given) -> None:
        for version in self.each("create"):
            base, body = await self.base(given, version), await self.body(given, version)
            tags = {tag_field(one) for one in structs(_operation(self.resource, version, "create").body)}
            wrong = {name: {"wrong": [1]} for name, value in body.items() if not isinstance(value, dict)}
            wrong = {name: value for name, value in wrong.items() if name not in tags}
            answer = await api.post(base, body | wrong)
            assert answer.status == 422
            assert set(wrong) <= {name.split(".")[0] for name in answer.body["errors"]}

    async def test_an_id_names_what_is_there(self, api: Client, given: Given) -> None:
        for version in self.each("create"):
            base, body = await self.base(given, version), await self.body(given, version)
            for name in self.resource.references:
                wrong, field = _naming(_operation(self.resource, version, "create").body, body, name, 999_999_999)
                if field:
                    _names(await api.post(base, wrong), field)

    async def test_a_change_names_what_is_there(self, api: Client, given: Given) -> None:
        for version in self.each("create", "update") if self.resource.references else ():
            body, (path, _) = await self.body(given, version), await self.made(given, version)
            for name in self.resource.references:
                wrong, field = _naming(_operation(self.resource, version, "update").body, body, name, 999_999_999)
                top = field.partition(".")[0]
                change = (self.change(version) if version.required_on_update else {}) | {top: wrong.get(top)}
                if field:
                    _names(await api.request("PUT" if version.updates_by_put else "PATCH", path, change), field)

    async def test_an_id_names_nothing_of_another_partner(self, api: Client, given: Given) -> None:
        if not self.resource.opens("POST"):
            return  # closed to partners: test_a_partner_makes_its_own
        partner, other = await given.client("*", partner_id=71), await given.client("*", partner_id=72)
        own, foreign = PartnersGiven(given.system, api, partner), PartnersGiven(given.system, api, other)
        for version in self.each("create"):
            base, body = await self.base(own, version), await self.body(own, version)
            for name, resource in self.resource.references.items():
                if not isinstance(resource, Resource) or _is_shared(resource):
                    continue
                key = int((await foreign.row_of(resource.name))["id"])
                wrong, field = _naming(_operation(self.resource, version, "create").body, body, name, key)
                if field:
                    _names(await partner.post(base, wrong), field)
        for client in (partner, other):
            await client.close()

    async def test_a_patch_changes_only_what_it_gives(self, api: Client, given: Given) -> None:
        for version in self.each("create", "update"):
            path, before = await self.made(given, version)
            change = self.change(version)
            method = "PUT" if version.updates_by_put else "PATCH"
            answer = await api.request(method, path, change)
            assert answer.status == 200, answer.body
            for name, value in answer.body.get("data", answer.body).items():
                if name in change:
                    assert _holds(value, change[name]) or name in self.ignored, f"{name}: {value!r}"
                elif name not in ("lastUpdatedAt", "updatedAt") and name in before:
                    assert value == before[name], name
            assert (await api.request(method, path, {})).status == (422 if version.required_on_update else 200)

    async def test_null_takes_away_or_is_refused_by_name(self, api: Client, given: Given) -> None:
        for version in self.each("create", "update"):
            path, _ = await self.made(given, version)
            method, change = "PUT" if version.updates_by_put else "PATCH", self.change(version)
            for field in fields(_operation(self.resource, version, "update").body).values():
                if not nullable(field):
                    continue
                name = field.encode_name
                answer = await api.request(method, path, (change if version.required_on_update else {}) | {name: None})
                assert answer.status in (200, 422), (name, answer.body)
                if answer.status == 422:
                    assert name in {one.partition(".")[0] for one in answer.body["errors"]}, answer.body
                elif name not in self.ignored and name not in self.returning:
                    assert answer.body.get("data", answer.body).get(name) in (None, [], {}), (name, answer.body)

    async def test_a_write_is_audited_and_told(self, api: Client, given: Given) -> None:
        for version in self.each("create"):
            path, row = await self.made(given, version)
            writes = [("POST", path.rpartition("/")[0], "created")]
            if "update" in version.verbs:
                writes.append(("PUT" if version.updates_by_put else "PATCH", path, "updated"))
                assert (await api.request(writes[-1][0], path, self.change(version))).status == 200
            if "delete" in version.verbs:
                writes.append(("DELETE", path, "deleted"))
                assert (await api.delete(path)).status == 204
            async with given.system.database.read() as tx:
                acts = {(act["action"].partition(" ")[0], act["target"]) for act in await tx.all(select(audit))}
                told = [fact["payload"] for fact in await tx.all(select(outbox)) if self._is_its(fact["topic"])]
            for method, target, action in writes:
                assert (method, target.lstrip("/")) in acts, (method, target, acts)
                if self.resource.changed is not None:
                    assert (int(row[self.id]), action) in [(one["id"], one["action"]) for one in told], (action, told)

    def _is_its(self, topic: str) -> bool:
        return self.resource.changed is not None and topic == self.resource.changed.topic

    async def test_pages_do_not_overlap(self, api: Client, given: Given) -> None:
        for version in self.each("create", "list"):
            base = await self.base(given, version)
            made = [(await given.made(base, await self.body(given, version)))[self.id] for _ in range(5)]
            if version.pages is Pages.WHOLE:
                continue
            for mode in _modes(version.pages):
                seen = await self._walk(api, base, mode)
                assert len(seen) == len(set(seen))
                assert set(made) <= set(seen)

    async def _walk(self, api: Client, base: str, mode: str) -> list[Any]:
        answer, seen = await api.get(base, f"per_page=2{mode}"), []
        for _ in range(50):
            assert answer.status == 200
            assert len(answer.data) <= 2
            seen += [row[self.id] for row in answer.data]
            following = answer.body["links"]["next"]
            if following is None:
                return seen
            assert "per_page=2" in following
            answer = await api.get(following)
        raise AssertionError("the pages have no end")

    async def test_an_unknown_filter_is_named(self, api: Client, given: Given) -> None:
        for version in self.each("list"):
            answer = await api.get(await self.base(given, version), "filter[nonsense]=1")
            assert answer.status == 422
            assert "filter.nonsense" in answer.body["errors"]

    async def test_unknown_parameters_do_no_harm(self, api: Client, given: Given) -> None:
        for version in self.each("list"):
            assert (await api.get(await self.base(given, version), "nonsense=1&cursor=null")).status == 200

    async def test_what_is_put_is_there_until_it_is_deleted(self, api: Client, given: Given) -> None:
        async for version, path in self.puts(given):
            for body, new in ((await self.body(given, version), True), (self.change(version), False)):
                answer = await api.put(path, body)
                assert answer.status == (201 if new and self.key and "put" in version.verbs else 200), answer.body
                assert (await api.get(path)).body == answer.body
                found = answer.body.get("data", answer.body)
                for name, value in body.items():
                    shown = found.get(name)
                    assert _holds(shown, value) or name in self.ignored, f"{name}: {shown!r}"
            if "delete" in version.verbs:
                assert (await api.delete(path)).status == 204
                assert [(await api.request(method, path)).status for method in ("GET", "DELETE")] == [404, 404]

    async def test_a_wrong_type_of_a_put_is_named(self, api: Client, given: Given) -> None:
        async for version, path in self.puts(given):
            body = await self.body(given, version)
            wrong = {name: {"wrong": [1]} for name, value in body.items() if not isinstance(value, dict)}
            answer = await api.put(path, body | wrong)
            assert answer.status == 422
            assert set(wrong) <= {name.split(".")[0] for name in answer.body["errors"]}

    async def test_what_an_operator_put_is_out_of_a_partners_reach(self, api: Client, given: Given) -> None:
        partner = await given.client("*", partner_id=71)
        async for version, path in self.puts(given):
            body = await self.body(given, version)
            assert (await api.put(path, body)).status in (200, 201)
            for method in ("GET", "PUT", "DELETE"):
                if method == "DELETE" and "delete" not in version.verbs:
                    continue
                shown = method == "GET" and _is_shared(self.resource)
                wanted = 200 if shown else 404 if self.resource.opens(method) else 403
                answer = await partner.request(method, path, body if method == "PUT" else None)
                assert answer.status == wanted, (method, answer.body)
        await partner.close()

    async def test_what_is_deleted_is_gone(self, api: Client, given: Given) -> None:
        for version in self.each("create", "delete"):
            path, _ = await self.made(given, version)
            answer = await api.delete(path, query="cursor=null")
            assert (answer.status, answer.body) == (204, None)
            for method in ("GET", "DELETE") if "read" in version.verbs else ("DELETE",):
                assert (await api.request(method, path)).status == 404

    async def test_another_partners_rows_are_out_of_reach(self, api: Client, given: Given) -> None:
        """A row of the operator's: read where it is everybody's, changed by no partner."""
        partner = await given.client("*", partner_id=71)
        for version in self.resource.versions:
            if "create" not in version.verbs:
                continue
            base = await self.base(given, version)
            path, made = await self.made(given, version)
            shown = _is_shared(self.resource)
            for verb in {*version.verbs} - {"list", "create"}:
                methods = {"read": "GET", "delete": "DELETE", "replace": "PUT"}
                method = methods.get(verb, "PUT" if version.updates_by_put else "PATCH")
                wanted = 200 if shown and verb == "read" else 403 if not self.resource.opens(method) else 404
                answer = await partner.request(method, path, self.change(version) if verb == "update" else None)
                assert answer.status == wanted, (verb, answer.status, answer.body)
            listed = await partner.get(base)
            assert listed.status in ((200,) if shown else (200, 403, 404)), listed.body
            if not shown and listed.status == 200:
                assert made[self.id] not in [row[self.id] for row in listed.data]
        await partner.close()

    async def test_a_partner_makes_its_own(self, api: Client, given: Given) -> None:
        """What it makes it sees and may change; to another partner it is not there, to the operator it is."""
        partner, other = await given.client("*", partner_id=71), await given.client("*", partner_id=72)
        for version in self.each("create", "read"):
            own = PartnersGiven(given.system, api, partner)
            base, body = await self.base(own, version), await self.body(own, version)
            answer = await partner.post(base, body)
            if not self.resource.opens("POST"):
                assert answer.status == 403, answer.body
                continue
            assert answer.status == 201, answer.body
            path = f"{base}/{answer.body.get('data', answer.body)[self.id]}"
            found = [(await one.get(path)).status for one in (partner, api, other)]
            assert found == [200, 200, 404]
            if "update" in version.verbs:
                method, change = "PUT" if version.updates_by_put else "PATCH", self.change(version)
                assert (await other.request(method, path, change)).status == 404
                assert (await partner.request(method, path, change)).status == 200
            if "delete" in version.verbs:
                assert (await other.delete(path)).status == 404
                assert (await partner.delete(path)).status == 204
        for client in (partner, other):
            await client.close()

    async def test_what_is_not_there_is_404(self, api: Client, given: Given) -> None:
        for version in self.each("read"):
            base = await self.base(given, version)
            for key in ("999999999", "no-number"):
                assert (await api.get(f"{base}/{key}")).status == 404


class PartnersGiven(Given):
    """Makes what it can with a partner's token, and the rest with the operator's."""

    def __init__(self, system: System, api: Client, partner: Client) -> None:
        super().__init__(system, api)
        self.theirs = partner

    async def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.theirs.post(path, body)
        if answer.status == 403:
            return await super().made(path, body)
        assert answer.status in (200, 201), answer.body
        return answer.body.get("data", answer.body)


def _is_shared(resource: Resource) -> bool:
    """Whether everybody reads its rows."""
    if resource.access is INHERITED and resource.parent is not None:
        return _is_shared(resource.parent.resource)
    return resource.access is SHARED


def _filled(operation: Operation) -> str:
    path = operation.path.removeprefix("/public-api")
    parts = path.split("/")
    return "/".join(operation.choices.get(part.strip("{}"), "1")[0] if "{" in part else part for part in parts)


def _operation(resource: Resource, version: Version, verb: str) -> Operation:
    method = {"create": "POST", "update": "PUT" if version.updates_by_put else "PATCH"}[verb]
    path = resource.path(version, verb)
    return next(one for one in operations_of(resource) if (one.method, one.path) == (method, path))


def _required(operation: Operation, body: dict[str, Any]) -> list[str]:
    shape = alternative(body, operation.body)
    assert shape is not None
    return [field.encode_name for field in msgspec.structs.fields(shape) if field.required]


def _naming(kind: Any, body: dict[str, Any], name: str, key: int) -> tuple[dict[str, Any], str]:
    """The body with an id where a reference is, and what the field is called there; no name where there is no such."""
    head, _, rest = name.partition(".")
    kind = alternative(body, kind) or kind
    declared = fields(kind).get(head)
    if declared is None:
        return body, ""
    called, annotation, value = declared.encode_name, hints(kind)[head], key
    if rest:
        value, below = _naming(structs(annotation)[0], body.get(called) or {}, rest, key)
        return body | {called: value}, below and f"{called}.{below}"
    if any(get_origin(one) is list for one in alternatives(annotation)):
        return body | {called: [key]}, f"{called}.0"
    return body | {called: key}, called


def _names(answer: Answer, field: str) -> None:
    assert answer.status == 422, answer.body
    assert any("is invalid" in text for text in answer.body["errors"].get(field, ())), (field, answer.body)


def _modes(pages: Pages) -> list[str]:
    return {
        Pages.CURSOR: ["", "&cursor=null", "&cursor="],
        Pages.NUMBER: ["", "&page=1"],
        Pages.EITHER: ["", "&cursor=null", "&cursor=", "&page=1&cursor=null"],
    }[pages]


def _holds(value: Any, wanted: Any) -> bool:
    """Whether `value` has all that was sent (answers may add fields)."""
    if isinstance(wanted, dict) and isinstance(value, dict):
        return all(_holds(value.get(name), part) for name, part in wanted.items())
    if isinstance(wanted, list) and isinstance(value, list):
        return len(value) == len(wanted) and all(_holds(*pair) for pair in zip(value, wanted, strict=True))
    return value == wanted
