"""Hours: how high a load was in each hour of the last four weeks, and how fast it rose. Loads follow the week: what it
did at this hour in the weeks before says what it may do now. An hour counts from its first second in UTC; the one
before and the one after count with it, so that a change to summer time moves nothing out of sight.
"""

from collections.abc import Iterator
from dataclasses import dataclass

HOUR = 3600.0  # s
WEEK = 168  # hours
WEEKS = 4  # that are remembered
SAMPLES = 30  # in an hour, for it to be known
TWICE = 2  # weeks in which this hour must be known


@dataclass(slots=True)
class Hour:
    """The highest load in A, and the most it rose within the reaction time, by so many samples."""

    samples: int = 0
    most: float = 0.0
    rise: float = 0.0


class Hours:
    """Of one line of one circuit, by hours since 1970."""

    def __init__(self) -> None:
        self._hours: dict[int, Hour] = {}
        self.changed: set[int] = set()
        self._usual: tuple[int, Hour | None] = (-1, None)

    def know(self, number: int, hour: Hour) -> None:
        """What an hour did, as it was written down."""
        self._hours[number] = hour

    def observe(self, now: float, amps: float, rise: float) -> None:
        """The load at this moment (s, A), and by how much it has risen within the reaction time."""
        number = int(now // HOUR)
        if number not in self._hours:
            self._hours[number] = Hour()
            self._hours = {each: hour for each, hour in self._hours.items() if each >= number - WEEKS * WEEK - 1}
        hour = self._hours[number]
        hour.samples += 1
        if amps > hour.most or rise > hour.rise:
            hour.most, hour.rise = max(hour.most, amps), max(hour.rise, rise)
            self._usual = (-1, None)
        self.changed.add(number)

    def worst(self, now: float, hours: int) -> float | None:
        """The highest load in A of the last so many hours and this one; None where none is known."""
        oldest = int(now // HOUR) - hours
        return max((hour.most for each, hour in self._hours.items() if each >= oldest), default=None)

    def usual(self, now: float) -> Hour | None:
        """The highest load and rise of this hour of the week, in the weeks before and since the last hour began; None
        until two weeks are known."""
        number = int(now // HOUR)
        if self._usual[0] != number:
            self._usual = (number, self._like(number))
        return self._usual[1]

    def __getitem__(self, number: int) -> Hour:
        return self._hours[number]

    def _like(self, number: int) -> Hour | None:
        before = [number - week * WEEK for week in range(1, WEEKS + 1)]
        if sum(each in self._hours and self._hours[each].samples >= SAMPLES for each in before) < TWICE:
            return None
        known = [self._hours[each] for each in _around(number, before) if each in self._hours]
        samples = sum(hour.samples for hour in known)
        return Hour(samples, max(hour.most for hour in known), max(hour.rise for hour in known))


def _around(number: int, before: list[int]) -> Iterator[int]:
    yield from (number - 1, number)
    for each in before:
        yield from (each - 1, each, each + 1)
