"""Offers: meters that tell how much their vehicle might take. One that had some on offer and has none withholds it."""

from ohmstead.engines.idle import IdleRules
from ohmstead.kit.db import Tx
from ohmstead.rooms.charging.pricing.marks import SessionMark, mark
from ohmstead.rooms.charging.readings import NOMINAL_V, Reading

_UNITS = {"Current.Offered": "A", "Power.Offered": "W"}
_LEAST_W = IdleRules().power_w
_MOST = 100_000  # sessions that are remembered

_low: dict[int, bool] = {}
"""By session, what was told last. Some meters say 0 for ever: the first that counts is more."""


class Offers:
    """What a batch of readings says of it."""

    def __init__(self) -> None:
        self._new: dict[int, bool] = {}
        self._marks: list[SessionMark] = []

    def told(self, session_id: int, reading: Reading, phases: str | None) -> None:
        """A session's reading, at an EVSE of these `phases`."""
        watts = _offered_w(reading, 3 if phases == "three_phase" else 1)
        if watts is None:
            return
        low, before = watts < _LEAST_W, self._new.get(session_id, _low.get(session_id))
        if low != before and not (low and before is None):
            self._new[session_id] = low
            self._marks.append(SessionMark(session_id, reading.at, "unoffered" if low else "offered"))

    async def keep(self, tx: Tx) -> None:
        """Where something is new."""
        if self._marks:
            for one in self._marks:
                await mark(tx, [one])
            tx.after_commit(self._remember)

    def _remember(self) -> None:
        for key, low in self._new.items():
            _low.pop(key, None)
            _low[key] = low
        while len(_low) > _MOST:
            del _low[next(iter(_low))]


def _offered_w(reading: Reading, lines: int) -> float | None:
    """W on offer, where the meter says so: each line has what the one with the most of them has."""
    found: list[float] = []
    for measurand, value, unit, *_ in reading.others or ():
        if _UNITS.get(measurand) == unit:
            found.append(value if unit == "W" else value * NOMINAL_V * lines)
    return max(found, default=None)
