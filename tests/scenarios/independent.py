"""What wallboxes on the independent library `ocpp` have in common, whichever version they speak."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from websockets.asyncio.client import connect

from ohmstead.kit.clock import Clock
from tests.live import PASSWORD

VOLTS, PHASES = 230, 3
LEAST_A = 6.0
Box = TypeVar("Box")


class Load:
    """Draws up to `rating_a` A on three phases: of the profiles it holds, that of the transaction binds, else the
    default. It knows no times: the first period of the first schedule counts."""

    def __init__(self, clock: Clock, rating_a: float) -> None:
        self.clock, self.rating_a = clock, rating_a
        self.limits: dict[str, float] = {}
        self.charging = False
        self.register_wh = 5_000.0
        self._advanced_at = clock.now()

    @property
    def draw_a(self) -> float:
        """A on each phase, right now."""
        limit = self.limits.get("TxProfile", self.limits.get("TxDefaultProfile", self.rating_a))
        amps = min(limit, self.rating_a)
        return amps if self.charging and amps >= LEAST_A else 0.0

    @property
    def reading(self) -> int:
        """Wh on the display."""
        return int(self.register_wh)

    def limit(self, purpose: str, schedule: dict[str, Any]) -> None:
        """Take a limit, in A."""
        self.advance()
        self.limits[purpose] = float(schedule["charging_schedule_period"][0]["limit"])

    def advance(self) -> None:
        """Count until now what was drawn; before each change of it."""
        now = self.clock.now()
        self.register_wh += self.draw_a * VOLTS * PHASES * (now - self._advanced_at).total_seconds() / 3600
        self._advanced_at = now


@asynccontextmanager
async def connected(make: Callable[[Any], Box], url: str, identity: str, protocol: str) -> AsyncIterator[Box]:
    """A wallbox, made for its socket, that is connected and listens."""
    secret = b64encode(f"{identity}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    options: dict[str, Any] = {"subprotocols": [protocol], "proxy": None, "additional_headers": headers}
    async with connect(f"{url}/{identity}", **options) as socket:
        box: Any = make(socket)
        living = asyncio.create_task(box.start())
        try:
            yield box
        finally:
            living.cancel()
