"""The table of odd chargers in the documentation: each row has its scripted charger, and each of those its row."""

import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SHORT = {name: f"test_pitfalls_of_{name}.py" for name in ("connections", "transactions", "later_versions")}
PITFALLS, OBSERVED = 16, 12


def rows(text: str) -> dict[int, set[Any]]:
    """Number -> the files that play it."""
    found = re.findall(r"^\| (\d+) \| .* \| ([^|]*) \|$", text, re.MULTILINE)
    return {int(number): {SHORT.get(name, name) for name in files.split(", ")} for number, files in found}


def played(file: str) -> set[int]:
    """The numbers in the names of a file's tests, and in what they say of observations."""
    text = (FOLDER / file).read_text()
    named = re.findall(r"^async def test_(\d+)_", text, re.MULTILINE)
    return {int(number) for number in (*named, *re.findall(r"Observation (\d+)", text))}


def test_every_pitfall_and_observation_has_its_charger(here: Path) -> None:
    text = (here / "docs/odd-chargers.md").read_text()
    pitfalls, observed = (rows(part) for part in text.split("## What is tolerated")[1].split("Seen of independent"))
    assert (sorted(pitfalls), sorted(observed)) == ([*range(1, PITFALLS + 1)], [*range(1, OBSERVED + 1)])
    for table in (pitfalls, observed):
        for number, files in table.items():
            for file in files:
                if file.startswith("test_") and not (table is pitfalls and file == "test_seen_on_the_wire_v201.py"):
                    assert number in played(file), (number, file)
    for file in ("test_quirks.py", "test_odd_limits.py", *SHORT.values()):
        assert played(file) == {number for number, files in pitfalls.items() if file in files}, file
    for file in ("test_observations.py", "test_seen_on_the_wire_v201.py"):
        assert played(file) == {number for number, files in observed.items() if file in files}, file


def test_every_report_from_the_field_is_played(here: Path) -> None:
    """Each row names its files, and each file of reports has a row."""
    reports = (here / "docs/odd-chargers.md").read_text().split("## Reports from the field")[1]
    files = {
        file for told in re.findall(r"^\| [^|]+ \| ([^|]*) \|$", reports, re.MULTILINE) for file in told.split(", ")
    }
    elsewhere = {file for file in files if "/" in file}
    assert all((here / file).is_file() for file in elsewhere)
    assert files - elsewhere - {"Played in", "---"} == {file.name for file in FOLDER.glob("test_reports_*.py")}
