"""The tests' client: real HTTP, and every answer held against our own OpenAPI document."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import aiohttp
import jsonschema_rs

from ohmstead.app.rooms import OPERATIONS
from ohmstead.web.openapi import document

DOCUMENT = document(OPERATIONS, "test")
API = "/public-api"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Any

    @property
    def data(self) -> Any:
        """What a resource's answer wraps."""
        return self.body["data"]


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile("^" + re.sub(r"{\w+}", "[^/]+", path) + "/?$"), path)
        for path in sorted(DOCUMENT["paths"], key=lambda path: path.count("{"))
    ]


@cache
def _validator(path: str, method: str, status: int) -> Any:
    responses = DOCUMENT["paths"][path][method]["responses"]
    assert str(status) in responses, f"{method.upper()} {path} answered {status}, which its document does not know"
    content = responses[str(status)].get("content", {}).get("application/json")
    if content is None:
        return None
    return _compiled(json.dumps(content["schema"]))


@cache  # of a schema once: most failures have the same
def _compiled(schema: str) -> Any:
    around = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": DOCUMENT["components"]}
    return jsonschema_rs.validator_for(around | json.loads(schema), validate_formats=True)


def check(method: str, path: str, status: int, body: Any) -> None:
    """Fail where the answer is not as documented. Unknown routes, crashes and oversized bodies have no document."""
    found = next((template for pattern, template in _templates() if pattern.match(path)), None)
    if found is None or method.lower() not in DOCUMENT["paths"][found] or status in (405, 413, 415, 500, 503):
        return
    validator = _validator(found, method.lower(), status)
    if validator is None:
        assert body is None, f"{method} {path} {status}: a body where none is documented"
        return
    errors = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(body)]
    assert not errors, f"{method} {path} {status}: {errors[:5]}"


class Client:
    """Speaks to a running API. Paths are given below `/public-api`."""

    def __init__(self, base: str, token: str | None) -> None:
        self.base, self.token = base, token
        self._session = aiohttp.ClientSession(auto_decompress=True)

    async def close(self) -> None:
        await self._session.close()

    async def request(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        data: bytes | None = None,
        headers: Any = None,
        query: str = "",
    ) -> Answer:
        """Send one request; `query` is taken to the letter, `path` may be a whole URL."""
        url = path if path.startswith("http") else self.base + (path if path.startswith("/raw") else API + path)
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = aiohttp.client.URL(url.replace("/raw", "", 1) + ("?" + query if query else ""), encoded=True)
        async with self._session.request(method, url, json=json, data=data, headers=sent | (headers or {})) as reply:
            raw = await reply.read()
            body = await reply.json() if raw else None
            check(method, reply.url.path, reply.status, body)
            return Answer(reply.status, body, reply.headers)

    async def text(self, path: str) -> str:
        """The body of what is no JSON; any redirect is followed."""
        async with self._session.get(self.base + path) as reply:
            assert reply.status == 200, path
            return await reply.text()

    async def get(self, path: str, query: str = "", **kw: Any) -> Answer:
        return await self.request("GET", path, query=query, **kw)

    async def post(self, path: str, json: Any = None, **kw: Any) -> Answer:
        return await self.request("POST", path, json, **kw)

    async def patch(self, path: str, json: Any = None, **kw: Any) -> Answer:
        return await self.request("PATCH", path, json, **kw)

    async def put(self, path: str, json: Any = None, **kw: Any) -> Answer:
        return await self.request("PUT", path, json, **kw)

    async def delete(self, path: str, **kw: Any) -> Answer:
        return await self.request("DELETE", path, **kw)
