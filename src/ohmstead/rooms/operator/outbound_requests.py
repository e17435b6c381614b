"""The requests themselves, by aiohttp; see `outbound`, which loads this when it is first needed."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from ohmstead.rooms.operator.outbound import IPAddress, NoAnswer

Passes = Callable[[str, Iterable[IPAddress]], None]
"""Raises where a host may not be connected to at these addresses."""

_RESOLVING = ThreadPoolExecutor(32, "resolve")  # of their own, and each name has one at most: a name that takes long
# holds up nobody but those who ask for it


async def post(
    address: str, body: bytes, content_type: str, most_bytes: int, timeout_s: float, passes: Passes
) -> bytes:
    """See `Outbound.post`."""
    url = checked(address, passes)
    headers = {"Content-Type": content_type}
    try:
        async with (
            session(passes, aiohttp.ClientTimeout(total=timeout_s)) as client,
            client.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            return await _read(answer, most_bytes)
    except TimeoutError:
        raise NoAnswer(f"there was none within {timeout_s:g} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NoAnswer(type(error).__name__) from None


def checked(address: str, passes: Passes) -> URL:
    """The URL, where requests may go there: what it says alone, for names are checked as they are resolved. An address
    never is, for the client connects to it as it stands."""
    try:
        url = URL(address)
        host = url.host
    except (ValueError, TypeError):
        raise NoAnswer("the address is no URL") from None
    if url.scheme not in ("http", "https") or not host or url.user or url.password:
        raise NoAnswer("the address is no URL of http or https")
    if ":" in host or host.replace(".", "").isdigit():  # what the client takes for an address
        passes(host, [_literal(host)])
    return url


def _literal(host: str) -> IPAddress:
    if "%" in host:  # a zone: Python and the system's resolver do not agree on which of them there are
        raise NoAnswer("the address has a zone")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        raise NoAnswer("the address is none of IPv4 or IPv6") from None


def session(
    passes: Passes, timeout: aiohttp.ClientTimeout, headers: Mapping[str, str] | None = None, **connections: Any
) -> aiohttp.ClientSession:
    """One that goes to no name that does not pass; addresses `checked` has to see. `connections` are options of the
    connector."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=PublicOnlyResolver(passes), use_dns_cache=False, **connections),
        timeout=timeout,
        headers=headers,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


class PublicOnlyResolver(AbstractResolver):
    """Resolves names to what may be connected to, one request at a time for each name."""

    def __init__(self, passes: Passes) -> None:
        self._passes = passes
        self._asked: dict[tuple[str, int, int], asyncio.Future[list[Any]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        key = host, port, family
        if (asked := self._asked.get(key)) is None:
            asking = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
            asked = self._asked[key] = asyncio.get_running_loop().run_in_executor(_RESOLVING, asking)
            asked.add_done_callback(lambda _: self._asked.pop(key))
        found = await asyncio.shield(asked)
        self._passes(host, [ipaddress.ip_address(address[0]) for *_, address in found])
        return [
            ResolveResult(
                hostname=host, host=str(address[0]), port=int(address[1]), family=kind, proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in found
        ]  # fmt: skip

    async def close(self) -> None:
        """The threads are shared."""


async def _read(answer: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    if answer.status != 200:
        raise NoAnswer(f"the answer has the status {answer.status}")
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > most_bytes:
            raise NoAnswer(f"the answer has more than {most_bytes} bytes")
    return bytes(body)
