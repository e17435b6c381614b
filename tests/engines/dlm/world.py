"""A small world to break load management in: one tree, its envelope, six stations, and all that can go wrong between.

Stations draw all they were last told. Frames to a station arrive in order, late or never; answers in any order, late or
never. Every event checks that it let nothing draw more than before, and `check` that no cable carries too much.
"""

import json
from collections.abc import Callable
from dataclasses import replace

from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse
from ohmstead.engines.dlm.tree import Circuit, Tree
from tests.engines.dlm.stations import Station

TREE = Tree(
    [
        Circuit("main", None, (50.0, 45.0, 40.0)),
        Circuit("left", "main", 32.0, rotation="STR"),
        Circuit("right", "main", (16.0, 32.0, 25.0), rotation="RTS"),
    ]
)
EVSES = [
    Evse("l1", "left", (1, 1, 1), rating=32.0, ttl=300.0),
    Evse("l2", "left", (0, 1, 0), rating=32.0, ttl=300.0, fallback=6.0),
    Evse("r1", "right", (1, 1, 1), rating=16.0, ttl=200.0, fallback=6.0),
    Evse("r2", "right", (0, 0, 1), rating=20.0, control="B"),
    Evse("r3", "right", (0, 1, 1), rating=16.0, offline_for=150.0),
    Evse("m1", "main", (1, 1, 0), 20.0, 8.0, ttl=120.0, guard=10.0, reaction=40.0, resolution=1.0, rounding="up"),
]
IDS = [str(evse.id) for evse in EVSES]
HAIR = 1e-6


