"""Random sessions: around nights in which clocks change, of seconds and of days, idle, boosted and empty."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.engines.pricing.oracle_moments import Part

NIGHTS = (
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),  # 03:00 is 02:00 again
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # 02:00 is 03:00
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),  # 02:00 is 01:30 again
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),  # 02:00 is 02:30
    ("America/Phoenix", datetime(2026, 11, 1, 7, tzinfo=UTC)),  # midnight; its clocks never change
    ("Europe/Berlin", datetime(2026, 12, 31, 23, tzinfo=UTC)),  # midnight of a year
)

GRAINS = ((0.25, 300, 600), (1, 150, 300), (60, 90, 200), (60, 400, 600), (300, 300, 300))
"""Seconds that all moments of a session are multiples of, and how many a stretch lasts and lies before the night."""


@dataclass(frozen=True)
class Session:
    zone: str
    night: datetime  # about when it is
    grain: timedelta  # all its moments lie on multiples of it
    start: datetime
    parts: tuple[Part, ...]

    @property
    def end(self) -> datetime:
        return self.parts[-1][1] if self.parts else self.start


@st.composite
def sessions(draw: st.DrawFn, *, even: bool = False, instants: bool = True) -> Session:
    """`even`: whole Wh flow in each grain of time, so that a cut rounds nothing. `instants`: energy in no time too."""
    zone, night = draw(st.sampled_from(NIGHTS))
    grain_s, longest, before = draw(st.sampled_from(GRAINS))
    grain = timedelta(seconds=grain_s)
    start = night + grain * draw(st.integers(-before, before // 2))
    at, parts = start, list[Part]()
    for _ in range(draw(st.integers(1, 6))):
        shortest = 0 if instants and not parts else 1
        grains = draw(st.integers(shortest, longest))
        end = at + grain * grains
        idle, boosted = draw(st.booleans()), draw(st.booleans())
        parts.append((at, end, draw(_energies(grain_s, grains, even)), idle, boosted))
        at = end
    return Session(zone, night, grain, start, tuple(parts))


@st.composite
def _energies(draw: st.DrawFn, grain_s: float, grains: int, even: bool) -> int:
    """Wh, up to about 90 kW."""
    if even:
        return grains * draw(st.integers(0, max(3, int(grain_s * 25))))
    return draw(st.one_of(st.just(0), st.integers(1, 20), st.integers(0, int(25 * grain_s * max(grains, 1)))))
