"""Tuning: how a circuit tree is run."""

from dataclasses import dataclass, field

from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.rotation import DWELL
from ohmstead.engines.dlm.steadiness import Band


@dataclass(frozen=True, slots=True)
class Tuning:
    """Times in s, currents in A."""

    tick: float = 10.0
    lease: float = 1800.0
    guard: float = 60.0
    meter_period: float = 10.0
    window: float = 30.0  # within which the reports of a meter and of stations may belong together
    margin: float | None = None  # None: learned from the meter
    volts: float = 230.0
    rotation: float = DWELL  # that a session charges before it gives way to one that waits; inf: it never does
    band: Band = field(default_factory=Band)
    pace: Pace = field(default_factory=lambda: Pace(hold=90.0, renew=0.8, short_hold=15.0))
