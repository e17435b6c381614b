"""A car at the end of the cable: what it takes of the current it is offered, and how its battery fills."""

import math
from collections import deque
from datetime import datetime, timedelta
from typing import NamedTuple

VOLTAGE = 230.0
"""V between a phase and neutral, everywhere in the simulator."""

MIN_CURRENT = 6.0
"""A per phase; below it IEC 61851-1 knows no charging, so neither does a pilot signal or a car."""

TAPER_FROM = 80.0
"""% of charge above which the battery asks for less."""


class Offer(NamedTuple):
    """What a connector offers: current in A per phase, on the first `phases` of its terminals."""

    amps: float
    phases: int


NOTHING = Offer(0.0, 0)


class Vehicle:
    """A battery behind an on-board charger.

    The current is constant between events (an offer taking effect, a percent of the taper), so energy is exactly
    current x 230 V x phases x time. The car follows an offer `reaction_s` after it was made (IEC 61851-1: 5 s at most).
    """

    def __init__(
        self,
        phases: int = 3,
        max_a: float = 16.0,
        *,
        battery_wh: float = 60_000.0,
        soc: float = 30.0,
        target_soc: float = 100.0,
        reaction_s: float = 2.0,
        wants: bool = True,
    ) -> None:
        if phases not in (1, 2, 3):
            raise ValueError(f"a car charges on 1, 2 or 3 phases, not {phases}")
        if not 0 <= reaction_s <= 5:
            raise ValueError(f"IEC 61851-1 gives a car 5 s to react, not {reaction_s}")
        self.phases = phases
        self.max_a = max_a
        self.battery_wh = battery_wh
        self.target_soc = target_soc
        self.reaction_s = reaction_s
        self.wants = wants
        self._stored_wh = battery_wh * soc / 100
        self._heeded = NOTHING
        self._coming: deque[tuple[datetime, Offer]] = deque()
        self._at: datetime | None = None

    @property
    def soc(self) -> float:
        """State of charge in %."""
        return 100 * self._stored_wh / self.battery_wh

    @property
    def appetite(self) -> float:
        """A per phase it would take of an unlimited offer: less by each percent above 80 %, but never below 6."""
        if not self.wants or self.soc >= self.target_soc:
            return 0.0
        if self.soc < TAPER_FROM:
            return self.max_a
        return max(MIN_CURRENT, self.max_a * (100 - math.floor(self.soc)) / (100 - TAPER_FROM))

    @property
    def draw(self) -> Offer:
        """What flows now: A per phase and the number of phases."""
        amps = min(self._heeded.amps, self.appetite)
        return Offer(amps, min(self.phases, self._heeded.phases)) if amps >= MIN_CURRENT else NOTHING

    @property
    def power_w(self) -> float:
        amps, phases = self.draw
        return amps * VOLTAGE * phases

    def offer(self, offer: Offer, at: datetime) -> None:
        """The pilot changes at `at`; the car follows after its reaction time."""
        last = self._coming[-1][1] if self._coming else self._heeded
        if offer != last:
            self._coming.append((at + timedelta(seconds=self.reaction_s), offer))

    def cut(self) -> None:
        """The contactor opens: nothing flows from now on, without any reaction time."""
        self._coming.clear()
        self._heeded = NOTHING

    def next_change(self) -> datetime | None:
        """When the current changes by itself, or None while it stays as it is."""
        moments = [self._coming[0][0]] if self._coming else []
        if self._at is not None and self.power_w > 0:
            moments.append(self._at + _ceil_us(self._wh_to_step() * 3600 / self.power_w))
        return min(moments, default=None)

    def advance(self, to: datetime) -> float:
        """Live until `to`; the energy taken on the way in Wh."""
        taken = 0.0
        self._at = self._at or to
        while self._at < to:
            until = min(to, self.next_change() or to)
            taken += self._flow(until)
        self._heed(to)
        return taken

    def _flow(self, until: datetime) -> float:
        assert self._at is not None
        energy = self.power_w * max(0.0, (until - self._at).total_seconds()) / 3600
        self._stored_wh += energy
        self._at = max(self._at, until)
        self._heed(self._at)
        return energy

    def _heed(self, now: datetime) -> None:
        while self._coming and self._coming[0][0] <= now:
            _, self._heeded = self._coming.popleft()

    def _wh_to_step(self) -> float:
        """Wh until the appetite changes: the start of the taper, the next percent within it, or the target."""
        step = TAPER_FROM if self.soc < TAPER_FROM else math.floor(self.soc) + 1
        return (min(step, self.target_soc) - self.soc) / 100 * self.battery_wh


def _ceil_us(seconds: float) -> timedelta:
    """Rounded up to what a datetime can hold, so that a step once reached is passed and never approached for ever."""
    return timedelta(microseconds=max(1, math.ceil(seconds * 1e6)))
