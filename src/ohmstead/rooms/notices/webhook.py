"""Webhooks: a message posted to the URL of a subscription, signed, with an outcome whatever becomes of it."""

import asyncio
import importlib
from typing import Any

from ohmstead.kit.clock import Clock
from ohmstead.rooms.notices.signed_headers import SignedHeaders
from ohmstead.rooms.notices.transport import Message, Outcome
from ohmstead.rooms.operator.outbound import Outbound

AT_ONCE = 8
WITHIN_S, CONNECTED_WITHIN_S = 15.0, 5.0

_CLIENT = "ohmstead.rooms.notices.webhook_requests"
"""Loaded with the first message: see `outbound`."""


class Webhooks:
    """Makes transports to URLs with the connections of one client, which `outbound` guards. An attempt takes at most
    `within_s`, to connect at most `connected_within_s` of it."""

    def __init__(
        self,
        outbound: Outbound,
        tenant: str,
        within_s: float = WITHIN_S,
        connected_within_s: float = CONNECTED_WITHIN_S,
    ) -> None:
        self._outbound, self.tenant = outbound, tenant
        self._times = within_s, connected_within_s
        self._transports: set[WebhookTransport] = set()
        self._loading: asyncio.Task[Any] | None = None

    def transport(self, subscription_id: int, url: str, secret: str, clock: Clock) -> "WebhookTransport":
        """To one subscription; `secret` is the text of the token that made it."""
        made = WebhookTransport(self, subscription_id, url, secret, clock)
        self._transports.add(made)
        return made

    async def client(self) -> Any:
        """The client, made by whoever needs it first."""
        if (loading := self._loading) is None:
            loading = self._loading = asyncio.create_task(self._load())
        return loading.result() if loading.done() else await asyncio.shield(loading)

    async def _load(self) -> Any:
        requests = await asyncio.to_thread(importlib.import_module, _CLIENT)
        return requests.Client(self._outbound.passes, *self._times)

    async def closed(self, transport: "WebhookTransport") -> None:
        """Let go of a transport, and of all connections with the last one."""
        self._transports.discard(transport)
        if not self._transports:
            await self.close()

    async def close(self) -> None:
        """Let go of all connections; the next message opens new ones."""
        if (loading := self._loading) is not None:
            self._loading = None
            await (await loading).close()


class WebhookTransport:
    """See `transport.Transport`."""

    at_once = AT_ONCE

    def __init__(self, webhooks: Webhooks, subscription_id: int, url: str, secret: str, clock: Clock) -> None:
        self._webhooks, self._url, self._clock = webhooks, url, clock.real
        self._headers = SignedHeaders(subscription_id, webhooks.tenant, secret)

    async def deliver(self, message: Message) -> Outcome:
        """Post it once. Any answer of 2xx is a success, whatever its body; redirects are not followed."""
        client = await self._webhooks.client()
        now = self._clock.now()
        return await client.post(self._url, message.body, self._headers.of(message, now), now)

    async def close(self) -> None:
        """Let go of connections, unless others use them."""
        await self._webhooks.closed(self)
