"""The charging profiles a station keeps, and the one limit they add up to for a connector at a moment."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ohmstead.simulator.charging_profile import Kind, Period, Profile, Purpose, Unit
from ohmstead.simulator.vehicle import VOLTAGE, Offer


class ProfileRefused(Exception):
    """The station does not install this profile; the message says why."""


class ChargingProfiles:
    """Installed profiles by the rules of OCPP 1.6, 3.13: they survive a reboot; those of a transaction end with it.

    `rating_a` is what a connector's cable bears in A per phase, the ceiling of everything; `phases` its terminals.
    With `switches_phases` a period's number of phases is obeyed, else the station always closes all of them; it may say
    otherwise of itself. With an `efficiency` its connectors give a direct current, and limits in W are what they give.
    It may take `dynamic` profiles and such as end because it is offline, which it `counts_offline` (OCPP 2.1).
    """

    def __init__(
        self,
        rating_a: float,
        phases: int,
        *,
        switches_phases: bool = False,
        says_it_switches: bool | None = None,
        efficiency: float | None = None,
        dynamic: bool = False,
        counts_offline: bool = False,
        units: frozenset[Unit] = frozenset(Unit),
        max_stack_level: int = 8,
        max_periods: int = 24,
        max_installed: int = 20,
    ) -> None:
        self.rating = Offer(rating_a, phases)
        self.switches_phases = switches_phases
        self.says_it_switches = switches_phases if says_it_switches is None else says_it_switches
        self.efficiency = efficiency
        self.dynamic = dynamic
        self.counts_offline = counts_offline
        self.offline_since: datetime | None = None
        """By the station's clock; None while it is online."""
        self.units = units
        self.max_stack_level = max_stack_level
        self.max_periods = max_periods
        self.max_installed = max_installed
        self.holds_for_ever = False
        """A known defect of real stations: the first period stays in force, whatever ends or follows it."""
        self._profiles: list[Profile] = []

    def __iter__(self):
        return iter(self._profiles)

    def __len__(self) -> int:
        return len(self._profiles)

    def install(self, profile: Profile) -> None:
        """Add it, in place of those with its id, or with its purpose and stack level on its connector.

        Raises ProfileRefused when the station cannot obey it.
        """
        self.check(profile)
        self._profiles = [*self._besides(profile), profile]

    def check(self, profile: Profile) -> None:
        """Raise ProfileRefused when this station cannot obey such a profile."""
        for fault in self._objections(profile):
            raise ProfileRefused(fault)

    def change_limit(self, id: int, limit: float) -> bool:
        """Give a dynamic profile another limit; whether there is such a one."""
        found = [p for p in self._profiles if p.id == id and p.kind is Kind.DYNAMIC]
        for profile in found:
            changed = replace(profile, periods=(profile.periods[0]._replace(limit=limit),))
            self._profiles[self._profiles.index(profile)] = changed
        return bool(found)

    def came_online(self, at: datetime) -> None:
        """What ended for good while the station was offline is forgotten, the rest speaks again."""
        self._profiles = [p for p in self._profiles if not (p.ends_offline and self._is_over(p, at))]
        self.offline_since = None

    def clear(
        self,
        id: int | None = None,
        connector: int | None = None,
        purpose: Purpose | None = None,
        stack_level: int | None = None,
    ) -> int:
        """Remove the profiles that match every criterion given; how many there were. An id alone decides (1.6, 5.5)."""
        by_place = {"connector": connector, "purpose": purpose, "stack_level": stack_level}
        wanted = by_place if id is None else {"id": id}
        matching = [p for p in self._profiles if _matches(p, wanted)]
        self._profiles = [p for p in self._profiles if p not in matching]
        return len(matching)

    def end_transaction(self, connector: int) -> None:
        """The transaction of the connector is over, and its profiles with it."""
        self.clear(connector=connector, purpose=Purpose.TRANSACTION)

    def limit(
        self, connector: int, at: datetime, started: datetime | None, assumed_start: datetime | None = None
    ) -> Offer:
        """The composite limit of a connector: A per phase and phases.

        `started` is the start of its transaction; without one, relative schedules begin at `assumed_start` or now.
        """
        anchor = started or assumed_start or at
        own = self._leading(Purpose.TRANSACTION, connector, at, anchor) if started else None
        limit = self._ceiling(self.rating, self._leading(Purpose.STATION, 0, at, anchor))
        return self._ceiling(limit, own or self._leading(Purpose.DEFAULT, connector, at, anchor))

    def station_limit(self, at: datetime) -> float | None:
        """What the station as a whole may take, in A per phase; None without such a profile."""
        leading = self._leading(Purpose.STATION, 0, at, at)
        return self._offer(*leading).amps if leading else None

    def next_boundary(self, connector: int, after: datetime, started: datetime | None) -> datetime | None:
        """The next moment at which the limit of the connector may change."""
        return None if self.holds_for_ever else min(self._boundaries({connector: started}, after, after), default=None)

    def schedule(
        self, connectors: Mapping[int, datetime | None], start: datetime, duration_s: int
    ) -> list[tuple[int, Offer]]:
        """The limits of connectors together from `start` on: (whole s after it, limit), one entry for each change.

        Each connector comes with the start of its transaction, if it has one.
        """
        end, at, steps = start + timedelta(seconds=duration_s), start, dict[int, Offer]()
        while at < end:
            limit = self._together(connectors, at, start)
            if limit != next(reversed(steps.values()), None):
                steps[int((at - start).total_seconds())] = limit
            at = min(self._boundaries(connectors, at, start), default=end)
        return list(steps.items())

    def _together(self, connectors: Mapping[int, datetime | None], at: datetime, start: datetime) -> Offer:
        limits = [self.limit(connector, at, started, start) for connector, started in connectors.items()]
        whole, amps = self.station_limit(at), sum(limit.amps for limit in limits)
        return Offer(amps if whole is None else min(amps, whole), max(limit.phases for limit in limits))

    def _boundaries(
        self, connectors: Mapping[int, datetime | None], after: datetime, start: datetime
    ) -> Iterator[datetime]:
        for connector, started in connectors.items():
            for profile in self._concerning(connector):
                yield from profile.boundaries(after, started or start)
                if (end := self._offline_end(profile)) and end > after:
                    yield end

    def _besides(self, profile: Profile) -> list[Profile]:
        """What stays when a profile is installed."""
        return [other for other in self._profiles if not _replaces(profile, other)]

    def _concerning(self, connector: int) -> Iterable[Profile]:
        return (p for p in self._profiles if p.connector in (0, connector))

    def _leading(self, purpose: Purpose, connector: int, at: datetime, anchor: datetime) -> tuple[Unit, Period] | None:
        """The period of the highest stack level that speaks now; a connector's own profile goes before that of all."""
        speaking = [
            (p.stack_level, p.connector, p.unit, period)
            for p in self._concerning(connector)
            if p.purpose is purpose and (period := self._speaks(p, at, anchor))
        ]
        if not speaking:
            return None
        *_, unit, period = max(speaking, key=lambda said: said[:2])
        return unit, period

    def _speaks(self, profile: Profile, at: datetime, anchor: datetime) -> Period | None:
        if self.holds_for_ever and at >= (profile.valid_from or at):
            return profile.periods[0]
        return None if self._is_over(profile, at) else profile.period(at, anchor)

    def _is_over(self, profile: Profile, at: datetime) -> bool:
        """Because the station has been offline for so long."""
        end = self._offline_end(profile)
        return end is not None and at >= end

    def _offline_end(self, profile: Profile) -> datetime | None:
        if profile.offline_s is None or self.offline_since is None:
            return None
        return self.offline_since + timedelta(seconds=profile.offline_s)

    def _ceiling(self, limit: Offer, leading: tuple[Unit, Period] | None) -> Offer:
        if leading is None:
            return limit
        said = self._offer(*leading)
        return Offer(min(limit.amps, said.amps), min(limit.phases, said.phases))

    def _offer(self, unit: Unit, period: Period) -> Offer:
        """A limit in W is spread over the phases that the station would close."""
        phases = min(period.phases, self.rating.phases) if self.switches_phases else self.rating.phases
        watts_an_amp = VOLTAGE * phases * (self.efficiency or 1.0)
        return Offer(period.limit if unit is Unit.AMPERE else period.limit / watts_an_amp, phases)

    def _objections(self, profile: Profile) -> Iterable[str]:
        if len(self._besides(profile)) >= self.max_installed:
            yield "no room for another profile"
        if profile.unit not in self.units:
            yield f"limits in {profile.unit} are not understood"
        if not 0 <= profile.stack_level <= self.max_stack_level:
            yield "stack level out of range"
        if not profile.periods or len(profile.periods) > self.max_periods:
            yield "number of periods out of range"
        starts = [period.start_s for period in profile.periods]
        if starts[:1] != [0] or starts != sorted(set(starts)):
            yield "periods do not follow each other from 0 on"
        if any(period.limit < 0 or period.phases not in (1, 2, 3) for period in profile.periods):
            yield "impossible limit"
        if (profile.purpose is Purpose.STATION) and (profile.connector != 0 or profile.kind is Kind.RELATIVE):
            yield "a station limit belongs to connector 0 and is not relative"
        if profile.purpose is Purpose.TRANSACTION and profile.connector == 0:
            yield "a transaction limit belongs to a connector"
        if profile.kind is Kind.DYNAMIC and not (self.dynamic and len(profile.periods) == 1 and profile.start is None):
            yield "a dynamic profile has one period from now on, if it is taken at all"
        if profile.offline_s is not None and not self.counts_offline:
            yield "it does not count how long it is offline"
        if profile.kind is Kind.RECURRING and not (profile.start and profile.recurrence_s):
            yield "a recurring schedule needs its start and its recurrence"


def _replaces(new: Profile, old: Profile) -> bool:
    same_place = ("connector", "purpose", "stack_level")
    return new.id == old.id or all(getattr(new, field) == getattr(old, field) for field in same_place)


def _matches(profile: Profile, wanted: dict) -> bool:
    return all(value is None or getattr(profile, field) == value for field, value in wanted.items())
