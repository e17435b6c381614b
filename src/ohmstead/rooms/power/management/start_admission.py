"""Admission: what load management says to a start from afar: whether its circuits have room, and how it begins."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.charging.control import Refusal, first_profile, may_start
from ohmstead.rooms.devices.stations import ChargingProfile
from ohmstead.rooms.power.management.ownership import tree_of
from ohmstead.rooms.power.management.profiles import initial_profile
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import Outlet, take

NO_ROOM = Refusal("INTERNAL_ISSUE", "The circuit has no room: a session would fall below its minimum charging current.")

Afar = Callable[[int, int, int], Awaitable[bool]]
"""Asks a node (its id) whether a charge point's EVSE has room."""


class Sites(Protocol):
    """Where the sites are found."""

    def site_of(self, charge_point_id: int) -> Site | None:
        """The site a charge point belongs to; None where it hangs on no circuit of ours."""
        ...


class Admission:
    """Asks the site of this process that manages an EVSE, else the node that does. Where nobody steers the tree now
    there is room, but the start waits for its limit; where this node knows of no other, it may go ahead."""

    def __init__(self) -> None:
        self._sites: Sites | None = None
        self._afar: Afar | None = None

    def open(self, sites: Sites | None) -> None:
        """Ask these sites from now on; None: nobody here is to be asked."""
        self._sites = sites

    def open_afar(self, afar: Afar | None) -> None:
        """Where the tree is another node's, ask it this way; None: there are no others."""
        self._afar = afar

    def site(self, charge_point_id: int, evse_id: int) -> Site | None:
        """The site here that manages an EVSE."""
        site = self._sites.site_of(charge_point_id) if self._sites is not None else None
        return site if site is not None and evse_id in site.outlets else None

    async def has_room(self, tx: Tx, there: Row) -> bool:
        """Whether a session may begin at an EVSE."""
        point, outlet = there["charge_point_id"], there["id"]
        if site := self.site(point, outlet):
            return site.has_room(outlet, tx.now)
        _, owner = await self._tree(tx, point)
        return owner is None or self._afar is None or await self._afar(owner, point, outlet)

    async def outlet(self, tx: Tx, there: Row) -> Outlet | None:
        """The EVSE as load management sees it; None where nobody manages it."""
        if site := self.site(there["charge_point_id"], there["id"]):
            return site.outlets[there["id"]]
        root, _ = await self._tree(tx, there["charge_point_id"])
        snapshot = None if root is None else await take(tx, root)
        return None if snapshot is None else snapshot.outlets.get(there["id"])

    async def _tree(self, tx: Tx, charge_point_id: int) -> tuple[int | None, int | None]:
        """The root and the owner of a tree elsewhere."""
        found = None if self._afar is None else await tree_of(tx, charge_point_id)
        return found or (None, None)


admission = Admission()


@may_start.answer
async def the_circuit_has_room(tx: Tx, there: Row, user_id: int | None) -> Refusal | None:
    """A newcomer may not push a session below the minimum that its circuits set."""
    return None if await admission.has_room(tx, there) else NO_ROOM


@first_profile.answer
async def waits_for_its_limit(tx: Tx, there: Row) -> ChargingProfile | None:
    """At a managed EVSE it begins with nothing, and no profile of a client's stands above the limit that follows. One
    that takes no profiles of transactions rests at nothing anyway, and to one that is set apart no limit follows."""
    outlet = await admission.outlet(tx, there)
    waits = outlet is not None and outlet.apart is None and outlet.steered_by == "transaction"
    return initial_profile(outlet, tx.now) if outlet is not None and waits else None
