"""A receiver of webhooks on this machine, for people who try them: it verifies what arrives and hands it on."""

import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from aiohttp import web
from msgspec import Struct

from ohmstead.engines.webhook_signatures import Signer
from ohmstead.kit.clock import Clock

HOST = "127.0.0.1"
PATIENCE_S = 300
MOST_BYTES = 1 << 20
_SECONDS = re.compile("[1-9][0-9]{0,11}")


class Webhook(Struct, frozen=True):
    """What arrived. `fault` says why it is not to be believed; None: it is."""

    headers: Mapping[str, str]
    body: bytes
    at: datetime
    fault: str | None


def fault_of(headers: Mapping[str, str], body: bytes, signer: Signer, clock: Clock) -> str | None:
    """What is wrong with a webhook that the owner of a token should have got: its signatures, or that it is older, or
    more in the future, than five minutes."""
    if not hmac.compare_digest(headers.get("X-Signature", "").encode(), signer.of_body(body).encode()):
        return "X-Signature is not that of this body and this token"
    said = headers.get("webhook-timestamp", "")
    if not _SECONDS.fullmatch(said):
        return f"webhook-timestamp {said!r} is no time"
    standard = signer.standard(headers.get("webhook-id", ""), int(said), body)
    offered = headers.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(one.encode(), standard.encode()) for one in offered):
        return "webhook-signature is not that of this id, time, body and token"
    age = clock.now().timestamp() - int(said)
    if abs(age) > PATIENCE_S:
        return f"it is {abs(age):.0f} s {'old' if age > 0 else 'ahead'}: an old one that somebody sends again?"
    return None


class Receiver:
    """Listens on a port of the loopback and shows each webhook that comes, whatever its path: 202, or 401 where it is
    not to be believed."""

    def __init__(self, token: str, clock: Clock, show: Callable[[Webhook], None]) -> None:
        self._signer, self._clock, self._show = Signer(token), clock, show
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_post("/{path:.*}", self._receive)
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self, port: int) -> int:
        """The port, which a 0 takes of those that are free; OSError where it cannot be had."""
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        return self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Take no more."""
        await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        fault = fault_of(request.headers, body, self._signer, self._clock)
        self._show(Webhook(request.headers, body, self._clock.now(), fault))
        return web.Response(status=202 if fault is None else 401)
