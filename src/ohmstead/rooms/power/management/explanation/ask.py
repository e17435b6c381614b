"""Who is asked for an explanation: the site of this process, or the node that steers the tree."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal, Protocol

from ohmstead.rooms.power.management.explanation.circuits import explained_circuit, explained_evse
from ohmstead.rooms.power.management.explanation.views import Told
from ohmstead.rooms.power.management.site import Site

Kind = Literal["circuit", "evse"]
Afar = Callable[[int, Kind, int], Awaitable[Told | None]]
"""Asks a node (its id) for the explanation of a circuit or an EVSE (its id); None where it does not answer, or steers
no such tree."""


class Sites(Protocol):
    """Where the sites are found."""

    def site_with(self, kind: Kind, id: int) -> Site | None:
        """The site here that a circuit or an EVSE belongs to."""
        ...


class Explanations:
    """Explanations of what is steered here, and, by `afar`, of what another node steers."""

    def __init__(self) -> None:
        self._sites: Sites | None = None
        self._afar: Afar | None = None

    def open(self, sites: Sites | None) -> None:
        """Ask these sites from now on; None: nobody here is to be asked."""
        self._sites = sites

    def open_afar(self, afar: Afar | None) -> None:
        """Where the tree is another node's, ask it this way; None: there are no others."""
        self._afar = afar

    def here(self, kind: Kind, id: int, now: datetime) -> Told | None:
        """As the site of this process has it; None where it steers no such thing."""
        site = self._sites.site_with(kind, id) if self._sites is not None else None
        if site is None:
            return None
        return explained_circuit(site, id, now) if kind == "circuit" else explained_evse(site, id, now)

    async def of(self, kind: Kind, id: int, owner: int | None, now: datetime) -> Told | None:
        """From whoever steers it: this process, or the node `owner`."""
        if (found := self.here(kind, id, now)) is not None:
            return found
        return None if owner is None or self._afar is None else await self._afar(owner, kind, id)


explanations = Explanations()
