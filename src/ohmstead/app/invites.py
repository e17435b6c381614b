"""What the link of a partner's invite leads to: who invites, and what to do about it. Accepting takes an account."""

from typing import Any

import falcon

from ohmstead.kit.db import Database
from ohmstead.rooms.people.partner_users import inviting

_TEXT = "{partner} invites you to charge as one of its users. To accept, open this link in the app of your operator.\n"


class Invites:
    """`GET` says it in plain text; 404 where the invite was accepted or taken back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_get(self, req: Any, resp: Any, token: str) -> None:
        async with self._database.read() as tx:
            partner = await inviting(tx, token)
        if partner is None:
            raise falcon.HTTPNotFound
        resp.text, resp.content_type = _TEXT.format(partner=partner), "text/plain; charset=utf-8"
        resp.set_headers({"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})


def add_invites(app: Any, database: Database) -> None:
    """Route them."""
    app.add_route("/partner-invites/{token}", Invites(database))