class World:
    """Starts with every station online and at its fallback. `skews` are shares of the guard its clock is off."""

    def __init__(self, skews: list[float]) -> None:
        self.now, self.limits = 1000.0, dict(TREE.limits)
        self.envelope = Envelope(TREE)
        self.stations = {
            str(evse.id): Station(evse, skew * evse.guard, boot_limit=evse.fallback)
            for evse, skew in zip(EVSES, skews, strict=True)
        }
        self.answers: list[tuple[int, bool]] = []
        self.log: dict[str, str] = {}
        self.newest: dict[str, dict[int, int]] = {id: {} for id in IDS}  # the last number sent in each session
        for id, station in self.stations.items():
            self.envelope.attached(station.evse)
            self.envelope.came_online(id)
        self.plan({})
        for id in IDS:
            self.frame_arrives(id)
        while self.answers:
            self.answer_arrives(0)

    def loads(self) -> list[float]:
        return TREE.load((e.circuit, e.mask, self.envelope.may_draw(e.id, self.now)) for e in EVSES)

    def plan(self, targets: dict[str, float]) -> None:
        """Write ahead, then send. A plan may ask for more, but only where there is room for certain."""
        before = self.loads()
        sends = self.envelope.plan({**targets}, self.now)
        for load, old, cap in zip(self.loads(), before, TREE.capacities(self.limits), strict=True):
            assert load <= max(old, cap) + HAIR
        for send in sends:
            id, station = str(send.evse), self.stations[str(send.evse)]
            assert send.amps == 0 or station.evse.lowest <= send.amps <= station.evse.rating
            assert send.amps == 0 or station.evse.kept(send.amps) == send.amps, "nothing is left to be rounded"
            assert len(station.waiting) == 0, "one outstanding limit at a time"
            self.write(id)
            self.envelope.sent(send.seq, self.now)
            station.receive(send)
            self.newest[id][station.known_session] = send.seq

    def write(self, id: str) -> None:
        self.log[id] = json.dumps(self.envelope.record(id))

    def write_all(self) -> None:
        for id in IDS:
            self.write(id)

    def wait(self, seconds: float) -> None:
        """Time alone lets nothing draw more: what a lease falls back to is reserved from the beginning."""
        before = self.loads()
        self.now += seconds
        assert all(load <= old + HAIR for load, old in zip(self.loads(), before, strict=True))

    def frame_arrives(self, id: str) -> None:
        if self.stations[id].inbox:
            self.answers.append(self.stations[id].take(self.now))

    def line_breaks_unnoticed(self, id: str) -> None:
        """We do not know of it yet, and what is on its way is lost."""
        self.stations[id].inbox.clear()
        self.stations[id].line_breaks(self.now)

    def frame_is_lost(self, id: str) -> None:
        if self.stations[id].inbox:
            self.stations[id].inbox.popleft()

    def answer_arrives(self, index: int) -> None:
        if not self.answers:
            return
        seq, accepted = self.answers.pop(index % len(self.answers))
        self._no_longer_waiting([seq])
        if accepted:
            self._quietly(lambda: self.envelope.accepted(seq, self.now))
        else:
            self.envelope.rejected(seq, self.now)  # the third in a row may reserve the rating

    def answer_is_lost(self, index: int) -> None:
        if self.answers:
            self.answers.pop(index % len(self.answers))

    def give_up_waiting(self) -> None:
        overdue = self.envelope.overdue(self.now)
        self._no_longer_waiting(overdue)
        for seq in overdue:
            self._quietly(lambda seq=seq: self.envelope.lost(seq))

    def connection_breaks(self, id: str) -> None:
        self.stations[id].waiting.clear()
        self.stations[id].line_breaks(self.now)
        self._quietly(lambda: self.envelope.went_offline(id))

    def connection_returns(self, id: str) -> None:
        """It may have forgotten all, so it counts with its rating; nobody else with more than before."""
        self.stations[id].line_holds(self.now)
        others = {other: self.envelope.may_draw(other, self.now) for other in IDS if other != id}
        self.envelope.came_online(id)
        assert others == {other: self.envelope.may_draw(other, self.now) for other in others}

    def station_comes_back_blank(self, id: str) -> None:
        """Its line broke, and it has lost all profiles, its fallback too: whoever starts there has the rating."""
        self.connection_breaks(id)
        self.stations[id].inbox.clear()
        self.stations[id].lose_all()
        self.connection_returns(id)
        self.write(id)

    def station_reboots(self, id: str) -> None:
        """And has forgotten its limit."""
        self.stations[id].forget()

    def session_ends(self, id: str) -> None:
        self.stations[id].end_session()

    def end_is_reported(self, id: str) -> None:
        station = self.stations[id]
        ended = [seq for session, seq in self.newest[id].items() if session < station.session]
        station.known_session = station.session
        self._quietly(lambda: self.envelope.released(id, max(ended, default=0)))

    def station_refuses(self, id: str, refuses: bool) -> None:
        self.stations[id].refuses = refuses

    def limit_changes(self, circuit: str, line: int, share: float) -> None:
        amps = list(TREE.limits[circuit])
        amps[line] *= share
        self.limits[circuit] = (amps[0], amps[1], amps[2])
        self.envelope.limits_changed(self.limits)

    def fallback_is_set(self, id: str, fallback: float) -> None:
        """It goes out with the next limits; the station's own lowest is what it was installed with."""
        evse = self.stations[id].evse
        self.envelope.attached(replace(evse, fallback=max(fallback, evse.fallback)))

    def engine_crashes(self) -> None:
        """The log has every send, but not every answer."""
        for station in self.stations.values():
            station.waiting.clear()
            station.line_breaks(self.now)
        self.envelope = Envelope.load(TREE, [json.loads(record) for record in self.log.values()], self.limits)

    def check(self) -> None:
        """No station may draw more than its envelope; no cable too much, but where that is reported."""
        for id, station in self.stations.items():
            assert station.may_draw(self.now) <= self.envelope.may_draw(id, self.now) + HAIR, id
        draws = [(s.evse.circuit, s.evse.mask, s.may_draw(self.now)) for s in self.stations.values()]
        reported = {over.conductor for over in self.envelope.overcommitted(self.now)}
        assert TREE.overloads(draws, self.limits).keys() <= reported

    def _quietly(self, event: Callable[[], None]) -> None:
        before = self.loads()
        event()
        assert all(load <= old + HAIR for load, old in zip(self.loads(), before, strict=True))

    def _no_longer_waiting(self, numbers: list[int]) -> None:
        for station in self.stations.values():
            station.waiting.difference_update(numbers)
