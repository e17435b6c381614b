"""The requests of webhooks, by aiohttp; see `webhook`, which loads this when it is first needed."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from ohmstead.engines.retry_after import retry_after_s
from ohmstead.rooms.notices.transport import Outcome
from ohmstead.rooms.operator.outbound import NoAnswer, NotPublic
from ohmstead.rooms.operator.outbound_requests import Passes, checked, session

MOST_BYTES = 20_000
KEPT_S = 4.0  # without use: many receivers hang up after 5, and a message on its way then would be lost
HOST_AT_ONCE = 64
_HEADERS = {"Content-Type": "application/json", "User-Agent": f"Ohmstead/{version('ohmstead')}"}
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (NotPublic, "the address is not public"),
    (aiohttp.ClientConnectorDNSError, "the name of the host is not known"),
    (aiohttp.ClientConnectorCertificateError, "the certificate of the host is not valid"),
    (aiohttp.ClientSSLError, "TLS failed"),
    (aiohttp.ClientConnectorError, "no connection"),
    (aiohttp.ClientOSError, "the connection broke"),
    (aiohttp.ServerDisconnectedError, "the connection was closed without an answer"),
    (aiohttp.InvalidURL, "the address is no URL of http or https"),
    (aiohttp.ClientError, "the answer is not HTTP"),
    (OSError, "no connection"),
    (ValueError, "the request cannot be sent"),
)
"""What is said of each error: the first that fits. The client's own texts name addresses of our network."""


class Client:
    """Posts over connections that are kept. Made where a loop runs."""

    def __init__(self, passes: Passes, within_s: float, connected_within_s: float) -> None:
        self._passes, self._within_s, self._connected_within_s = passes, within_s, connected_within_s
        times = aiohttp.ClientTimeout(total=within_s, connect=connected_within_s)
        self._session = session(passes, times, _HEADERS, keepalive_timeout=KEPT_S, limit=0, limit_per_host=HOST_AT_ONCE)
        self._url = lru_cache(1_000)(self._checked)  # what is sent to the same URL again and again is looked at once
        self._time = asyncio.get_running_loop().time

    async def post(self, address: str, body: bytes, headers: Mapping[str, str], now: datetime) -> Outcome:
        """How it ended; `now` is the moment that Retry-After counts from."""
        begun = self._time()
        status: int | None = None
        error = after = None
        try:
            url = self._url(address)
            answer = await self._session.post(url, data=body, headers=headers, allow_redirects=False)
            status = answer.status
            if not 200 <= status < 300:
                error, after = _refusal(status), retry_after_s(answer.headers.get("Retry-After"), now)
            if not answer.content.at_eof():
                await _drain(answer)
        except Exception as failure:
            if status is None:
                error = self._words(failure)
        took_ms = round((self._time() - begun) * 1000)
        return Outcome(status=status, error=error, latency_ms=took_ms, retry_after_s=after, gone=status == 410)

    def _checked(self, address: str) -> URL:
        """Raises where it may not be posted to."""
        checked(address, self._passes)
        return _exactly(address)

    def _words(self, failure: Exception) -> str:
        if isinstance(failure, aiohttp.ConnectionTimeoutError):
            return f"no connection within {self._connected_within_s:g} s"
        if isinstance(failure, TimeoutError):
            return f"no answer within {self._within_s:g} s"
        if isinstance(failure, NoAnswer):
            return str(failure)
        return next((words for kind, words in _WORDS if isinstance(failure, kind)), "the request failed")

    async def close(self) -> None:
        await self._session.close()


def _exactly(address: str) -> URL:
    """The URL with its path and query as they were written: a receiver may have signed them."""
    url, written = URL(address), urlsplit(address)
    sent = f"{written.path or '/'}{written.query}"
    if not sent.isascii() or not sent.isprintable() or " " in sent:
        return url
    return URL.build(
        scheme=url.scheme, host=url.raw_host or "", port=url.explicit_port, path=written.path or "/",
        query_string=written.query, encoded=True,
    )  # fmt: skip


def _refusal(status: int) -> str:
    return f"status {status}" + (", a redirect, which is not followed" if 300 <= status < 400 else "")


async def _drain(answer: aiohttp.ClientResponse) -> None:
    """Read the body so that the connection can be kept, as it is where there is none; of more than MOST_BYTES the rest
    is let go with it."""
    left = MOST_BYTES
    try:
        async for chunk in answer.content.iter_any():
            left -= len(chunk)
            if left < 0:
                return answer.close()
    finally:
        answer.release()
    return None
