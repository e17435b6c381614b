"""The card page of the embedded gateway, at /pay/{reference}: in the language of who looks at it, and of unknown
references a page that says so."""

from typing import Any

import falcon

from ohmstead.app.pages import send_page
from ohmstead.engines.languages import language_of
from ohmstead.kit.bounds import NUL
from ohmstead.kit.db import Database
from ohmstead.rooms.billing.gateways.embedded import setups
from ohmstead.web.pages import CONTENT_TYPES, page, spoken


class CardPage:
    """What is entered there goes to the open operations of the gateway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_get(self, req: Any, resp: Any, reference: str) -> None:
        known = NUL not in reference and await self._knows(reference)
        if not known:
            resp.status = falcon.HTTP_404
        language = language_of(req.get_header("Accept-Language") or "", req.get_param("lang") or "")
        send_page(resp, (spoken("pay", "index.html" if known else "unknown.html", language), CONTENT_TYPES[".html"]))
        resp.set_headers({"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Vary": "Accept-Language"})

    async def _knows(self, reference: str) -> bool:
        async with self._database.read() as tx:
            return await setups.find(tx, reference) is not None


class CardPageFiles:
    """What belongs to it."""

    async def on_get(self, req: Any, resp: Any, name: str) -> None:
        send_page(resp, None if name.endswith(".html") else page("pay", name))


def add_card_page(app: Any, database: Database) -> None:
    """Route it. Where it leads when it is done may be below itself."""
    found = CardPage(database)
    app.add_route("/pay/{reference}", found)
    app.add_route("/pay/{reference}/stored", found)
    app.add_route("/pay/files/{name}", CardPageFiles())
