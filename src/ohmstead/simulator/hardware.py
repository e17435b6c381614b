"""What is inside the box: connectors with their meters, and charging profiles, moved through time by no protocol."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from ohmstead.simulator.charging_profiles import ChargingProfiles
from ohmstead.simulator.connector import Connector
from ohmstead.simulator.vehicle import Offer

INFINITE = float("inf")
SITE_PHASES = {"R": 0, "S": 1, "T": 2, "L1": 0, "L2": 1, "L3": 2}
SWITCHING = timedelta(seconds=10)  # in which no current flows while phases are switched


class Hardware:
    """Connectors numbered from 1, and everything that survives a loss of power.

    `skew` is how far the station's own clock, by which profiles are read, is ahead of the true time.
    """

    def __init__(self, connectors: int, profiles: ChargingProfiles, rotation: str) -> None:
        self.connectors = {number: Connector(number) for number in range(1, connectors + 1)}
        self.profiles = profiles
        for connector in self.connectors.values():
            connector.efficiency = profiles.efficiency
        self.rotation = site_phases(rotation, profiles.rating.phases)
        self.skew = timedelta(0)
        self.obeys_profiles = True
        self.outside: dict[int, float] = {}
        """A a phase that somebody else leaves, by connector; 0 is the station."""
        self.powered = False
        self.operative = True
        self._until: dict[int, datetime | None] = dict.fromkeys(self.connectors)
        self._pauses: dict[int, datetime] = {}

    def advance(self, now: datetime) -> None:
        """Let current flow until `now`, each change of a limit taking effect at its own moment."""
        for connector in self.connectors.values():
            while (change := self._until[connector.id]) and change <= now:
                connector.advance(change)
                self._reoffer(connector, change)
            connector.advance(now)

    @contextmanager
    def changing(self, now: datetime) -> Iterator[None]:
        """Around a change that is not time's: the current has flowed until `now`, and offers are made anew after."""
        self.advance(now)
        yield
        for connector in self.connectors.values():
            self._reoffer(connector, now)

    def next_change(self) -> datetime | None:
        """When the next current or limit changes by itself."""
        moments = [moment for moment in self._until.values() if moment]
        cars = (connector.vehicle.next_change() for connector in self.connectors.values() if connector.vehicle)
        return min([*moments, *(moment for moment in cars if moment)], default=None)

    def limit(self, connector: Connector, at: datetime) -> Offer:
        """What the profiles leave to a connector at the true time `at`; those that charge share a station limit."""
        sharers = max(1, sum(c.may_close for c in self.connectors.values()))
        outside = min(self.outside.get(connector.id, INFINITE), self.outside.get(0, INFINITE) / sharers)
        if not self.obeys_profiles:
            return Offer(min(self.profiles.rating.amps, outside), self.profiles.rating.phases)
        read_at = at + self.skew
        started = connector.transaction.started_at if connector.transaction else None
        amps, phases = self.profiles.limit(connector.id, read_at, started)
        whole = self.profiles.station_limit(read_at)
        return Offer(min(amps, outside, INFINITE if whole is None else whole / sharers), phases)

    def schedule(self, number: int, start: datetime, duration_s: int) -> list[tuple[int, Offer]]:
        """The limits to come from `start` on, in the station's time: of a connector, or of all together for 0."""
        started = {c.id: c.transaction.started_at if c.transaction else None for c in self.connectors.values()}
        concerned = started if number == 0 else {number: started[number]}
        return self.profiles.schedule(concerned, start, duration_s)

    def site_draw(self) -> tuple[float, float, float]:
        """A on the site's L1, L2, L3: each terminal's current on the phase that feeds it, or the two it lies between;
        on a line with several such currents as if they were in phase, which is more than there can be."""
        site = [0.0, 0.0, 0.0]
        for connector in self.connectors.values():
            for fed, amps in zip(self.rotation, connector.draw, strict=False):
                for phase in fed:
                    site[phase] += amps
        return site[0], site[1], site[2]

    def _reoffer(self, connector: Connector, at: datetime) -> None:
        if not (self.powered and connector.may_close):
            connector.open()
            self._until[connector.id] = None
            return
        limit = self.limit(connector, at)
        if pause := self._pause(connector, limit, at):
            connector.open()
            self._until[connector.id] = pause
        else:
            connector.show(limit, at)
            self._until[connector.id] = self._next_boundary(connector, at)

    def _pause(self, connector: Connector, limit: Offer, at: datetime) -> datetime | None:
        """Until when nothing flows because the number of phases changes; None where none does."""
        if connector.closes and limit.phases and limit.phases != connector.closes:
            self._pauses[connector.id] = at + SWITCHING
        connector.closes = limit.phases
        until = self._pauses.get(connector.id)
        return until if until is not None and at < until else None

    def _next_boundary(self, connector: Connector, at: datetime) -> datetime | None:
        if not self.obeys_profiles or connector.transaction is None:
            return None
        boundary = self.profiles.next_boundary(connector.id, at + self.skew, connector.transaction.started_at)
        return boundary - self.skew if boundary else None


def site_phases(rotation: str, phases: int) -> tuple[tuple[int, ...], ...]:
    """Which site phases (0 to 2) feed each terminal, of a rotation ("STR"), a single connected phase ("L2") or the two
    that a single one lies between ("L1_L2")."""
    if "_" in rotation:
        return (tuple(SITE_PHASES[name] for name in rotation.split("_")),)
    names = [rotation] if rotation in SITE_PHASES else [*rotation]
    fed = tuple((SITE_PHASES[name],) for name in names if name in SITE_PHASES)[:phases]
    if len(set(fed)) != phases:
        raise ValueError(f"{rotation!r} does not say which phases feed {phases} terminals")
    return fed
