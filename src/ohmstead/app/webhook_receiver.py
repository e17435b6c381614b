"""A receiver of webhooks on this machine, for people who try them: it verifies what arrives and hands it on."""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from aiohttp import web
from msgspec import Struct

from ohmstead.kit.clock import Clock

HOST = "127.0.0.1"
PATIENCE = timedelta(minutes=5)
MOST_BYTES = 1 << 20


class Webhook(Struct, frozen=True):
    """What arrived. `fault` says why it is not to be believed; None: it is."""

    headers: Mapping[str, str]
    body: bytes
    at: datetime
    fault: str | None


def fault_of(headers: Mapping[str, str], body: bytes, token: str, clock: Clock) -> str | None:
    """What is wrong with a webhook that the owner of a token should have got: its signatures, or that it is older, or
    more in the future, than five minutes."""
    plain = hmac.new(token.encode(), body, "sha256").hexdigest()
    if not hmac.compare_digest(headers.get("X-Signature", "").encode(), plain.encode()):
        return "X-Signature is not that of this body and this token"
    signed = ".".join(headers.get(name, "") for name in ("webhook-id", "webhook-timestamp")).encode() + b"." + body
    standard = b"v1," + b64encode(hmac.digest(token.encode(), signed, "sha256"))
    offered = headers.get("webhook-signature", "").encode().split()
    if not any(hmac.compare_digest(one, standard) for one in offered):
        return "webhook-signature is not that of this id, time, body and token"
    return _age_fault(headers.get("webhook-timestamp", ""), clock)


def _age_fault(told: str, clock: Clock) -> str | None:
    if not told.isascii() or not told.isdigit():
        return f"webhook-timestamp {told!r} is no time"
    age = clock.now().timestamp() - int(told)
    if abs(age) > PATIENCE.total_seconds() * max(1.0, clock.speed):
        return f"it is {abs(age):.0f} s {'old' if age > 0 else 'ahead'}: an old one that somebody sends again?"
    return None


class Receiver:
    """Listens on a port of the loopback and shows each webhook that comes, whatever its path: 202, or 401 where it is
    not to be believed."""

    def __init__(self, token: str, clock: Clock, show: Callable[[Webhook], None]) -> None:
        self._token, self._clock, self._show = token, clock, show
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
        fault = fault_of(request.headers, body, self._token, self._clock)
        self._show(Webhook(request.headers, body, self._clock.now(), fault))
        return web.Response(status=202 if fault is None else 401)
