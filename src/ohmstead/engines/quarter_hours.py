"""Quarter hours: the slots (UTC) that energy is told by, and what may be expected of those to come.

A slot is named by its start. Of a zone that changes its clocks the same slot of the week may come twice, or not at all.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(moment: datetime) -> int:
    """How many slots had begun before that of the moment since 1970."""
    return (moment - _EPOCH) // QUARTER


def begun(moment: datetime) -> datetime:
    """The start of the slot that a moment is in."""
    return _EPOCH + number(moment) * QUARTER


def between(start: datetime, end: datetime) -> Iterator[datetime]:
    """The slots from one to before another, both starts of slots."""
    while start < end:
        yield start
        start += QUARTER


def of_week(start: datetime, zone: ZoneInfo) -> tuple[int, int, int]:
    """Which slot of the week it is by the clocks of a zone: week day, hour, minute."""
    local = start.astimezone(zone)
    return local.weekday(), local.hour, local.minute


def expected(history: Mapping[datetime, float], coming: Iterable[datetime], zone: ZoneInfo) -> dict[datetime, float]:
    """Wh of the slots to come: the mean of all in the history that were the same slot of the week. Of a slot that the
    history says nothing of nothing is expected, and it is left out."""
    known: dict[tuple[int, int, int], list[float]] = {}
    for start, energy in history.items():
        known.setdefault(of_week(start, zone), []).append(energy)
    alike = ((start, known.get(of_week(start, zone))) for start in coming)
    return {start: sum(energies) / len(energies) for start, energies in alike if energies}
