"""Sharing: who of the sessions of a site gets what, from look to look: turns, deadlines, and limits that stay."""

from collections.abc import Iterable, Mapping

from ohmstead.engines.dlm.allocate import Allocation
from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.laxity import Deadlines
from ohmstead.engines.dlm.rotation import Turns
from ohmstead.engines.dlm.steadiness import Band, steady
from ohmstead.engines.dlm.tree import Id
from ohmstead.rooms.power.management.demands import Need


class Sharing:
    """Of one site. `allocation` is what would be fair, `amps` what they are to have."""

    def __init__(self, rotation_s: float, band: Band) -> None:
        self._turns, self._deadlines, self._band = Turns(rotation_s), Deadlines(rotation_s), band
        self.allocation = Allocation()
        self.amps: Mapping[Id, float] = {}

    def gave_way(self, evse_id: int) -> bool:
        """Whether its session charged, and waits now because others have their turn."""
        turn = self._turns.turn(evse_id)
        return turn is not None and turn.waited_since is not None and turn.got > 0

    def share(self, at: float, needs: Iterable[Need], envelope: Envelope) -> None:
        """Among those that need something, what the envelope has room for."""
        every = list(needs)
        demands, most = [need.demand for need in every], {need.demand.id: need.most for need in every}
        room = envelope.room(most, at)
        found = self._turns.allocate(at, envelope.tree, demands, room)
        self.allocation = self._deadlines.allocate(at, envelope.tree, demands, found, room)
        held = {id: envelope.highest(id, at) for id in most if envelope.offered(id, at) is not None}
        self.amps = steady(envelope.tree, demands, self.allocation.amps, held, most, room, self._band)
