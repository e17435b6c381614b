"""What is observed in a circuit tree: the draw of each EVSE, and what flows besides them by the meters of circuits."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ohmstead.engines.dlm.full_cars import FullCar
from ohmstead.engines.dlm.hours import Hours
from ohmstead.engines.dlm.lateness import Lateness
from ohmstead.engines.dlm.obedience import TOLERANCE, Obedience
from ohmstead.engines.dlm.overload import Measured
from ohmstead.engines.dlm.response import Response
from ohmstead.engines.dlm.seen_phases import SeenPhases
from ohmstead.engines.dlm.tree import Amps, Id
from ohmstead.engines.dlm.unmanaged import ManagedDraw, Unmanaged, UnmanagedLoad
from ohmstead.engines.dlm.usage import Usage
from ohmstead.kit.db import Row
from ohmstead.rooms.power.management.figures import Flow
from ohmstead.rooms.power.management.learned_hours import LearnedHour
from ohmstead.rooms.power.management.snapshot import Outlet
from ohmstead.rooms.power.management.tuning import Tuning

NOTHING: Amps = (0.0, 0.0, 0.0)
EMPTY_S = 60.0  # s an EVSE must say so, and draw nothing, before nobody is taken to be there
FLOWING_A = 1.0
WATCHED_S, GAP_S, SPARE_A = 300.0, 60.0, 2.0  # of samples, of which none was missing, for a car to be known
UNSTORED_S = 120.0  # s for which energy is reckoned beyond what the station told
BY_POWER = 0.1  # of a draw: a current that is worked out from power errs with the voltage


@dataclass(slots=True)
class Watch:
    """What is observed at one EVSE: its draw on the root's lines, how it follows and uses limits, whether it obeys."""

    draw: ManagedDraw
    obedience: Obedience
    response: Response = field(default_factory=Response)
    latest: Amps = NOTHING
    measured_at: float | None = None  # when it drew the latest; the beginning of the session where nothing was told yet
    usage: Usage | None = None
    full: FullCar | None = None
    phases: SeenPhases | None = None
    session_id: int | None = None
    soc: float | None = None
    lateness: Lateness = field(default_factory=Lateness)
    came_at: float = -math.inf
    flowed_at: float = -math.inf
    peak: float = 0.0  # A, in this session
    _sampled: tuple[float, float] | None = None  # since when without a gap, and when last
    _occupied_at: float | None = None

    @property
    def standing(self) -> tuple[object, ...]:
        """What of it matters to the next look beside the draw itself."""
        its, used = self.obedience, (self.usage and self.usage.cap, self.full and self.full.released)
        unsteered, lines = None if its.obeys else self.peak, self.phases and self.phases.used
        return its.obeys, its.suspected, self.response.reaction, self.response.step, used, unsteered, lines

    def empties(self, outlet: Outlet, now: float) -> bool:
        """Whether nobody is there: it says so, no session runs and nothing flows, and that for a while."""
        says_so = outlet.hardware_status == "available" and outlet.charge is None
        if not says_so or self._occupied_at is None:
            self._occupied_at = now
        return now - max(self._occupied_at, self.flowed_at, self.came_at) >= EMPTY_S

    def is_wired(self, lines: int) -> None:
        """It hangs on so many lines; where these are others than before, nothing is known of their use."""
        if self.phases is not None and self.phases.lines != lines:
            self.phases = SeenPhases(lines)

    def charges(self, outlet: Outlet, window_s: float) -> bool:
        """Begin anew where another session is at the EVSE, or none is any more; whether one ended."""
        session_id = outlet.charge.id if outlet.charge else None
        if session_id == self.session_id:
            return False
        ended = self.session_id is not None
        self.session_id, self.soc, self.latest = session_id, None, NOTHING
        self.measured_at = outlet.charge.started_at.timestamp() if outlet.charge else None
        self.response.forget()
        self.peak, self._sampled = 0.0, None
        self.usage = Usage(outlet.rating, outlet.least) if session_id else None
        self.full = FullCar() if session_id else None
        self.phases = SeenPhases(len(outlet.wiring.lines)) if session_id else None
        self.draw = ManagedDraw(window_s, self.response.reaction)
        return ended

    def since_look_wh(self, now: float, volts: float) -> float:
        """What it has taken since it was measured last, by that, for as long as a sample is good for."""
        if self.measured_at is None:
            return 0.0
        return sum(self.latest) * volts * min(UNSTORED_S, max(0.0, now - self.measured_at)) / 3600

    def drew(self, at: float, measured_at: float, amps: Amps) -> None:
        """It told at `at` that it drew so much on the root's lines at `measured_at`."""
        self.latest, self.measured_at = amps, min(measured_at, at)
        self.draw.measured(at, amps)
        self.peak = max(self.peak, *amps)
        went_on = self._sampled is not None and at - self._sampled[1] <= GAP_S
        self._sampled = (self._sampled[0] if self._sampled and went_on else at, at)

    def is_full(self, outlet: Outlet, now: float, offered: float) -> bool:
        """Whether its car has taken nothing for so long that others may have what it held; a station that says so by
        its status may tell of no draw any more."""
        if self.full is None:
            return False
        if outlet.hardware_status == "suspendedEV" and (self._sampled is None or now - self._sampled[1] > GAP_S):
            self.full.observe(now, offered, 0.0)
        return self.full.look(now)

    def takes(self, now: float) -> float | None:
        """A that its car takes at the most, where it was watched for long enough: what it drew, and a little more."""
        if self.session_id is None or self._sampled is None:
            return None
        since, last = self._sampled
        return self.peak + SPARE_A if last - since >= WATCHED_S and now - last <= GAP_S else None

    def flow(self, now: float, lease_s: float, may_draw: Amps) -> Flow:
        """What it draws; where nothing was told for longer than a lease, what it may draw."""
        if self.measured_at is None or (self.session_id is None and now - self.measured_at > lease_s):
            return Flow(NOTHING, None, True)
        silent = now - self.measured_at > lease_s
        return Flow(may_draw if silent else self.latest, self.measured_at, not silent)


