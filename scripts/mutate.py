"""Mutation tests by hand: a sample of small changes of what must not be wrong, each against the tests that should mind.

usage: scripts/mutate [--sample N] [--seed N] [AREA]   (an area of AREAS below; without one all)
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRICING = (
    "day_rules", "energy", "fees", "kinds", "lines", "power", "run", "shares", "spans", "tables", "terms", "time_fees",
    "total", "types", "units", "validation",
)  # fmt: skip
AREAS: dict[str, tuple[list[str], list[str]]] = {  # what is changed, and the tests that should notice
    "rights": (
        ["kit/access.py", "kit/resources.py", "kit/writing.py", "kit/groups.py"],
        [
            "tests/kit",
            "tests/rooms/test_partner_rights.py",
            "tests/rooms/test_taxes.py",
            "tests/rooms/test_evses.py",
            "tests/rooms/test_partner_walk.py",
        ],
    ),
    "money": (
        ["kit/money.py", "kit/lenient.py", "rooms/people/users.py"],
        [
            "tests/kit/test_money.py",
            "tests/kit/test_lenient.py",
            "tests/rooms/test_users.py",
            "tests/rooms/test_taxes.py",
        ],
    ),
    "energy": (
        ["rooms/charging/register.py", "rooms/charging/readings.py", "rooms/charging/flow/stopping.py"],
        [
            "tests/rooms/test_register.py",
            "tests/rooms/test_charging_flow.py",
            "tests/rooms/test_readings_beside.py",
            "tests/rooms/test_repeated_readings.py",
            "tests/rooms/test_sessions.py",
            "tests/ocpp/test_readings.py",
            "tests/stations/test_reports_of_energy.py",
        ],
    ),
    "allocation": (
        ["engines/dlm/allocate.py", "engines/dlm/filling.py", "engines/dlm/envelope.py", "engines/dlm/shedding.py"],
        ["tests/engines/dlm"],
    ),
    "prices": (
        [
            "engines/ocpi_tariff.py",
            *(f"engines/pricing/{name}.py" for name in PRICING),
        ],
        ["tests/engines/pricing/test_tables.py", "tests/engines/test_ocpi_tariff.py", "tests/engines/pricing"],
    ),
    "plans": (
        [
            "engines/charging_plan.py",
            "engines/charging_goal.py",
            "engines/charging_pace.py",
            "engines/solar_surplus.py",
            "engines/wall_clock.py",
        ],
        [
            "tests/engines/test_charging_plan.py",
            "tests/engines/test_charging_goal.py",
            "tests/engines/test_charging_pace.py",
            "tests/engines/test_solar_surplus.py",
            "tests/engines/test_wall_clock.py",
        ],
    ),
}
SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div,
}  # fmt: skip


def mutations(tree: ast.Module) -> Iterator[tuple[ast.AST, str, object]]:
    """(node, attribute, what it becomes)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
            yield node, "ops", [SWAPS[type(node.ops[0])](), *node.ops[1:]]
        elif isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in SWAPS:
            yield node, "op", SWAPS[type(node.op)]()
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield node, "value", node.value + 1
        elif isinstance(node, ast.Constant) and type(node.value) is bool:
            yield node, "value", not node.value
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, "op", ast.UAdd()


def survives(file: str, number: int, tests: list[str]) -> str | None:
    """The change in words where no test notices it; None where one does."""
    with tempfile.TemporaryDirectory() as away:
        path = copied(Path(away)) / file
        text = path.read_text()
        tree = ast.parse(text)
        node, attribute, new = list(mutations(tree))[number]
        line = getattr(node, "lineno", 0)
        setattr(node, attribute, new)
        path.write_text(ast.unparse(tree))
        passed, changed = passes(Path(away), tests), ast.unparse(node)
    return f"{file}:{line}: {text.splitlines()[line - 1].strip()}  ->  {changed}" if passed else None


def copied(away: Path) -> Path:
    """The product with what it needs to start, copied there; its package."""
    for name in ("src", "migrations"):
        shutil.copytree(ROOT / name, away / name)
    return away / "src/ohmstead"


def passes(away: Path, tests: list[str]) -> bool:
    """Whether the tests pass with the product as it is there."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:warnings", *tests]
    environment = os.environ | {"PYTHONPATH": f"{away}/src"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True).returncode == 0


def unchanged(area: str) -> None:
    """Ends the program where the tests of an area fail without a change: they would notice anything."""
    with tempfile.TemporaryDirectory() as away:
        copied(Path(away))
        if not passes(Path(away), AREAS[area][1]):
            sys.exit(f"the tests of {area} fail without any change")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("area", nargs="?", choices=sorted(AREAS))
    cli.add_argument("--sample", type=int, default=20)
    cli.add_argument("--seed", type=int, default=1)
    asked = cli.parse_args()
    areas = [asked.area] if asked.area else sorted(AREAS)
    places = [
        (file, number, AREAS[area][1])
        for area in areas
        for file in AREAS[area][0]
        for number in range(len(list(mutations(ast.parse((ROOT / "src/ohmstead" / file).read_text())))))
    ]
    for area in areas:
        unchanged(area)
    sample = random.Random(asked.seed).sample(places, min(asked.sample, len(places)))
    survivors = [found for place in sample if (found := survives(*place))]
    print("\n".join(survivors))
    print(f"{len(sample)} of {len(places)} changes tried, {len(sample) - len(survivors)} noticed, {len(survivors)} not")


main()
