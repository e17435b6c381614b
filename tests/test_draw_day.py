"""The chart of the simulated day is what the engine does today."""

import subprocess
import sys
from pathlib import Path


def test_the_chart_in_the_docs_is_what_the_script_draws(here: Path, tmp_path: Path) -> None:
    drawn, known = tmp_path / "day.svg", here / "docs/images/load-management-day.svg"
    script = [sys.executable, "scripts/draw_day.py", str(drawn)]
    subprocess.run(script, cwd=here, check=True, timeout=120)
    assert drawn.read_text() == known.read_text(), "run scripts/draw-day, and look at what it drew"
    subprocess.run([*script, "--seed", "2"], cwd=here, check=True, timeout=120)
    assert drawn.read_text() != known.read_text()


def test_it_is_read_in_light_and_dark_and_never_above_the_limit(here: Path) -> None:
    text = (here / "docs/images/load-management-day.svg").read_text()
    assert "prefers-color-scheme: dark" in text
    most = float(text.partition("Most that flowed: ")[2].partition(" A")[0])
    limit = float(text.partition("limit, ")[2].partition(" A")[0])
    assert 0.9 * limit < most <= limit
