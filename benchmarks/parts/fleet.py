"""A fleet of sites without database and sockets: the real Site of each circuit tree, and outlets that all charge."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.rooms.power.management.loop import LOADS_EVERY_S
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import Charge, Outlet, Snapshot
from ohmstead.rooms.power.management.tuning import Tuning

START = 1_800_000_000.0
BOARDS, METER = 8, 1000
UTC_ZONE = ZoneInfo("UTC")
Answer = TypeVar("Answer")


def snapshot(outlets: int, seed: int) -> Snapshot:
    """A main cable with a meter and eight boards below it; half of the cars charge on three phases."""
    dice = random.Random(seed)
    row = {"parent_circuit_id": None, "phases": "three_phase", "phase_rotation": None, "connected_phase": None,
           "electricity_meter_id": None, "offline_reserved_current": None, "min_charge_point_current": 6.0,
           "set_session_limit_to_zero_on_idle": False, "soc_priorities": None}  # fmt: skip
    rows: dict[int, Any] = {1: row | {"id": 1, "max_current": 9.0 * outlets, "electricity_meter_id": METER}}
    for id in range(2, 2 + BOARDS):
        below = {"id": id, "parent_circuit_id": 1, "phase_rotation": "STR", "max_current": 10.0 * outlets / BOARDS}
        rows[id] = row | below
    tree = Tree([Circuit(one["id"], one["parent_circuit_id"], one["max_current"], rotation=one["phase_rotation"])
                 for one in rows.values()])  # fmt: skip
    found = {}
    for id in range(1, outlets + 1):
        board, phases = 2 + id % BOARDS, dice.choice(["single_phase", "three_phase"])
        line = None if phases == "three_phase" else dice.choice(["L1", "L2", "L3"])
        wiring = tree.wiring(board, phases, "RST" if line is None else None, line)
        charge = Charge(id, str(id), datetime.fromtimestamp(START - id, UTC), 1.0, ())
        found[id] = Outlet(id, id, id, 1, board, wiring, 32.0, 6.0, 1.0, 1.0, {}, UTC_ZONE, "charging", None, charge)
    return Snapshot(rows, tree, found)


@dataclass
class Plant:
    """One site with stations that obey and cars that take what they may, up to what they want; `spent` s of CPU by what
    was called."""

    outlets: int
    seed: int
    spent: dict[str, float] = field(default_factory=dict)
    sends: int = 0

    def __post_init__(self) -> None:
        dice = random.Random(self.seed)
        self.site = Site(1, snapshot(self.outlets, self.seed), Tuning())
        self.wants = {id: dice.choice([10.0, 16.0, 32.0, 32.0]) for id in self.site.outlets}
        self.offset = {id: dice.randrange(15) for id in self.site.outlets}
        self.comes = {id: dice.randrange(60) for id in self.site.outlets}
        self.awake, self.shown_at, self.dice = True, 0.0, dice

    def second(self, now: float) -> None:
        """What happens within a second: samples of every 15 s, a meter's report of every 10 s, and whatever follows."""
        for id, after in self.comes.items():
            if now == START + 1 + after:
                self.site.reachable(id, True, now)
                self.awake = True
            if (now + self.offset[id]) % 15 == 0:
                told = dict.fromkeys(("L1", "L2", "L3")[: len(self.site.outlets[id].wiring.lines)], self._draw(id, now))
                self.awake |= self._timed("drew", lambda: self.site.drew(id, now, told, None, None, now))  # noqa: B023
        self.awake |= (now + self.seed) % 10 == 5  # the tick
        if (now + self.seed) % 10 == 0:
            drawn = self.site.snapshot.tree.load(
                (one.circuit_id, one.wiring.mask, self._draw(id, now)) for id, one in self.site.outlets.items()
            )
            besides = 20.0 + 12.0 * self.dice.randrange(2)
            own = drawn[0] + besides, drawn[1] + besides, drawn[2] + besides
            self._timed("metered", lambda: self.site.metered(METER, now, own))
            self.awake = True
        if self.awake:
            self.awake = False
            self._turn(now)

    def _turn(self, now: float) -> None:
        sends = self._timed("step", lambda: self.site.step(datetime.fromtimestamp(now, UTC)))
        for send in sends:
            self._timed("answers", lambda: self._answered(send.seq, int(send.evse), now))  # noqa: B023
        self.sends += len(sends)
        self.awake |= bool(sends)
        if now - self.shown_at >= LOADS_EVERY_S:
            self.shown_at = now
            self._timed("loads", lambda: tuple(self.site.loads(now)))

    def _answered(self, seq: int, evse: int, now: float) -> None:
        self.site.envelope.sent(seq, now)
        self.site.envelope.accepted(seq, now)
        self.site.limited(evse, now)

    def _draw(self, id: int, now: float) -> float:
        return min(self.wants[id], self.site.envelope.offered(id, now) or 0.0)

    def _timed(self, name: str, work: Callable[[], Answer]) -> Answer:
        start = time.thread_time()
        answer = work()
        self.spent[name] = self.spent.get(name, 0.0) + time.thread_time() - start
        return answer
