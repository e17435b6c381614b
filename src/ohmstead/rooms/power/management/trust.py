"""Trust: whether the EVSEs of a site draw no more than they may, and keep their fallback while nobody charges."""

from collections.abc import Mapping
from typing import Protocol

import structlog

from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.rooms.power.management.observed import Watch
from ohmstead.rooms.power.management.snapshot import Outlet

YOUNG_S = 60.0  # s in which a boot belongs to the connection it came with
VERIFICATIONS = 3  # in a row that may fail before a station is no longer asked, until it comes anew

log = structlog.get_logger("ohmstead.power")


class Steered(Protocol):
    """What of a site is needed here."""

    envelope: Envelope
    fallbacks: set[int]

    @property
    def outlets(self) -> Mapping[int, Outlet]: ...


class Trust:
    """Of one site. `unverified` EVSEs were not asked yet whether they keep their fallback; of those that `changed`,
    more is known than is written down."""

    def __init__(self, site: Steered, watches: Mapping[int, Watch]) -> None:
        self._site, self._watches = site, watches
        self.unverified: set[int] = set()
        self.changed: set[int] = set()

    def judge(self, outlet: Outlet, at: float, draw: float, age_s: float, tolerance: float) -> bool:
        """Hold a draw of A on the busiest line against what may be drawn; whether it is another's verdict by now. One
        that is above is told once more before it is found out."""
        self.expect(outlet.id, at)
        verdict = self._watches[outlet.id].obedience.observe(at, draw, age_s, tolerance)
        if verdict is None:
            return False
        self._site.envelope.tell_again(outlet.id)
        if verdict == "doubted":
            return False
        self.changed.add(outlet.id)
        log.warning("limit not obeyed" if verdict == "convicted" else "limit obeyed again", evse=outlet.id, draw=draw)
        return True

    def expect(self, evse_id: int, at: float) -> None:
        """What it may draw from now on may be another."""
        self._watches[evse_id].obedience.allowance.expect(self._site.envelope.outlook(evse_id, at))

    def came(self, evse_id: int, at: float) -> None:
        """It can be reached, and what it held may be lost."""
        self._site.envelope.came_online(evse_id)
        self._site.fallbacks.discard(evse_id)
        self._watches[evse_id].came_at = at
        self.expect(evse_id, at)
        self.unverified.add(evse_id)
        self.changed.add(evse_id)

    def booted(self, station_id: int, at: float) -> None:
        """A station started anew. Where its line is young, what was laid since it came is what it knows."""
        for outlet in self._site.outlets.values():
            known = outlet.station_id == station_id and self._site.envelope.online(outlet.id)
            if known and at - self._watches[outlet.id].came_at >= YOUNG_S:
                self._site.envelope.went_offline(outlet.id)
                self.came(outlet.id, at)

    def to_verify(self) -> list[Outlet]:
        """Idle EVSEs that took their fallback since they came, and were not asked yet whether they keep it."""
        site = self._site
        ready = [id for id in self.unverified if id in site.fallbacks and site.envelope.resting(id)]
        return [site.outlets[id] for id in ready if site.outlets[id].charge is None]

    def verified(self, evse_id: int, amps: float, at: float) -> None:
        """A that a start could take there by the station's own reckoning."""
        envelope = self._site.envelope
        outlet = self._site.outlets.get(evse_id)
        if outlet is None or outlet.charge is not None or not envelope.resting(evse_id):
            return
        self.changed.add(evse_id)
        if envelope.reckons(evse_id, amps, at):
            return
        log.warning("fallback not kept", evse=evse_id, amps=amps)
        self._site.fallbacks.discard(evse_id)
        if envelope.doubts(evse_id) <= VERIFICATIONS:
            self.unverified.add(evse_id)
