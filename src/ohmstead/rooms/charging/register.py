"""The energy register of a session: which of the readings that stations send are to be believed.

Stations mix registers, drop to zero and leap (ocpp-1.6 in the field): energy counts only where the register rises, and
by no more than the outlet could have given since it last rose. What is not believed is counted, never billed.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from ohmstead.kit.db import Row

HEADROOM = 1.2
SLACK_WH = 100.0  # registers of whole tenths of a kWh step by this much at once
ROUNDING_WH = 1.0  # by which a reading in whole Wh may be below one with decimals before it
DIGITS = 4  # of an energy in Wh; no meter resolves more
MOST_W = {"ac": 43_500.0, "dc": 500_000.0}  # where nobody said what the outlet can give

Anomaly = Literal["backwards", "leap"]


class Register(Struct):
    """What is believed of a session's register: `wh` since `raised_at`, `start_wh` since `start_at`; both None before
    the first reading. `read_at` is the newest reading's moment. `rebased` where the start that was told was 0 and no
    reading of the register, so that the first that could be one stands for it; `moved` where the start is another than
    it was. `anomalies` counts what was not believed."""

    start_wh: float | None
    wh: float | None
    raised_at: datetime
    read_at: datetime
    most_w: float
    began_at: datetime
    start_at: datetime
    rebased: bool = False
    moved: bool = False
    anomalies: int = 0

    def read(self, wh: float, at: datetime) -> Anomaly | None:
        """Take a reading in; why it is not believed, or None. An older reading than the newest may be lower."""
        anomaly = self._judge(wh, at)
        self.anomalies += anomaly is not None
        return anomaly

    def end(self, wh: float, at: datetime) -> bool:
        """Take in what the station says that the register stood at in the end; whether that is believed. What lies
        between it and the start is what was charged, whatever the readings in between say."""
        at = max(at, self.read_at)
        start = next((start for start, since in self._starts() if self._may_end(start, since, wh, at)), None)
        if self.wh is None or start is None:
            return self.read(wh, at) is None
        self.anomalies += self.wh - wh > ROUNDING_WH
        self.raised_at = at if wh > self.wh else self.raised_at
        self.start_wh, self.wh, self.read_at = start, wh, at
        return True

    @property
    def energy_wh(self) -> float:
        """What was charged, to 0.1 mWh: what is further behind is no energy but how floats are stored."""
        return 0.0 if self.wh is None or self.start_wh is None else round(self.wh - self.start_wh, DIGITS)

    def start(self) -> dict[str, Any]:
        """The columns of its start."""
        return {"meter_start_wh": self.start_wh, "meter_start_at": self.start_at, "meter_rebased": self.rebased}

    def _judge(self, wh: float, at: datetime) -> Anomaly | None:
        if self.wh is None:
            self.wh = wh
            self._start(wh, at)
        if wh < self.wh:
            return self._lower(wh, at)
        if wh - self.wh > self._possible_wh(self.raised_at, at):
            return self._leap(wh, at)
        if wh > self.wh:
            self.wh, self.raised_at = wh, max(at, self.raised_at)
        self.read_at = max(at, self.read_at)
        return None

    def _lower(self, wh: float, at: datetime) -> Anomaly | None:
        """An earlier reading than the start is the start; a lower one may show that the start was not rebased well."""
        assert self.start_wh is not None
        if at < self.start_at and wh <= self.start_wh:
            if self.start_wh - wh > self._possible_wh(at, self.start_at):
                return None if self.rebased and wh == 0 else "leap"
            self._start(wh, at)
            return None
        if self.rebased and 0 < wh <= self._possible_wh(self.began_at, at):
            self._start(0.0, self.began_at)
            self.wh, self.raised_at, self.read_at = wh, at, max(at, self.read_at)
            return None
        return "backwards" if at >= self.read_at else None

    def _leap(self, wh: float, at: datetime) -> Anomaly | None:
        """Further away than the outlet could have given: from a start of exactly 0, the first real reading."""
        if self.wh != 0 or self.start_wh != 0:
            return "leap"
        self._start(wh, at, rebased=True)
        self.wh, self.raised_at, self.read_at = wh, at, max(at, self.read_at)
        self.anomalies += 1
        return None

    def _start(self, wh: float, at: datetime, rebased: bool = False) -> None:
        self.start_wh, self.start_at, self.rebased, self.moved = wh, at, rebased, True

    def _starts(self) -> Iterator[tuple[float, datetime]]:
        """Where the charge may have begun: at its start, or at the 0 that was told of it."""
        if self.start_wh is not None:
            yield self.start_wh, self.start_at
        if self.rebased:
            yield 0.0, self.began_at

    def _may_end(self, start: float, since: datetime, wh: float, at: datetime) -> bool:
        """Whether a charge from this start may have ended so. An end that says the start again says nothing."""
        unsaid = wh == start and self.wh is not None and self.wh - wh > SLACK_WH
        return not unsaid and start <= wh <= start + self._possible_wh(since, at)

    def _possible_wh(self, since: datetime, at: datetime) -> float:
        seconds = max(0.0, (at - since).total_seconds())
        return self.most_w * seconds / 3600 * HEADROOM + SLACK_WH


def register_of(session: Row, evse: Row) -> Register:
    """The register of an open session on its EVSE."""
    most_w = evse["max_power"] or MOST_W.get(evse["current_type"], MOST_W["dc"])
    began_at = session["started_at"]
    raised_at = session["meter_at"] or began_at
    return Register(
        session["meter_start_wh"],
        session["meter_wh"],
        raised_at,
        session["metered_at"] or raised_at,
        float(most_w),
        began_at,
        session["meter_start_at"] or began_at,
        session["meter_rebased"],
    )
