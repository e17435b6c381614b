"""What goes to the stations' process and comes back: the job, and the record of currents, cars and meter reports."""

from dataclasses import dataclass, field
from pathlib import Path

from ohmstead.simulator.station import Currents
from parts.site.scenario import Scenario


@dataclass(frozen=True)
class Job:
    """What the stations' process needs; it leaves its record in the file `record`."""

    scenario: Scenario
    api_url: str
    token: str
    ocpp_url: str
    meter: int
    record: Path


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment. Currents are A on the main fuse's lines, those that stations draw by outlet number.

    `offers` are what all pilots allow, or should. `over` is what the disobeying station draws above its limit, while it
    need not have been found out; `fresh` are outlets whose station has just come, and holds no limit yet."""

    at_s: float
    building: Currents
    draws: tuple[Currents, ...]
    offers: Currents
    over: float = 0.0
    fresh: tuple[int, ...] = ()


@dataclass(slots=True)
class Stay:
    """What became of a visit: Wh, and how long the car wanted to charge, in s."""

    visit: int
    energy_wh: float = 0.0
    wanting_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Reported:
    """A meter report: when, what the building took, and how long the API needed to take it, in s of the clock."""

    at_s: float
    building: Currents
    took_s: float


@dataclass
class Record:
    """`profiles` counts the SetChargingProfile that stations got; `lags` are s of the wall by which the stations' loop
    was late."""

    samples: list[Sample] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    reports: list[Reported] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    profiles: int = 0
    unreported: int = 0
    """Meter reports that the server did not take."""
