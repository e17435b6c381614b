#!/usr/bin/env python3
"""The floor under the API document: what is served stays served, and none of it has a fault against the contract.

usage: check DOC.json --json | scripts/contract_floor.py DOC.json [--raise]
       scripts/contract_floor.py DOC.json --unchecked   (the first half alone, without the checker's verdict)

The floor is a list of operations and notifications by tag, one a line, so that branches which add different ones do not
collide.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FLOOR = Path(__file__).resolve().parent.parent / "tests" / "contract_floor.txt"
COUNTED = ("operations", "parameters", "request", "response", "statuses", "callbacks")
SHOWN = 60


def where(fault: str) -> str:
    """The operation of a fault line: `GET /path  kind: what`, with `callback NAME` behind the path or not."""
    return fault.partition("  ")[0].partition(" callback ")[0]


def faults_of_ours(faults: Iterable[str]) -> list[str]:
    """Faults of operations and notifications that our document has; one it lacks is no fault yet."""
    faults = list(faults)
    lacking = {where(fault) for fault in faults if fault.endswith("  operations: missing")}
    untold = {fault.partition("  ")[0] for fault in faults if fault.endswith("  callbacks: notification: missing")}
    return [fault for fault in faults if where(fault) not in lacking and fault.partition("  ")[0] not in untold]


def served(document: dict[str, Any]) -> list[str]:
    """`tag: METHOD /path` of every operation, and the same with ` callback NAME` of every notification."""
    return sorted(
        f"{operation['tags'][0]}: {method.upper()} {path}{told}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for told in ("", *(f" callback {name}" for name in operation.get("callbacks", ())))
    )


def verdict(checked: str) -> list[str]:
    """The faults of ours that the checker found; what it counted is printed."""
    result, _ = json.JSONDecoder().raw_decode(checked)
    matched, total = result["matched"], result["total"]
    print("contract: " + ", ".join(f"{kind} {matched.get(kind, 0)}/{total.get(kind, 0)}" for kind in COUNTED))
    return faults_of_ours(result["faults"])


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("document", type=Path)
    cli.add_argument("--raise", action="store_true", dest="lift", help="write what is served today as the new floor")
    cli.add_argument("--unchecked", action="store_true", help="nobody held the document against the contract")
    asked = cli.parse_args()
    now, floor = served(json.loads(asked.document.read_text())), FLOOR.read_text().splitlines()
    complaints = [f"{one}  is no longer served" for one in floor if one not in now]
    if not asked.unchecked:
        complaints = verdict(sys.stdin.read()) + complaints
    if complaints:
        print("\n".join(complaints[:SHOWN]))
        print(f"complaints: {len(complaints)}" + (f", the first {SHOWN} shown" if len(complaints) > SHOWN else ""))
        return 1
    if asked.lift:
        FLOOR.write_text("\n".join(now) + "\n")
    elif floor != now:
        print("More is served than before: write the new floor with scripts/contract --raise.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
