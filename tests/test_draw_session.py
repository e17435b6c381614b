"""The picture of a session in the docs is what pricing makes of it today."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree


def test_the_picture_in_the_docs_is_what_the_script_draws(here: Path, tmp_path: Path) -> None:
    drawn, known = tmp_path / "session.svg", here / "docs/images/session-slices.svg"
    script = [sys.executable, "scripts/draw_session.py", str(drawn)]
    subprocess.run(script, cwd=here, check=True, timeout=120)
    assert drawn.read_text() == known.read_text(), "run scripts/draw-session, and look at what it drew"
    subprocess.run([*script, "--idle", "60"], cwd=here, check=True, timeout=120)
    assert drawn.read_text() != known.read_text()


def test_what_it_shows_of_the_slices_adds_up(here: Path) -> None:
    text = (here / "docs/images/session-slices.svg").read_text()
    assert "prefers-color-scheme: dark" in text
    root = ElementTree.fromstring(text)
    shown = [(one.get("class"), Decimal(one.text)) for one in root.iter("{http://www.w3.org/2000/svg}text")
             if one.text and one.text.replace(".", "").isdigit() and "." in one.text]  # fmt: skip
    cells = sum(amount for kind, amount in shown if kind == "on")
    fees_and_slices = sum(amount for kind, amount in shown if kind == "text")
    [total] = [amount for kind, amount in shown if kind == "text title"]
    assert (cells, fees_and_slices) == (total, 2 * total)
