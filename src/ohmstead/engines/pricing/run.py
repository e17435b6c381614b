"""A run of prices through a session: stretches are cut into slices where prices change, and slices counted.

Going on costs no more than what is new, and a run that was written down goes on where it was.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, convert, to_builtins
from msgspec.structs import replace

from ohmstead.engines.pricing.covered import Cover, Covered, Use
from ohmstead.engines.pricing.energy import Energy
from ohmstead.engines.pricing.model import SessionPrice, Stretch
from ohmstead.engines.pricing.power import Minute
from ohmstead.engines.pricing.spans import SavedSpan, Span, restored, saved
from ohmstead.engines.pricing.terms import Prices, Terms
from ohmstead.engines.pricing.time_fees import US, Clocks, TimeFees
from ohmstead.engines.pricing.total import session_price
from ohmstead.engines.pricing.units import Counted

_LOCKS = ("energy", "service", "duration", "idle", "label")


class Saved(Struct):
    """A run as JSON has it."""

    started_at: datetime
    extends_wh: int | None
    locked_at: datetime | None
    counted_wh: int
    clocks: Clocks
    duration: Counted
    idle: Counted
    minute: Minute | None
    spans: list[SavedSpan]
    covered: tuple[Use, ...] = ()


class PriceRun:
    """`extends_wh`: what the sessions consumed that this one extends; then only energy is priced, and a tariff locks
    the prices of `locked_at`, when the first of them started. `cut_at`: moments in order at which charging periods end,
    whatever the tariff says. What is `covered` costs no energy fee, and counts for no level."""

    def __init__(
        self,
        terms: Terms,
        started_at: datetime,
        extends_wh: int | None = None,
        cut_at: Sequence[datetime] = (),
        locked_at: datetime | None = None,
        covered: Sequence[Covered] = (),
    ) -> None:
        self.terms, self.started_at, self.extends_wh, self._cut_at = terms, started_at, extends_wh, cut_at
        self.locked_at, self.cover = locked_at, Cover(covered) if covered else None
        self.start = terms.window(locked_at or started_at)
        self.conditions = terms.conditions(self.start.now)
        self.energy = Energy(terms, extends_wh or 0)
        self.time = TimeFees(terms, self.conditions)
        self.spans = [Span(started_at, started_at, False, self.start.usual.label)]
        self._enter(started_at)

    @classmethod
    def resume(
        cls, terms: Terms, state: Mapping[str, Any], cut_at: Sequence[datetime] = (), covered: Sequence[Covered] = ()
    ) -> "PriceRun":
        one = convert(state, Saved)
        run = cls(terms, one.started_at, one.extends_wh, cut_at, one.locked_at)
        run.energy.wh, run.time.clocks = one.counted_wh, one.clocks
        run.time.duration.counted, run.time.idle.counted = one.duration, one.idle
        if run.time.power is not None and one.minute is not None:
            run.time.power.minute = one.minute
        run.spans = [restored(each, terms) for each in one.spans]
        if covered or one.covered:
            run.cover = Cover(covered, one.covered)
        run._enter(run.spans[-1].end)
        return run

    def state(self) -> dict[str, Any]:
        """What `resume` goes on from, as JSON has it."""
        time = self.time
        return to_builtins(
            Saved(
                self.started_at, self.extends_wh, self.locked_at, self.energy.wh, time.clocks,
                time.duration.counted, time.idle.counted, time.power.minute if time.power else None,
                [saved(each) for each in self.spans], self.cover.used if self.cover else (),
            )
        )  # fmt: skip

    def add(self, stretches: Iterable[Stretch]) -> None:
        """Go on through stretches, which tile the time from the last one's end; ValueError where they do not."""
        for stretch in stretches:
            here, counted = stretch.start, 0
            if here != self.spans[-1].end or here > stretch.end:
                raise ValueError(f"stretches do not tile the session: {stretch} after {self.spans[-1].end}")
            if not self._window.start <= here < self._until:
                self._enter(here)
            while stretch.end > self._until:
                wh = stretch.energy_wh * (self._until - stretch.start) // (stretch.end - stretch.start)
                self._slice(stretch, here, self._until, wh - counted)
                here, counted = self._until, wh
                self._enter(here)
            self._slice(stretch, here, stretch.end, stretch.energy_wh - counted)

    def price(self) -> SessionPrice:
        """What the session costs as of the last stretch's end."""
        extends = self.extends_wh is not None
        covered = self.cover.used if self.cover else ()
        return session_price(self.terms, self.start, self.conditions, self.spans, self.time, extends, covered)

    def _enter(self, moment: datetime) -> None:
        """Prices as they are from a moment on, and until when."""
        window = self.terms.window(moment)
        self._window = window
        self._usual, self._boosted = self._locked(window.usual), self._locked(window.boosted)
        following = bisect_right(self._cut_at, moment)
        self._until = min(self._cut_at[following], window.end) if following < len(self._cut_at) else window.end
        border = self.cover.border(moment) if self.cover else None
        if border is not None:
            self._until = min(self._until, border)
        self._begins = following > 0 and self._cut_at[following - 1] == moment

    def _locked(self, prices: Prices) -> Prices:
        """With those of the start where the tariff locks them."""
        locks = self.terms.fees.locked
        if not locks:
            return prices
        return replace(prices, **{name: getattr(self.start.usual, name) for name in _LOCKS if name in locks})

    def _slice(self, stretch: Stretch, start: datetime, end: datetime, wh: int) -> None:
        """[start, end) of a stretch, in which prices are the same."""
        prices = self._boosted if stretch.boosted else self._usual
        idle = stretch.idle and self.time.prices_idling
        span = self._span(start, end, idle, prices)
        span.end = end
        if wh:
            span.energy_wh += wh
            billed = wh - self.cover.take(start, wh) if self.cover and self.energy.costs(prices) else wh
            if billed:
                self.energy.add(billed, prices, span)
        if self.extends_wh is None:
            self._pass(stretch, start, end, idle, prices, span)

    def _pass(self, stretch: Stretch, start: datetime, end: datetime, idle: bool, prices: Prices, span: Span) -> None:
        """The time of a slice."""
        us = (end - start) // US
        if not us:
            return
        if idle:
            self.time.stand_idle(start, us, prices, span)
            return
        self.time.charge(us, prices, span)
        if self.time.power is not None:
            self.time.power.add(stretch.energy_wh, (stretch.end - stretch.start) // US, us, self.spans)

    def _span(self, start: datetime, end: datetime, idle: bool, prices: Prices) -> Span:
        """The charging period of a slice: that of the one before where nothing is different. What takes no time has no
        state of its own."""
        span, cut, self._begins = self.spans[-1], self._begins, False
        if span.start == span.end:
            span.idle = idle
            if span.end == start and not span.energy_wh:
                span.label = prices.label
        same = span.label is prices.label or span.label == prices.label
        if not same or (span.idle != idle and start < end) or (cut and span.start < start):
            self.spans.append(Span(start, end, idle, prices.label))
        return self.spans[-1]


def price_of(
    terms: Terms,
    started_at: datetime,
    stretches: Iterable[Stretch],
    cut_at: Sequence[datetime] = (),
    extends_wh: int | None = None,
    locked_at: datetime | None = None,
    covered: Sequence[Covered] = (),
) -> SessionPrice:
    """What a session costs. `cut_at` cuts its charging periods further, which changes no total."""
    run = PriceRun(terms, started_at, extends_wh, sorted(cut_at), locked_at, covered)
    run.add(stretches)
    return run.price()
