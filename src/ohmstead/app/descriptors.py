"""File descriptors: as many as the machine allows, and most of them for charge points."""

import resource

from msgspec import Struct

WANTED = (1 << 17, 1 << 16, 10_240)  # the last is the most that macOS gives
OWN = 64  # files, listeners, pipes
FEW = 8192
API_SHARE = 4  # the API gets a part in so many


class Shares(Struct, frozen=True):
    """How many sockets charge points and callers of the API may hold. `limit` is that of the process."""

    limit: int
    api: int
    charge_points: int

    @property
    def few(self) -> bool:
        """Whether the operator should know."""
        return self.limit < FEW


def raised() -> int:
    """Raise this process's limit of descriptors as far as it may; what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in WANTED:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft == resource.RLIM_INFINITY or soft >= most:
            break
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        except (OSError, ValueError):
            continue
        break
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED[0] if soft == resource.RLIM_INFINITY else soft


def shares(limit: int, api: int, database: int) -> Shares:
    """`api` connections as set, but no more than a quarter of what is left beside those to the `database`."""
    left = max(limit - OWN - database, API_SHARE)
    most = min(api, left // API_SHARE)
    return Shares(limit, most, left - most)
