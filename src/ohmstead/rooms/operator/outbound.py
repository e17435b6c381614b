"""Requests to addresses that strangers name: public hosts alone, briefly, and no more of an answer than is wanted.

A name is resolved once, every address it has is looked at, and the connection goes to one of those: a name that means
another address the next moment gains nothing. What the operator lists may be private.
"""

import asyncio
import importlib
import ipaddress
from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_WITHIN = ipaddress.ip_network("64:ff9b::/96")  # NAT64 reaches what the last 32 bits say
_SPECIAL = [
    ipaddress.ip_network(text) for text in ("192.0.0.0/24", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")
]
"""Neither private nor public to Python: protocol assignments, local NAT64, Teredo, 6to4, site-local."""


_CLIENT = "ohmstead.rooms.operator.outbound_requests"
"""Loaded when it is first needed: it takes a third of a second and 8 MB, and few nodes ever need it."""


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
        self._private = frozenset(host.lower() for host in private_hosts if host)

    async def post(self, address: str, body: bytes, content_type: str, most_bytes: int, timeout_s: float) -> bytes:
        """The body of the answer 200 to a POST, of at most `most_bytes`; NotPublic and NoAnswer say why not. Redirects
        are not followed."""
        requests = await asyncio.to_thread(importlib.import_module, _CLIENT)
        return await requests.post(address, body, content_type, most_bytes, timeout_s, self.passes)

    def passes(self, host: str, addresses: Iterable[IPAddress]) -> None:
        """Raise NotPublic unless all may be connected to."""
        if host.lower() not in self._private and not all(is_public(address) for address in addresses):
            raise NotPublic("the address is not public")
