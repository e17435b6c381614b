"""What a server loads at its start, which is memory and time of each node."""

import subprocess
import sys

UNWANTED = ("rich", "pygments", "aiohttp", "alembic", "confluent_kafka", "stripe", "typst", "ohmstead.app.demo")
SERVER = f"import sys, ohmstead.app.node; print([name for name in {UNWANTED} if name in sys.modules])"
DEMO = "import ohmstead.app.demo.run, rich.table; print(rich.table.Table.__name__)"


def said(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_a_server_loads_nothing_that_only_commands_and_rare_requests_need() -> None:
    assert said(SERVER) == "[]"


def test_the_demo_still_finds_what_it_draws_with() -> None:
    assert said(DEMO) == "Table"
