"""Our allocator as an algorithm of acnportal's: the same sessions, the same cables, the same moments."""

from acnportal.acnsim.interface import SessionInfo
from acnportal.algorithms import BaseAlgorithm

from ohmstead.engines.dlm.allocate import Demand
from ohmstead.engines.dlm.laxity import Deadlines, deadline
from ohmstead.engines.dlm.rotation import Turns
from ohmstead.engines.dlm.tree import Circuit, Tree
from parts.acn.day import A_KWH, BOARDS, MOST_A, STEP_MIN, VOLTS, Site, board_of, line_of

LEAST_A, FINE_A = 6.0, 0.1
STEP_S = 60.0 * STEP_MIN


class Ours(BaseAlgorithm):
    """Equal weights, a minimum of 6 A, turns of a dwell in s; with `deadlines` what each car told of its departure and
    energy is used. Like acnportal's own it knows what a car still needs: one that needs less than 6 A for a step is
    taken to charge at 6 A for a part of it. Amperes are multiples of `resolution` A; 0: any."""

    def __init__(self, site: Site, dwell: float, deadlines: bool = False, resolution: float = FINE_A) -> None:
        super().__init__()
        self.max_recompute = 1
        boards = [Circuit(f"board{number}", "main", site.board, rotation="RST") for number in range(BOARDS)]
        self.tree = Tree([Circuit("main", None, site.main), *boards])
        self.turns, self.resolution = Turns(dwell), resolution
        self.deadlines = Deadlines() if deadlines else None

    def schedule(self, active_sessions: list[SessionInfo]) -> dict[str, list[float]]:
        now = STEP_S * self.interface.current_time
        wanted = [self._demand(one, now) for one in active_sessions if one.remaining_demand > 1e-9]
        found = self.turns.allocate(now, self.tree, wanted, None, self.resolution)
        if self.deadlines is not None:
            found = self.deadlines.allocate(now, self.tree, wanted, found, None, self.resolution)
        return {str(id): [amps] for id, amps in found.amps.items()}

    def _demand(self, session: SessionInfo, now: float) -> Demand:
        socket, needed = int(session.station_id), float(session.remaining_demand) / A_KWH
        line, departure = line_of(socket), STEP_S * session.estimated_departure
        wanted_wh, got_wh = 1000 * session.remaining_demand, 1000 * session.energy_delivered
        return Demand(
            socket, board_of(socket), (int(line == 0), int(line == 1), int(line == 2)), min(LEAST_A, needed),
            min(MOST_A, needed), arrived=session.arrival,
            deadline=deadline(now, departure, wanted_wh, got_wh, VOLTS, 1),
        )  # fmt: skip
