"""A site in one-second steps, without database or sockets: the real site and, at its outlets, stations with habits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ohmstead.engines.dlm.planning import Pace, Send
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.rooms.devices.profiles.abilities import OPEN, Abilities
from ohmstead.rooms.power.management.explanation.ask import Kind
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import Charge, Outlet, Snapshot
from ohmstead.rooms.power.management.tuning import Tuning

START = 1_800_000_000  # s
ANSWERS = 2  # s after a limit was sent
SAMPLES = 15  # s between meter values
TUNING = Tuning(lease=900.0, band=EXACT, pace=Pace())


@dataclass
class Station:
    """With a car that takes all it may. Its limits are (when, A), the last first; without a line it draws `alone` A."""

    lag: int = 5
    keeps: Callable[[float], float] = float
    alone: float | None = None
    online: bool = True
    charges: bool = True
    wants: float = 100.0
    limits: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 0.0)])
    sent: list[Send] = field(default_factory=list)

    def told(self, now: float, send: Send) -> None:
        self.sent.append(send)
        self.limits.insert(0, (now, self.keeps(send.amps if self.charges else send.fallback)))

    def draws(self, now: float) -> float:
        if not self.charges:
            return 0.0
        if not self.online and self.alone is not None:
            return self.alone
        since, amps = self.limits[0]
        late = [earlier for n, (_, earlier) in enumerate(self.limits[1:]) if self.limits[n][0] > now - self.lag]
        return min(self.wants, max(amps, *late) if late and now - since < 200 else amps)


class OddSite:
    """Single-phase outlets on L1 of one circuit; the first `charging` of them have a car from the beginning."""

    def __init__(
        self, limit: float, stations: Iterable[Station], abilities: Abilities = OPEN, charging: int | None = None,
        rating: float = 32.0, **circuit: Any,
    ) -> None:  # fmt: skip
        self.now, self.limit, self.rating = START, limit, rating
        self.stations = dict(enumerate(stations, 1))
        self.abilities = abilities
        row = {"id": 1, "name": "Main", "parent_circuit_id": None, "max_current": limit, "phases": "three_phase",
               "phase_rotation": None, "connected_phase": None, "electricity_meter_id": None,
               "offline_reserved_current": None, "set_session_limit_to_zero_on_idle": False, "soc_priorities": None,
               "min_charge_point_current": None, "phase_policy": "wired"} | circuit  # fmt: skip
        self.row, self.tree = row, Tree([Circuit(1, None, limit)])
        for id, station in self.stations.items():
            station.charges = charging is None or id <= charging
        self.answers: list[tuple[float, int, Send]] = []
        self.over: list[tuple[int, float]] = []
        self.site = Site(1, self.snapshot(), TUNING)
        self.run(60)
        self.over.clear()

    def snapshot(self, records: dict[int, Any] | None = None) -> Snapshot:
        circuits: Any = {1: self.row}
        return Snapshot(circuits, self.tree, {id: self._outlet(id) for id in self.stations}, records or {})

    def _outlet(self, id: int) -> Outlet:
        charge = Charge(id, str(id), self._moment(self.now), 1.0, ()) if self.stations[id].charges else None
        return Outlet(
            id, id, id, 1, 1, self.tree.wiring(1, "single_phase", connected="L1"), self.rating, 6.0, 1.0, 1.0, {},
            ZoneInfo("UTC"), "charging", None, charge, abilities=self.abilities,
        )  # fmt: skip

    def _moment(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, UTC)

    def plugs(self, id: int, charges: bool = True) -> None:
        """A car comes, or goes, and with it the limit of its session."""
        station = self.stations[id]
        station.charges = charges
        if not charges:
            station.limits = [(self.now, station.keeps(station.sent[-1].fallback))]
        known = dict(self.site.snapshot.outlets)
        known[id] = replace(known[id], charge=self._outlet(id).charge)
        self.site.refresh(replace(self.site.snapshot, outlets=known))

    def is_rated(self, limit: float) -> None:
        """The cable carries so much from now on."""
        self.limit, self.row, self.tree = limit, {**self.row, "max_current": limit}, Tree([Circuit(1, None, limit)])
        circuits: Any = {1: self.row}
        self.site.refresh(replace(self.site.snapshot, circuits=circuits, tree=self.tree))

    def is_of_model(self, abilities: Abilities) -> None:
        """From now on."""
        self.abilities = abilities
        known = {id: replace(one, abilities=abilities) for id, one in self.site.snapshot.outlets.items()}
        self.site.refresh(replace(self.site.snapshot, outlets=known))

    def restarts(self) -> None:
        """The server does, with what it had written down."""
        records = {id: self.site.record(id) for id in self.stations}
        loads = {1: self.unmanaged()}
        self.answers.clear()
        self.site = Site(1, self.snapshot(records), TUNING, loads)

    def unmanaged(self) -> tuple[float, float, float]:
        """A that flow besides, as load management reckons."""
        first, second, third = (row.unmanaged for row in self.site.loads(self.now))
        return first, second, third

    def meters(self, besides: float) -> None:
        """The meter of the circuit reports what its stations draw and what flows besides."""
        drawn = sum(station.draws(self.now) for station in self.stations.values())
        self.site.metered(7, self.now, (drawn + besides, 0.0, 0.0))

    def currents(self, id: int) -> dict[str, float]:
        """What a station tells that it draws now."""
        return {"L1": self.stations[id].draws(self.now)}

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self._second()

    def _second(self) -> None:
        news = self._hear()
        for id, station in self.stations.items():
            news = news or station.online is not self.site.envelope.online(id)
            self.site.reachable(id, station.online, self.now)
            if station.online and (self.now + 4 * id) % SAMPLES == 0 and station.charges:
                self.site.drew(id, self.now, self.currents(id), None, None, self.now)
                news = True
        if news or self.now % 10 == 0:
            for send in self.site.step(self._moment(self.now)):
                self.site.envelope.sent(send.seq, self.now)
                self.answers.append((self.now + ANSWERS, int(send.evse), send))
        excess = sum(one.draws(self.now) for one in self.stations.values()) - self.limit
        if excess > 0.05:
            self.over.append((self.now - START, round(excess, 1)))

    def _hear(self) -> bool:
        due = [one for one in self.answers if one[0] <= self.now]
        self.answers = [one for one in self.answers if one[0] > self.now]
        for _, id, send in due:
            if self.stations[id].online:
                self.stations[id].told(self.now, send)
                self.site.envelope.accepted(send.seq, self.now)
                self.site.limited(id, self.now)
        return bool(due)


class Steers:
    """Has one site, and tells of what it was asked."""

    def __init__(self, site: Site) -> None:
        self.site, self.asked = site, list[tuple[Kind, int]]()

    def site_with(self, kind: Kind, id: int) -> Site | None:
        self.asked.append((kind, id))
        return self.site if id in (self.site.snapshot.circuits if kind == "circuit" else self.site.outlets) else None
