"""Requests to addresses that strangers name: public hosts alone, briefly, and no more of an answer than is wanted.

A name is resolved once, every address it has is looked at, and the connection goes to one of those: a name that means
another address the next moment gains nothing. What the operator lists may be private.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_WITHIN = ipaddress.ip_network("64:ff9b::/96")  # NAT64 reaches what the last 32 bits say
_SPECIAL = [
    ipaddress.ip_network(text) for text in ("192.0.0.0/24", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")
]
"""Neither private nor public to Python: protocol assignments, local NAT64, Teredo, 6to4, site-local."""

_RESOLVING = ThreadPoolExecutor(4, "resolve")  # of their own: a name that takes long holds up none but its like


class NotPublic(Exception):
    """The address is none that a stranger may name."""


class NoAnswer(Exception):
    """There is no answer, or none that can be used; the text says why."""


def is_public(address: IPAddress) -> bool:
    """Whether an address is one of the public network, also where it only holds that of another."""
    if isinstance(address, ipaddress.IPv6Address):
        within = address.ipv4_mapped
        if address in _WITHIN:
            within = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if within is not None:
            return is_public(within)
    if address.is_multicast or address.is_reserved or any(address in network for network in _SPECIAL):
        return False
    return address.is_global


class Outbound:
    """Sends requests. `private_hosts` are names and addresses that need not be public."""

    def __init__(self, private_hosts: Iterable[str] = ()) -> None:
        self._private = frozenset(host.lower() for host in private_hosts)

    async def post(self, address: str, body: bytes, content_type: str, most_bytes: int, timeout_s: float) -> bytes:
        """The body of the answer 200 to a POST, of at most `most_bytes`; NotPublic and NoAnswer say why not. Redirects
        are not followed."""
        url = self._checked(address)
        headers = {"Content-Type": content_type}
        try:
            async with (
                self._session(timeout_s) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                return await _read(answer, most_bytes)
        except TimeoutError:
            raise NoAnswer(f"there was none within {timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NoAnswer(type(error).__name__) from None

    def _checked(self, address: str) -> URL:
        try:
            url = URL(address)
            host = url.host
        except (ValueError, TypeError):
            raise NoAnswer("the address is no URL") from None
        if url.scheme not in ("http", "https") or not host or url.user or url.password:
            raise NoAnswer("the address is no URL of http or https")
        with suppress(ValueError):
            self._pass(host, [ipaddress.ip_address(host)])
        return url

    def _session(self, timeout_s: float) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=_Careful(self._pass), use_dns_cache=False),
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    def _pass(self, host: str, addresses: Iterable[IPAddress]) -> None:
        """Raise NotPublic unless all may be connected to."""
        if host.lower() not in self._private and not all(is_public(address) for address in addresses):
            raise NotPublic("the address is not public")


class _Careful(AbstractResolver):
    """Resolves names to what may be connected to."""

    def __init__(self, passes: Callable[[str, Iterable[IPAddress]], None]) -> None:
        self._passes = passes

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        asking = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(_RESOLVING, asking)
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
