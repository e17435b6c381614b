"""The floor under the API document holds where nobody is there to check it against the published API."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def held(here: Path, document: Path) -> tuple[int, str]:
    """What the gate says of a document without the checker's verdict."""
    command = [sys.executable, here / "scripts" / "contract_floor.py", document, "--unchecked"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


def test_what_nobody_is_told_yet_is_no_fault_and_what_is_told_otherwise_is_one(here: Path, tmp_path: Path) -> None:
    post = "POST /public-api/notifications/v2.0 callback"
    faults = [f"{post} cdr.received  callbacks: {field}: missing" for field in ("notification", "id")]
    faults.append(f"{post} evse.changed  callbacks: evseId: missing")
    document = tmp_path / "document.json"
    document.write_text(json.dumps({"paths": {}}))
    command = [sys.executable, here / "scripts" / "contract_floor.py", document]
    checked = json.dumps({"matched": {}, "total": {}, "faults": faults})
    said = subprocess.run(command, capture_output=True, text=True, input=checked, check=False).stdout
    assert [fault in said for fault in faults] == [False, False, True]


def test_what_was_served_and_is_not_is_told_without_a_checker(here: Path, tmp_path: Path) -> None:
    floor = (here / "tests" / "contract_floor.txt").read_text().splitlines()
    paths: dict[str, dict[str, Any]] = {}
    for line in floor:
        tag, _, operation = line.partition(": ")
        method, path, *told = operation.split(" ")
        one = paths.setdefault(path, {}).setdefault(method.lower(), {"tags": [tag], "callbacks": {}})
        one["callbacks"].update({name: {} for name in told[1:]})
    document = tmp_path / "document.json"
    document.write_text(json.dumps({"paths": paths}))
    assert held(here, document) == (0, "")
    gone = next(iter(paths))
    lost = [line for line in floor if line.endswith(f" {gone}")]
    del paths[gone]
    told = paths["/public-api/notifications/v2.0"]["post"]
    del told["callbacks"]["evse.changed"]
    lost.append(f"{told['tags'][0]}: POST /public-api/notifications/v2.0 callback evse.changed")
    document.write_text(json.dumps({"paths": paths}))
    status, said = held(here, document)
    assert status == 1
    assert all(line in said for line in lost)
