"""What whoever checks our certificates needs, open to all: the root, the list of what was revoked (RFC 5280), and the
status of each (OCSP, RFC 6960)."""

import base64
from typing import Any

import falcon

from ohmstead.kit.db import Database
from ohmstead.rooms.devices import certificates
from ohmstead.rooms.devices.certificates import Authority

STATUS = "/pki/ocsp"
MOST_BYTES = 4096  # of a request for a status


class RootPage:
    """`GET` gives the root of the listener's certificate and of those of charge points (PEM)."""

    def __init__(self, database: Database, authority: Authority) -> None:
        self._database, self._authority = database, authority

    async def on_get(self, req: Any, resp: Any) -> None:
        async with self._database.begin() as tx:
            root = await self._authority.root(tx)
        resp.text, resp.content_type = root.certificate_text, "application/x-pem-file"


class RevocationPage:
    """`GET` gives the list (DER)."""

    def __init__(self, database: Database, authority: Authority) -> None:
        self._database, self._authority = database, authority

    async def on_get(self, req: Any, resp: Any) -> None:
        async with self._database.begin() as tx:
            resp.data = await self._authority.revocations(tx)
        resp.content_type = "application/pkix-crl"


class StatusPage:
    """`POST` takes a request, `GET` the same in base64 at the end of the path; the answer is signed by our root."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_post(self, req: Any, resp: Any) -> None:
        raw = await req.stream.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise falcon.HTTPContentTooLarge
        await self._answer(resp, raw)

    async def on_get(self, req: Any, resp: Any, asked: str = "") -> None:
        whole = req.scope["path"].partition(STATUS + "/")[2]  # `asked` has lost a slash at its end, a digit of base64
        try:
            raw = base64.b64decode(whole, validate=True)
        except ValueError:  # no base64, or no ASCII
            raw = b""
        if not raw:
            raise falcon.HTTPBadRequest(title="The path does not end in base64.")
        await self._answer(resp, raw)

    async def _answer(self, resp: Any, raw: bytes) -> None:
        async with self._database.begin() as tx:
            resp.data = await certificates.answered(tx, raw)
        resp.content_type = "application/ocsp-response"


def add_pki(app: Any, database: Database, authority: Authority) -> None:
    """Route them."""
    app.add_route("/pki/root.pem", RootPage(database, authority))
    app.add_route("/pki/revoked.crl", RevocationPage(database, authority))
    app.add_route(STATUS, StatusPage(database))
    app.add_route(STATUS + "/{asked:path}", StatusPage(database))
