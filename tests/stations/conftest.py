"""A site with one charge point, ODD, whose driver has a card."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import Live, live
from tests.scenarios.waiting import becomes
from tests.stations.charger import CARD

SPEED = 20.0  # simulated s a second


@dataclass
class Yard:
    """The site and its charge point, as the API shows them."""

    site: Live
    point: dict[str, Any]

    async def sessions(self) -> list[dict[str, Any]]:
        """All of them, oldest first."""
        return (await self.site.api.get("/resources/sessions/v1.0")).data

    async def session(self, status: str = "") -> dict[str, Any]:
        """The only session there is, once it has a status."""
        found = await becomes(self.sessions, lambda all: len(all) > 0 and (not status or all[-1]["status"] == status))
        assert len(found) == 1, found
        return found[0]

    async def evse(self) -> dict[str, Any]:
        path = f"/resources/charge-points/v2.0/{self.point['id']}/evses/{self.point['evses'][0]['id']}"
        return (await self.site.api.get(path)).data

    async def is_odd(self, **quirks: Any) -> dict[str, Any]:
        """The model it is from now on, with these quirks."""
        model = await self.site.given.model(quirks=quirks)
        changed = await self.site.api.patch(
            f"/resources/charge-points/v2.0/{self.point['id']}", {"modelId": model["id"]}
        )
        assert changed.status == 200, changed.body
        return model

    async def act(self, action: str, body: Any = None) -> Any:
        """The answer to an action on the charge point."""
        return await self.site.api.post(f"/actions/charge-point/v1.0/{self.point['id']}/{action}", body)


@pytest.fixture
async def yard(system: System, tmp_path: Path) -> AsyncIterator[Yard]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        await running.driver(CARD)
        yield Yard(running, await running.charge_point("ODD"))