class MeteredLoads:
    """The unmanaged load of each circuit that has an electricity meter. `before` is what it was on the root's lines
    when the tree was steered last, by circuit."""

    def __init__(self, tuning: Tuning, before: Mapping[int, Amps], hours: Iterable[LearnedHour] = ()) -> None:
        self._tuning, self._before = tuning, before
        self._hours: dict[int, list[Hours]] = {}
        for id, line, number, hour in hours:
            self._hours.setdefault(id, [Hours(), Hours(), Hours()])[line].know(number, hour)
        self._loads: dict[int, UnmanagedLoad] = {}
        self._circuits: dict[int, int] = {}
        self._totals: dict[Id, Measured] = {}

    def refresh(self, circuits: Iterable[Row]) -> None:
        """Go on with these circuits: what is known of a load stays, what has no meter any more goes."""
        metered = [row for row in circuits if row["electricity_meter_id"]]
        self._circuits = {row["electricity_meter_id"]: row["id"] for row in metered}
        self._loads = {row["id"]: self._load(row) for row in metered}
        self._totals = {id: total for id, total in self._totals.items() if id in self._loads}

    def _load(self, row: Row) -> UnmanagedLoad:
        tuning, reserved, known = self._tuning, row["offline_reserved_current"], self._loads.get(row["id"])
        if known is None:
            return UnmanagedLoad(
                tuning.meter_period, reserved, tuning.margin, tuning.tick, window=tuning.window,
                last=self._before.get(row["id"]), hours=self._hours.get(row["id"], ()),
            )  # fmt: skip
        known.reserved = reserved
        return known

    def followed_within(self, reaction: float) -> None:
        """The slowest EVSE of the tree needs so many s to follow a limit."""
        for load in self._loads.values():
            load.followed_within(reaction)

    def learned(self) -> list[LearnedHour]:
        """What is new since this was asked last."""
        found: list[LearnedHour] = []
        for id, load in self._loads.items():
            for line, hours in enumerate(load.hours):
                found += [(id, line, number, hours[number]) for number in sorted(hours.changed)]
                hours.changed.clear()
        return found

    def learn_again(self, hours: Iterable[LearnedHour]) -> None:
        """These are new still."""
        for id, line, number, _ in hours:
            if id in self._loads:
                self._loads[id].hours[line].changed.add(number)

    def circuit_of(self, meter_id: int) -> int | None:
        """The circuit that a meter measures; None where it is none of ours."""
        return self._circuits.get(meter_id)

    def report(self, circuit_id: int, at: float, total: Amps, least: Amps, most: Amps, silent: Amps) -> None:
        """A meter's report on the root's lines, and what of it the EVSEs below draw, `least` to `most`, of which the
        `silent` ones may draw so much."""
        self._loads[circuit_id].report(at, total, least, most, silent)
        self._totals[circuit_id] = Measured(at, total)

    def exported(self, circuits: Iterable[Id], now: float) -> tuple[Id, float] | None:
        """The first of these circuits whose meter speaks, and the A that flow back there, over all lines; below 0 where
        they flow in. Meters of today sum up the lines."""
        speaking = self.speaking(now)
        return next(((id, -sum(speaking[id].amps)) for id in circuits if id in speaking), None)

    def signed(self, circuits: Iterable[Id]) -> None:
        """Export is expected at these circuits: what their meters say below 0 is no error."""
        meant = set(circuits)
        for id, load in self._loads.items():
            load.signed = id in meant

    def leave(self, at: float, limits: Mapping[Id, Amps]) -> dict[Id, Amps]:
        """What of the limits of circuits is left for EVSEs."""
        return {id: load.at(at).leaves(limits[id]) for id, load in self._loads.items()}

    def claimed(self, circuit_id: Id, at: float) -> Unmanaged | None:
        """What is reckoned with besides the EVSEs; None where there is no meter."""
        load = self._loads.get(int(circuit_id))
        return None if load is None else load.at(at)

    def speaking(self, now: float) -> dict[Id, Measured]:
        """What the meters said that are not silent, by circuit."""
        since = now - 3 * self._tuning.meter_period
        return {id: total for id, total in self._totals.items() if total.at >= since}

    def flow(self, circuit_id: Id, at: float, limit: Amps) -> Flow:
        """What flows besides the EVSEs; nothing that is known of where there is no meter, and the limit where all of it
        may."""
        load = self._loads.get(int(circuit_id))
        if load is None:
            return Flow(NOTHING, None, False)
        claimed, total = load.at(at), self._totals.get(circuit_id)
        first, second, third = (min(pair) for pair in zip(claimed.amps, limit, strict=True))
        return Flow((first, second, third), total and total.at, circuit_id in self.speaking(at))


def tolerance(currents: Mapping[str, float], draw: float) -> float:
    """A by which a draw may lie above what is allowed because of how it was measured."""
    return TOLERANCE if currents else TOLERANCE + BY_POWER * draw
