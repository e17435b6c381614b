"""The same scenario without a server: the site's load management alone, in steps of a second, against simple stations.

A run of half an hour takes seconds, so whole curves can be drawn of what a setting costs. Messages, cars, the building
and what goes wrong are the scenario's; what a server adds (sockets, commits, restarts) is a fixed delay here.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ohmstead.engines.dlm.planning import Send
from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import Charge, Outlet, Snapshot
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.simulator.station import Currents
from ohmstead.simulator.vehicle import Offer, Vehicle
from parts.site.layout import CABLES, MAIN, OUTLETS, RESERVED_A
from parts.site.layout import Outlet as Place
from parts.site.record import Record, Reported, Sample, Stay
from parts.site.scenario import METER_S, Scenario, Visit, history, late

BEGIN = datetime(2026, 6, 1, 8, tzinfo=UTC)
METER, SAMPLE_S, TICK_S = 1, 10, 10
ANSWER_S, TOLD_S = 0.3, 1.0  # of a station without odds; until a session is known
UNNOTICED_S, GIVEN_UP_S, DOWN_S = 60.0, 30.0, 12.0
BATTERY_WH, SOC = 60_000.0, 20.0
NUMBERS = {cable.name: number for number, cable in enumerate(CABLES, 1)}


@dataclass
class Station:
    """One outlet: the car that is there, what it was told, and whether its line holds."""

    place: Place
    obeys: bool = True
    refuses: bool = False
    visit: Visit | None = None
    car: Vehicle | None = None
    charges: bool = False
    told: list[tuple[float, float | None, float]] = field(default_factory=list)  # A, until, A after it
    away: int = 0
    noticed: bool = True
    energy_wh: float = 0.0
    stay: Stay | None = None

    @property
    def online(self) -> bool:
        return not self.away

    def limit(self, now_s: float) -> float:
        """A a line that it allows."""
        if not self.obeys:
            return self.place.rating_a
        if not self.told:
            return self.place.rating_a  # it holds nothing
        amps, until, after = self.told[-1]
        return amps if until is None or now_s < until else after

    def live(self, now: datetime, now_s: float) -> None:
        """One more second."""
        if self.car is None:
            return
        amps = self.limit(now_s) if self.charges else 0.0
        self.car.offer(Offer(amps if amps >= 6 else 0.0, len(self.place.lines)), now)
        self.energy_wh += self.car.advance(now)
        if self.stay is not None and self.car.appetite and self.visit is not None:
            self.stay.wanting_s = now_s - self.visit.arrives_s

    @property
    def own(self) -> tuple[float, ...]:
        """A on its own lines."""
        draw = self.car.draw if self.car is not None and self.charges else Offer(0.0, 0)
        return tuple(draw.amps if line < draw.phases else 0.0 for line in range(len(self.place.lines)))

    @property
    def draw(self) -> Currents:
        """A on the main fuse's lines."""
        amps = [0.0, 0.0, 0.0]
        for line, value in zip(self.place.lines, self.own, strict=True):
            amps[line] += value
        return amps[0], amps[1], amps[2]


