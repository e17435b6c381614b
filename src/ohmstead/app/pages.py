"""What the API's port serves beside the API: health, metrics, the OpenAPI document and its page."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import falcon
import msgspec
from sqlalchemy import func, select, text

from ohmstead.app.metrics import CONTENT_TYPE
from ohmstead.app.rooms import OPERATIONS
from ohmstead.kit.db import Away
from ohmstead.kit.facts import outbox
from ohmstead.kit.openapi import document
from ohmstead.kit.operations import JSON
from ohmstead.web.pages import page

if TYPE_CHECKING:
    from ohmstead.app.system import System

CONTENT_POLICY = (  # the page holds a token: nothing but its own files, and nobody around it
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class Live:
    """Whether the process answers at all."""

    async def on_get(self, req: Any, resp: Any) -> None:
        resp.data, resp.content_type = b'{"status":"live"}', JSON


class Ready:
    """Whether the process can serve: its database answers."""

    def __init__(self, system: "System") -> None:
        self._system = system

    async def on_get(self, req: Any, resp: Any) -> None:
        try:
            async with self._system.database.read() as tx:
                await tx.value(text("SELECT 1"))
            answer: dict[str, Any] = {"status": "ready", "chargePoints": self._system.connected}
        except Exception as error:
            resp.status = falcon.HTTP_503
            answer = {"status": "not ready", "database": type(error).__name__}
        resp.data, resp.content_type = msgspec.json.encode(answer), JSON


class MetricsPage:
    """The figures, for Prometheus."""

    def __init__(self, system: "System") -> None:
        self._system = system

    async def on_get(self, req: Any, resp: Any) -> None:
        system = self._system
        system.metrics.stations.set(system.connected)
        with suppress(Away):  # while the database is away the other figures matter all the more
            async with system.database.read() as tx:
                system.metrics.outbox.set(await tx.value(select(func.count()).select_from(outbox)))
        resp.data, resp.content_type = system.metrics.page(), CONTENT_TYPE


class Document:
    """The OpenAPI document, made with the first request for it."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._raw: bytes | None = None

    async def on_get(self, req: Any, resp: Any) -> None:
        self._raw = self._raw or msgspec.json.encode(document(OPERATIONS, self._version))
        resp.data, resp.content_type = self._raw, JSON


class Docs:
    """The page that shows the document."""

    async def on_get(self, req: Any, resp: Any, name: str = "index.html") -> None:
        found = page(name)
        if found is None:
            raise falcon.HTTPNotFound
        resp.data, resp.content_type = found
        resp.set_header("Content-Security-Policy", CONTENT_POLICY)
        resp.set_header("X-Frame-Options", "DENY")  # for browsers that do not know frame-ancestors
        resp.set_header("Referrer-Policy", "no-referrer")


class Front:
    """The address alone leads to the documentation."""

    async def on_get(self, req: Any, resp: Any) -> None:
        raise falcon.HTTPFound("/docs")


def add_health(app: Any, system: "System") -> None:
    """Route what every node answers."""
    app.add_route("/health/live", Live())
    app.add_route("/health/ready", Ready(system))
    app.add_route("/health", Ready(system))
    app.add_route("/metrics", MetricsPage(system))


def add_pages(app: Any, version: str) -> None:
    """Route the documentation."""
    app.add_route("/", Front())
    app.add_route("/openapi.json", Document(version))
    app.add_route("/docs", Docs())
    app.add_route("/docs/{name}", Docs())
