#!/usr/bin/env python3
"""The floor under the API document: what matches the contract may only grow, and what we serve has no fault at all.

usage: check DOC.json --json | scripts/contract_floor.py [--raise]
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

FLOOR = Path(__file__).resolve().parent.parent / "tests" / "contract_floor.json"
COUNTED = ("operations", "parameters", "request", "response", "statuses", "callbacks")
SHOWN = 60

Counts = dict[str, int]


def where(fault: str) -> str:
    """The operation of a fault line: `GET /path  kind: what`, with `callback NAME` behind the path or not."""
    return fault.partition("  ")[0].partition(" callback ")[0]


def faults_of_ours(faults: Iterable[str]) -> list[str]:
    """Faults of operations that our document has; one it lacks is counted by the floor alone."""
    faults = list(faults)
    lacking = {where(fault) for fault in faults if fault.endswith("  operations: missing")}
    return [fault for fault in faults if where(fault) not in lacking]


def fallen(floor: Counts, now: Counts) -> list[str]:
    return [f"{kind} fell from {floor[kind]} to {now[kind]}" for kind in COUNTED if now[kind] < floor.get(kind, 0)]


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--raise", action="store_true", dest="lift", help="write what matches today as the new floor")
    lift = cli.parse_args().lift
    result, _ = json.JSONDecoder().raw_decode(sys.stdin.read())
    now = {kind: result["matched"].get(kind, 0) for kind in COUNTED}
    floor = json.loads(FLOOR.read_text()) if FLOOR.exists() else {}
    complaints = faults_of_ours(result["faults"]) + fallen(floor, now)
    print("contract: " + ", ".join(f"{kind} {now[kind]}/{result['total'].get(kind, 0)}" for kind in COUNTED))
    if complaints:
        print("\n".join(complaints[:SHOWN]))
        print(f"complaints: {len(complaints)}" + (f", the first {SHOWN} shown" if len(complaints) > SHOWN else ""))
        return 1
    if lift:
        FLOOR.write_text(json.dumps(now, indent=2) + "\n")
    elif floor != now:
        print("More matches than before: write the new floor with scripts/contract --raise.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
