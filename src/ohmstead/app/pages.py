"""What the API's port serves beside the API: the OpenAPI document and its page."""

from typing import Any

import falcon
import msgspec

from ohmstead.app.rooms import OPERATIONS
from ohmstead.kit.operations import JSON
from ohmstead.web.openapi import document
from ohmstead.web.pages import page

CONTENT_POLICY = (  # a page holds a token, or a card: nothing but its own files, and nobody around it
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def send_page(resp: Any, found: tuple[bytes, str] | None) -> None:
    """Answer with a file of our pages, its bytes and its content type, under the policy of them all; 404 for None."""
    if found is None:
        raise falcon.HTTPNotFound
    resp.data, resp.content_type = found
    resp.set_header("Content-Security-Policy", CONTENT_POLICY)
    resp.set_header("X-Frame-Options", "DENY")  # for browsers that do not know frame-ancestors
    resp.set_header("Referrer-Policy", "no-referrer")


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
        send_page(resp, page("docs", name))


class Front:
    """The address alone leads to the documentation."""

    async def on_get(self, req: Any, resp: Any) -> None:
        raise falcon.HTTPFound("/docs")


def add_pages(app: Any, version: str) -> None:
    """Route the documentation."""
    app.add_route("/", Front())
    app.add_route("/openapi.json", Document(version))
    app.add_route("/docs", Docs())
    app.add_route("/docs/{name}", Docs())
