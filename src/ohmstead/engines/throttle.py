"""Holds back addresses that were refused too often, charge points' or callers' of the API."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from msgspec import Struct

from ohmstead.kit.clock import Clock

WINDOW = timedelta(minutes=1)
MOST_REMEMBERED = 10_000
Key = tuple[str, str]


class _Count(Struct):
    """Refusals since a moment."""

    since: datetime
    refusals: int = 0


class Throttle:
    """Counts refusals a minute, of an address and of each identity at it.

    Behind one address there are often many: who was admitted from there before goes on as long as it is not refused
    itself, so that one charge point with a wrong password shuts out nobody else. What is remembered is bounded;
    beyond that the oldest is forgotten.
    """

    def __init__(self, clock: Clock, limit: int) -> None:
        self._clock, self._limit = clock, limit
        self._counts: dict[Key, _Count] = {}
        self._known: dict[Key, None] = {}

    def holds_back(self, remote_ip: str, identity: str) -> bool:
        """Whether this attempt is one too many."""
        site = _site(remote_ip)
        if self._spent((site, identity)):
            return True
        return self._spent((site, "")) and (site, identity) not in self._known

    def left_s(self, remote_ip: str, identity: str) -> float:
        """How long this attempt is still one too many, in s; 0 where it is not."""
        if not self.holds_back(remote_ip, identity):
            return 0.0
        site = _site(remote_ip)
        spent = [self._counts[key].since for key in ((site, identity), (site, "")) if self._spent(key)]
        return (max(spent) + WINDOW - self._clock.now()).total_seconds()

    def refused(self, remote_ip: str, identity: str) -> None:
        """An attempt was refused; `identity` is "" where it named none."""
        for key in {(_site(remote_ip), ""), (_site(remote_ip), identity)}:
            count = self._counts.pop(key, None)
            if count is None or self._clock.now() - count.since >= WINDOW:
                count = _Count(self._clock.now())
            count.refusals += 1
            _remember(self._counts, key, count)

    def admitted(self, remote_ip: str, identity: str) -> None:
        """An identity was let in."""
        key = (_site(remote_ip), identity)
        self._counts.pop(key, None)
        self._known.pop(key, None)
        _remember(self._known, key, None)

    def _spent(self, key: Key) -> bool:
        count = self._counts.get(key)
        return count is not None and count.refusals >= self._limit and self._clock.now() - count.since < WINDOW


def _site(remote_ip: str) -> str:
    """Whose address it is: of IPv6 everybody has a /64 at least."""
    try:
        address = ip_address(remote_ip.partition("%")[0])
    except ValueError:
        return remote_ip
    return address.packed[:8].hex() if isinstance(address, IPv6Address) and not address.ipv4_mapped else remote_ip


def _remember(where: "dict[Key, Any]", key: Key, what: Any) -> None:
    where[key] = what
    if len(where) > MOST_REMEMBERED:
        del where[next(iter(where))]
