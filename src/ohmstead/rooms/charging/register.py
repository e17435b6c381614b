"""The energy register of a session: which of the readings that stations send are to be believed.

Stations mix registers, drop to zero and leap (ocpp-1.6 in the field): energy counts only where the register rises, and
by no more than the outlet could have given since it last rose. What is not believed is counted, never billed.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from ohmstead.kit.db import Row

HEADROOM = 1.2
SLACK_WH = 100.0  # registers of whole tenths of a kWh step by this much at once
MOST_W = {"ac": 43_500.0, "dc": 500_000.0}  # where nobody said what the outlet can give

Anomaly = Literal["backwards", "leap"]


class Register(Struct):
    """What is believed of a session's register: `wh` since `raised_at`, `start_wh` when it began; both None before the
    first reading. `read_at` is the newest reading's moment."""

    start_wh: float | None
    wh: float | None
    raised_at: datetime
    read_at: datetime
    most_w: float

    def read(self, wh: float, at: datetime) -> Anomaly | None:
        """Take a reading in; why it is not believed, or None. An older reading than the newest may be lower."""
        if self.wh is None:
            self.start_wh = self.wh = wh
        if wh < self.wh:
            return "backwards" if at >= self.read_at else None
        if wh - self.wh > self._possible_wh(at):
            return "leap"
        if wh > self.wh:
            self.wh, self.raised_at = wh, max(at, self.raised_at)
        self.read_at = max(at, self.read_at)
        return None

    @property
    def energy_wh(self) -> float:
        """What was charged."""
        return 0.0 if self.wh is None or self.start_wh is None else self.wh - self.start_wh

    def _possible_wh(self, at: datetime) -> float:
        seconds = max(0.0, (at - self.raised_at).total_seconds())
        return self.most_w * seconds / 3600 * HEADROOM + SLACK_WH


def register_of(session: Row, evse: Row) -> Register:
    """The register of an open session on its EVSE."""
    most_w = evse["max_power"] or MOST_W.get(evse["current_type"], MOST_W["dc"])
    raised_at = session["meter_at"] or session["started_at"]
    start, wh = session["meter_start_wh"], session["meter_wh"]
    return Register(start, wh, raised_at, session["metered_at"] or raised_at, float(most_w))
