"""What whoever checks our certificates needs, open to all: the root, and the list of what was revoked (RFC 5280)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ohmstead.app.system import System


class RootPage:
    """`GET` gives the root of the listener's certificate and of those of charge points (PEM)."""

    def __init__(self, system: "System") -> None:
        self._system = system

    async def on_get(self, req: Any, resp: Any) -> None:
        async with self._system.database.begin() as tx:
            root = await self._system.authority.root(tx)
        resp.text, resp.content_type = root.certificate_text, "application/x-pem-file"


class RevocationPage:
    """`GET` gives the list (DER)."""

    def __init__(self, system: "System") -> None:
        self._system = system

    async def on_get(self, req: Any, resp: Any) -> None:
        async with self._system.database.begin() as tx:
            resp.data = await self._system.authority.revocations(tx)
        resp.content_type = "application/pkix-crl"


def add_pki(app: Any, system: "System") -> None:
    """Route them."""
    app.add_route("/pki/root.pem", RootPage(system))
    app.add_route("/pki/revoked.crl", RevocationPage(system))
