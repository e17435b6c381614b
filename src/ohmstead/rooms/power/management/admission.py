"""Admission: what load management says to a start from afar: whether its circuits have room, and how it begins."""

from typing import Protocol

from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.charging.control import Refusal, first_profile, may_start
from ohmstead.rooms.network.stations import ChargingProfile
from ohmstead.rooms.power.management.profiles import beginning
from ohmstead.rooms.power.management.site import Site

NO_ROOM = Refusal("INTERNAL_ISSUE", "The circuit has no room: a session would fall below its minimum charging current.")


class Sites(Protocol):
    """Where the sites are found."""

    def site_of(self, charge_point_id: int) -> Site | None:
        """The site a charge point belongs to; None where it hangs on no circuit of ours."""
        ...


class Admission:
    """Says yes to everything until load management runs in this process."""

    def __init__(self) -> None:
        self._sites: Sites | None = None

    def open(self, sites: Sites | None) -> None:
        """Ask these sites from now on; None: nobody is to be asked."""
        self._sites = sites

    def site(self, there: Row) -> Site | None:
        """The site that manages an EVSE."""
        site = self._sites.site_of(there["charge_point_id"]) if self._sites is not None else None
        return site if site is not None and there["id"] in site.outlets else None


admission = Admission()


@may_start.answer
async def the_circuit_has_room(tx: Tx, there: Row, user_id: int | None) -> Refusal | None:
    """A newcomer may not push a session below the minimum that its circuits set."""
    site = admission.site(there)
    return None if site is None or site.has_room(there["id"], tx.now) else NO_ROOM


@first_profile.answer
async def waits_for_its_limit(tx: Tx, there: Row) -> ChargingProfile | None:
    """At a managed EVSE it begins with nothing, and no profile of a client's stands above the limit that follows. One
    that takes no profiles of transactions rests at nothing anyway."""
    site = admission.site(there)
    outlet = site.outlets[there["id"]] if site is not None else None
    return beginning(outlet, tx.now) if outlet is not None and outlet.steered_by == "transaction" else None
