"""Lines under watch: the true current on each of a circuit's lines, added up as the alternating currents they are."""

import asyncio
import cmath
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from ohmstead.kit.clock import Clock
from ohmstead.simulator.station import Station

THREE_PHASE, SPLIT_PHASE = (0.0, -120.0, 120.0), (0.0, 180.0)  # the angles of their lines' voltages, in degrees


@dataclass(frozen=True)
class Load:
    """A station and how it lies on the root's lines: on one ("L2"), between two ("L1_L3"), or on three ("STR")."""

    station: Station
    wired: str
    point: int = 0  # its charge point

    def currents(self, angles: Sequence[float]) -> Mapping[int, complex]:
        """A on each line, as phasors; what a car takes is in phase with its voltage."""
        draw = self.station.draw(1)
        volts = [cmath.rect(1.0, cmath.pi * angle / 180) for angle in angles]
        if not self.wired.startswith("L"):
            return {(line := "RST".index(letter)): amps * volts[line]
                    for letter, amps in zip(self.wired, draw, strict=True)}  # fmt: skip
        ends = [int(name[1]) - 1 for name in self.wired.split("_")]
        if len(ends) == 1:
            return {ends[0]: draw[0] * volts[ends[0]]}
        between = volts[ends[0]] - volts[ends[1]]
        amps = draw[0] * between / abs(between)
        return {ends[0]: amps, ends[1]: -amps}


class Lines:
    """Of one circuit; `worst` is the most there ever was on each."""

    def __init__(self, limit: float, loads: Sequence[Load], angles: Sequence[float] = THREE_PHASE) -> None:
        self.limit, self.loads, self.angles = limit, loads, angles
        self.looks, self.worst = 0, [0.0] * len(angles)

    def now(self) -> list[float]:
        """A on each line."""
        told = [load.currents(self.angles) for load in self.loads]
        return [abs(sum(one.get(line, 0j) for one in told)) for line in range(len(self.angles))]

    def look(self) -> None:
        self.looks += 1
        self.worst = [max(pair) for pair in zip(self.worst, self.now(), strict=True)]


@asynccontextmanager
async def watched(clock: Clock, *circuits: Lines) -> AsyncIterator[None]:
    """Second by second; no line ever carries more than its circuit bears."""

    async def watch() -> None:
        while True:
            for one in circuits:
                one.look()
            await clock.sleep(1.0)

    watching = asyncio.create_task(watch())
    yield
    while circuits[0].looks <= 20 and not watching.done():  # a short test is watched on
        await clock.sleep(1.0)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    for one in circuits:
        assert one.looks > 20
        assert max(one.worst) <= one.limit + 0.05, one.worst