class Direct:
    """Plays a scenario. `known`: the meter told of these hours in the weeks before; `circuit`: more columns of all."""

    def __init__(self, scenario: Scenario, tuning: Tuning | None = None, known: bool = True, **circuit: Any) -> None:
        self.scenario, self.tuning, self._circuit = scenario, tuning or Tuning(), circuit
        self._dice = random.Random(f"direct {scenario.seed}")
        self.record, self.zero_s = Record(), BEGIN.timestamp()
        self.stations = [
            Station(one, one.number != scenario.disobeys, one.number == scenario.refuses) for one in OUTLETS
        ]
        self._wire: list[tuple[float, str, Send, int]] = []  # due, what, the limit, the session it is for
        self._known: dict[int, tuple[int, datetime]] = {}
        self._news: list[tuple[float, int]] = []  # due: what the server hears of an outlet
        self._ends: list[tuple[float, str, int]] = []
        self._meter_works, self._down_until = True, -1.0
        self.tree = Tree([Circuit(NUMBERS[c.name], c.parent and NUMBERS[c.parent], c.limit_a, rotation=c.rotation)
                          for c in CABLES])  # fmt: skip
        self.site = Site(1, replace(self._snapshot({}), outlets={}), self.tuning)
        self._warm_up(known)

    # What load management knows

    def _snapshot(self, records: dict[int, Any]) -> Snapshot:
        rows: Any = {NUMBERS[cable.name]: self._row(cable.name) for cable in CABLES}
        return Snapshot(rows, self.tree, {one.number: self._outlet(one) for one in OUTLETS}, records)

    def _row(self, name: str) -> dict[str, Any]:
        cable = next(cable for cable in CABLES if cable.name == name)
        return {
            "id": NUMBERS[name], "parent_circuit_id": cable.parent and NUMBERS[cable.parent],
            "max_current": cable.limit_a, "phases": "three_phase", "phase_rotation": cable.rotation,
            "connected_phase": None, "electricity_meter_id": METER if name == MAIN else None,
            "offline_reserved_current": RESERVED_A if name == MAIN else None, "soc_priorities": None,
            "set_session_limit_to_zero_on_idle": False, "min_charge_point_current": None, "phase_policy": "wired",
        } | self._circuit  # fmt: skip

    def _outlet(self, place: Place) -> Outlet:
        session, circuit = self._known.get(place.number), NUMBERS[place.cable]
        phases = "single_phase" if place.single else "three_phase"
        rotation, connected = (None, place.wired) if place.single else (place.wired, None)
        charge = session and Charge(session[0], str(session[0]), session[1], 1.0, ())
        return Outlet(
            place.number, place.number, place.number, 1, circuit,
            self.tree.wiring(circuit, phases, rotation, connected),
            place.rating_a, 6.0, 1.0, place.weight, {}, ZoneInfo("UTC"), "charging" if charge else "available",
            BEGIN, charge or None,
        )  # fmt: skip

    def _hears(self, number: int) -> None:
        """The server hears whether a session is at an outlet."""
        station = self.stations[number]
        if station.charges and station.visit is not None:
            self._known[number] = (station.visit.number + 1, self.now)
        else:
            self._known.pop(number, None)
        outlets = dict(self.site.snapshot.outlets)
        outlets[number] = self._outlet(station.place)
        self.site.refresh(replace(self.site.snapshot, outlets=outlets))

    # Time

    @property
    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.now_s)

    def _warm_up(self, known: bool) -> None:
        """The building before the scene, as its meter told it; then every station comes and is told its fallback."""
        for at, amps in history(self.scenario) if known else ():
            self.site.metered(METER, self.zero_s + at, amps)
        self.now_s = -60.0
        self.site.refresh(self._snapshot({}))
        while self.now_s < 0:
            self._second()
            self.now_s += 1.0
        self.record = Record()

    def play(self) -> Record:
        """The scene, from its beginning to its end."""
        events = list(self.scenario.events)
        visits = sorted(self.scenario.visits, key=lambda visit: visit.arrives_s)
        while self.now_s < self.scenario.seconds:
            while events and events[0].at_s <= self.now_s:
                self._suffer(events.pop(0))
            while visits and visits[0].arrives_s <= self.now_s:
                self._comes(visits.pop(0))
            self._second()
            self._look()
            self.now_s += 1.0
        for station in self.stations:
            self._leaves(station)
        return self.record

    def _second(self) -> None:
        news = self._hear()
        for due in [one for one in self._ends if one[0] <= self.now_s]:
            self._ends.remove(due)
            self._over(due[1], due[2])
        up = self.now_s >= self._down_until
        for number, station in enumerate(self.stations):
            station.live(self.now, self.now_s)
            if station.visit is not None and self.now_s >= station.visit.leaves_s:
                self._leaves(station)
            if up:
                news = self._present(number, station) or news
        if up and self._meter_works and self.now_s % METER_S == 0:
            self._report()
            news = True
        if up and (news or self.now_s % TICK_S == 0):
            for send in self.site.step(self.now):
                self.site.envelope.sent(send.seq, self.zero_s + self.now_s)
                self._send(send)

    def _present(self, number: int, station: Station) -> bool:
        """Whether it is there, and what it draws."""
        seen = station.online or not station.noticed
        news = self.site.envelope.online(number) is not seen
        self.site.reachable(number, seen, self.zero_s + self.now_s)
        if not station.charges and station.car is not None and station.online and station.car.appetite:
            station.charges = True
            self._news.append((self.now_s + TOLD_S, number))
        if station.online and station.charges and (self.now_s + number) % SAMPLE_S == 0:
            named = {f"L{line}": amps for line, amps in enumerate(station.own, 1)}
            at = self.zero_s + self.now_s
            self.site.drew(number, at, named, None, None, at)
            news = True
        return news

    def _report(self) -> None:
        building = self.scenario.building_at(self.now_s)
        drawn = [sum(station.draw[line] for station in self.stations) for line in range(3)]
        total = (building[0] + drawn[0], building[1] + drawn[1], building[2] + drawn[2])
        self.site.metered(METER, self.zero_s + self.now_s, total)
        self.record.reports.append(Reported(self.now_s, building, 0.0))

    def _look(self) -> None:
        offers, draws = [0.0, 0.0, 0.0], tuple(station.draw for station in self.stations)
        for station in self.stations:
            amps = station.limit(self.now_s) if station.charges else 0.0
            amps = min(amps, max(station.own)) if station.refuses or not station.obeys else amps
            for line in station.place.lines:
                offers[line] += amps
        building = self.scenario.building_at(self.now_s)
        over = 0.0
        if (odd := self.scenario.disobeys) >= 0:
            over = max(self.stations[odd].own, default=0.0)
        self.record.samples.append(Sample(self.now_s, building, draws, (offers[0], offers[1], offers[2]), over, ()))

    # Messages

    def _send(self, send: Send) -> None:
        self.record.profiles += 1
        odds, fate = self.scenario.odds, self._dice.random()
        after = self.now_s + max(ANSWER_S, late(odds, self._dice))
        session = self._known.get(int(send.evse), (0, BEGIN))[0]
        what = "taken"
        if fate < odds.rejected or self.stations[int(send.evse)].refuses:
            what = "rejected"
        elif fate < odds.rejected + odds.lost / 2:
            what = "taken, unanswered"
        elif fate < odds.rejected + odds.lost:
            what = "lost"
        self._wire.append((after, what, send, session))

    def _hear(self) -> bool:
        """What is due of messages; whether the server has something to look at."""
        due = [one for one in self._wire if one[0] <= self.now_s]
        self._wire = [one for one in self._wire if one[0] > self.now_s]
        for at, what, send, session in due:
            self._arrives(at, what, send, session)
        heard = [number for at, number in self._news if at <= self.now_s and self.now_s >= self._down_until]
        self._news = [one for one in self._news if one[1] not in heard]
        for number in heard:
            if self.stations[number].online:
                self._hears(number)
            else:
                self._news.append((self.now_s + 1, number))
        return bool(due or heard)

    def _arrives(self, at: float, what: str, send: Send, session: int) -> None:
        number = int(send.evse)
        station, now = self.stations[number], self.zero_s + self.now_s
        envelope = self.site.envelope
        if what == "given up" or not station.online:
            if what == "given up" or station.noticed:
                envelope.lost(send.seq)
            else:
                self._wire.append((at + GIVEN_UP_S, "given up", send, session))
        elif what == "lost" or what == "taken, unanswered":
            if what != "lost":
                self._obey(station, send, session)
            self._wire.append((at + GIVEN_UP_S, "given up", send, session))
        elif session and (station.visit is None or station.visit.number + 1 != session):
            envelope.withdrawn(send.seq)
        elif what == "rejected":
            envelope.rejected(send.seq, now)
        else:
            self._obey(station, send, session)
            envelope.accepted(send.seq, now)
            self.site.limited(number, now)

    def _obey(self, station: Station, send: Send, session: int) -> None:
        until = None if send.until is None else send.until - self.zero_s
        station.told = [(send.amps if session else send.fallback, until if session else None, send.fallback)]

    # Cars, and what goes wrong

    def _comes(self, visit: Visit) -> None:
        station = self.stations[visit.outlet]
        self._leaves(station)
        station.visit, station.stay = visit, Stay(visit.number)
        station.energy_wh = 0.0
        station.car = Vehicle(
            visit.phases, visit.max_a, battery_wh=BATTERY_WH, soc=SOC, reaction_s=visit.reaction_s,
            target_soc=SOC + 100 * visit.need_wh / BATTERY_WH,
        )  # fmt: skip
        if station.told:
            station.told = [(station.told[-1][2], None, station.told[-1][2])]

    def _leaves(self, station: Station) -> None:
        if station.stay is not None:
            station.stay.energy_wh = station.energy_wh
            self.record.stays.append(station.stay)
        if station.told:
            station.told = [(station.told[-1][2], None, station.told[-1][2])]
        if station.charges:
            self._news.append((self.now_s + TOLD_S, station.place.number))
        station.visit = station.car = station.stay = None
        station.charges = False

    def _suffer(self, event: Any) -> None:
        match event.kind:
            case "cut" | "half-open cut":
                self._cut(event.outlet, event.kind == "half-open cut")
                self._ends.append((self.now_s + event.for_s, "cut", event.outlet))
            case "site outage":
                for number in range(len(self.stations)):
                    self._cut(number, half_open=False)
                self._ends.append((self.now_s + event.for_s, "site outage", -1))
            case "meter outage":
                self._meter_works = False
                self._ends.append((self.now_s + event.for_s, "meter outage", -1))
            case "reboot":
                self._reboot(event.outlet)
            case _:
                self._kill()

    def _cut(self, number: int, half_open: bool) -> None:
        self.stations[number].away += 1
        if half_open and self.stations[number].away == 1:
            self.stations[number].noticed = False
            self._ends.append((self.now_s + UNNOTICED_S, "noticed", number))

    def _over(self, what: str, number: int) -> None:
        if what == "meter outage":
            self._meter_works = True
        for one in self.stations if number < 0 else [self.stations[number]]:
            if what in ("cut", "site outage"):
                one.away -= 1
            if what == "noticed" or one.online:
                one.noticed = True

    def _reboot(self, number: int) -> None:
        """It forgets its limits, and is away for a moment; its car stays."""
        station = self.stations[number]
        station.told = []
        station.car and station.car.cut()
        self._cut(number, half_open=False)
        self._ends.append((self.now_s + 10.0, "cut", number))

    def _kill(self) -> None:
        """The server begins anew, with what it had written down."""
        records = {one: self.site.record(one) for one in self.site.outlets}
        loads = {NUMBERS[MAIN]: next(self._unmanaged())}
        self._wire = [(at, "lost", send, session) for at, _, send, session in self._wire]
        self._down_until = self.now_s + DOWN_S
        self._wire.clear()
        self.site = Site(1, self._snapshot(records), self.tuning, loads)

    def _unmanaged(self) -> Iterator[Currents]:
        rows = [row for row in self.site.loads(self.zero_s + self.now_s) if row.circuit_id == NUMBERS[MAIN]]
        yield rows[0].unmanaged, rows[1].unmanaged, rows[2].unmanaged
