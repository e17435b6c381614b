"""Readings in the words of notifications: each quantity by its name, and of a moment one value of each."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ohmstead.kit.views import stamp
from ohmstead.rooms.charging.durable_facts import SessionMetered
from ohmstead.rooms.charging.readings import ELSEWHERE, LINES

MOST = 200  # readings of one fact

Told = tuple[str, str, float, str]

_COLUMNS = (
    ("energy_wh", "Energy Active Import Register", "Wh"),
    ("power_w", "Power Active Import", "W"),
    ("soc_percent", "State Of Charge", "Percent"),
    ("temperature_c", "Temperature", "Celsius"),
)
_BY_LINE = (("current", "Current Import", "A"), ("voltage", "Voltage", "V"))
_WORDS = {"SoC": "State Of Charge"}


def facts_of_readings(rows: Iterable[Mapping[str, Any]]) -> Iterator[SessionMetered]:
    """What is to be told of rows of the table of meter values: of each session one fact, of many readings several."""
    found: dict[tuple[int, int], list[Told]] = {}
    for row in rows:
        if row["session_id"] is not None:
            found.setdefault((row["session_id"], row["evse_id"]), []).extend(_told(row))
    for (session_id, evse_id), told in found.items():
        for start in range(0, len(told), MOST):
            yield SessionMetered(id=session_id, evse_id=evse_id, readings=told[start : start + MOST])


def _told(row: Mapping[str, Any]) -> Iterator[Told]:
    """What was read at a moment; of what was told by line the highest, for nothing in a notification names a line."""
    at = stamp(row["at"].replace(microsecond=0))
    said: set[str] = set()
    for column, name, unit in _COLUMNS:
        if row[column] is not None:
            said.add(name)
            yield at, name, row[column], unit
    for column, name, unit in _BY_LINE:
        lines = [row[f"{column}_{line.lower()}"] for line in LINES]
        if values := [one for one in lines if one is not None]:
            said.add(name)
            yield at, name, max(values), unit
    yield from _others(at, row["others"] or (), said)


def _others(at: str, samples: Iterable[tuple[Any, ...]], said: set[str]) -> Iterator[Told]:
    """What has no column; of each name the highest, too."""
    found: dict[tuple[str, str], float] = {}
    for one in samples:
        measurand, value, unit, location = str(one[0]), one[1], one[2], one[4]
        name = _WORDS.get(measurand, measurand.replace(".", " "))
        if name not in said and location not in ELSEWHERE:
            found[name, unit] = max(value, found.get((name, unit), value))
    for (name, unit), value in found.items():
        yield at, name, value, unit
