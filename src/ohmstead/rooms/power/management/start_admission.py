"""Admission: what load management says to a start from afar: whether its circuits have room, and how it begins."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.charging.control import Refusal, first_profile, may_start
from ohmstead.rooms.devices.stations import ChargingProfile
from ohmstead.rooms.power.management.loop import Loop
from ohmstead.rooms.power.management.ownership import TreeNow, tree_of
from ohmstead.rooms.power.management.profiles import initial_profile
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import Outlet, take

NO_ROOM = Refusal("INTERNAL_ISSUE", "The circuit has no room: a session would fall below its minimum charging current.")

Afar = Callable[[int, int, int], Awaitable[bool]]
"""Asks a node (its id) whether a charge point's EVSE has room."""


class Sites(Protocol):
    """Where the sites are found."""

    @property
    def loops(self) -> Mapping[int, Loop]:
        """Of the trees that are steered here, by their roots."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """What is known of an EVSE here: the tree it hangs on by the database, the loop that steers it, and its site."""

    tree: TreeNow | None = None
    loop: Loop | None = None
    site: Site | None = None


async def look(tx: Tx, sites: Sites | None, charge_point_id: int, evse_id: int) -> Here:
    """As of now: what was written a moment ago counts, whether load management has heard of it or not."""
    tree = await tree_of(tx, charge_point_id)
    loop = sites.loops.get(tree.root) if tree is not None and sites is not None else None
    if tree is None or loop is None:
        return Here(tree)
    site = await loop.site_as_of(tx, tree.version, evse_id)
    return Here(tree, loop, site if site is not None and evse_id in site.outlets else None)


class Admission:
    """Asks the site of this process that manages an EVSE, else the node that does. Where nobody steers the tree now
    there is room, but the start waits for its limit; where nobody manages loads, it may go ahead."""

    def __init__(self) -> None:
        self._sites: Sites | None = None
        self._afar: Afar | None = None

    def open(self, sites: Sites | None) -> None:
        """Ask these sites from now on; None: nobody here is to be asked."""
        self._sites = sites

    def open_afar(self, afar: Afar | None) -> None:
        """Where the tree is another node's, ask it this way; None: there are no others."""
        self._afar = afar

    async def has_room(self, tx: Tx, there: Row) -> bool:
        """Whether a session may begin at an EVSE."""
        point, outlet = there["charge_point_id"], there["id"]
        here = await self._look(tx, point, outlet)
        if here.site is not None:
            return here.site.has_room(outlet, tx.now)
        if here.tree is None or here.tree.owner is None or here.loop is not None or self._afar is None:
            return True
        return await self._afar(here.tree.owner, point, outlet)

    async def outlet(self, tx: Tx, there: Row) -> Outlet | None:
        """The EVSE as load management sees it; None where nobody manages it."""
        here = await self._look(tx, there["charge_point_id"], there["id"])
        if here.site is not None:
            return here.site.outlets[there["id"]]
        snapshot = None if here.tree is None or here.loop is not None else await take(tx, here.tree.root)
        return None if snapshot is None else snapshot.outlets.get(there["id"])

    async def _look(self, tx: Tx, charge_point_id: int, evse_id: int) -> Here:
        if self._sites is None and self._afar is None:
            return Here()
        return await look(tx, self._sites, charge_point_id, evse_id)


admission = Admission()


@may_start.answer
async def the_circuit_has_room(
    tx: Tx, there: Row, user_id: int | None, payment_method_id: str | None
) -> Refusal | None:
    """A newcomer may not push a session below the minimum that its circuits set."""
    return None if await admission.has_room(tx, there) else NO_ROOM


@first_profile.answer
async def waits_for_its_limit(tx: Tx, there: Row) -> ChargingProfile | None:
    """At a managed EVSE it begins with nothing, and no profile of a client's stands above the limit that follows. One
    that takes no profiles of transactions rests at nothing anyway, and to one that is set apart no limit follows."""
    outlet = await admission.outlet(tx, there)
    waits = outlet is not None and outlet.apart is None and outlet.steered_by == "transaction"
    return initial_profile(outlet, tx.now) if outlet is not None and waits else None
