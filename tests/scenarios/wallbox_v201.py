"""A wallbox of 2.0.1 on the independent library `ocpp`, which holds every message in and out against the schemas."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from ocpp.routing import on
from ocpp.v201 import ChargePoint, call, call_result
from websockets.asyncio.client import connect

from ohmstead.kit.clock import Clock
from tests.live import PASSWORD

VOLTS, PHASES = 230, 3
LEAST_A = 6.0
TRANSACTION = "3c1b5f0a"


class Wallbox(ChargePoint):
    """Draws up to `rating_a` A on three phases: of the profiles it holds, that of the transaction binds, else the
    default. It knows no times: the first period of the first schedule counts. Every event has the number 0."""

    def __init__(self, identity: str, socket: Any, clock: Clock, rating_a: float) -> None:
        super().__init__(identity, socket)
        self.clock, self.rating_a = clock, rating_a
        self.limits: dict[str, float] = {}
        self.charging = False
        self.stopped = asyncio.Event()
        self.register_wh = 5_000.0
        self._advanced_at = clock.now()

    @on("SetChargingProfile")
    def on_set_charging_profile(self, evse_id: int, charging_profile: dict[str, Any]) -> Any:
        """Take the limit, in A."""
        schedule, purpose = charging_profile["charging_schedule"][0], charging_profile["charging_profile_purpose"]
        of_another = charging_profile.get("transaction_id") != TRANSACTION
        if schedule["charging_rate_unit"] != "A" or (purpose == "TxProfile" and (of_another or not self.charging)):
            return call_result.SetChargingProfile(status="Rejected")
        self._advance()
        self.limits[purpose] = float(schedule["charging_schedule_period"][0]["limit"])
        return call_result.SetChargingProfile(status="Accepted")

    @on("RequestStopTransaction")
    def on_request_stop(self, transaction_id: str) -> Any:
        """It ends by itself a little later."""
        if transaction_id != TRANSACTION:
            return call_result.RequestStopTransaction(status="Rejected")
        self.stopped.set()
        return call_result.RequestStopTransaction(status="Accepted")

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

    async def says_hello(self) -> Any:
        booted = await self.call(
            call.BootNotification(reason="PowerUp", charging_station={"vendor_name": "Independent", "model": "Box"})
        )
        await self.says("Available")
        return booted

    async def says(self, status: str) -> None:
        at = self.clock.now().isoformat()
        await self.call(call.StatusNotification(timestamp=at, connector_status=status, evse_id=1, connector_id=1))

    async def starts(self, tag: str) -> datetime:
        """Begin a transaction; when it began."""
        begun, at = await self._event("Started", "Authorized", id_token={"id_token": tag, "type": "ISO14443"})
        assert begun.id_token_info["status"] == "Accepted"
        self.charging = True
        await self._event("Updated", "ChargingStateChanged", {"charging_state": "Charging"})
        return at

    async def stops(self) -> datetime:
        """End the transaction; when it ended."""
        _, at = await self._event("Ended", "RemoteStop", {"stopped_reason": "Remote"})
        self.charging = False
        await self.says("Available")
        return at

    async def reports(self) -> None:
        """Tell the register and the currents."""
        await self._event("Updated", "MeterValuePeriodic")

    async def _event(
        self, kind: str, trigger: str, told: dict[str, Any] | None = None, **rest: Any
    ) -> tuple[Any, datetime]:
        self._advance()
        at = self.clock.now()
        event = call.TransactionEvent(
            event_type=kind, timestamp=at.isoformat(), trigger_reason=trigger, seq_no=0,
            transaction_info={"transaction_id": TRANSACTION, **(told or {})}, evse={"id": 1},
            meter_value=[self._meter_value(at)], **rest,
        )  # fmt: skip
        return await self.call(event), at

    def _meter_value(self, at: datetime) -> dict[str, Any]:
        currents = [
            {"value": self.draw_a, "measurand": "Current.Import", "phase": f"L{phase}"}
            for phase in range(1, 1 + PHASES)
        ]
        return {"timestamp": at.isoformat(), "sampled_value": [{"value": self.reading}, *currents]}

    def _advance(self) -> None:
        now = self.clock.now()
        self.register_wh += self.draw_a * VOLTS * PHASES * (now - self._advanced_at).total_seconds() / 3600
        self._advanced_at = now


@asynccontextmanager
async def wallbox(url: str, identity: str, clock: Clock, rating_a: float) -> AsyncIterator[Wallbox]:
    """One that is connected."""
    secret = b64encode(f"{identity}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    options: dict[str, Any] = {"subprotocols": ["ocpp2.0.1"], "proxy": None, "additional_headers": headers}
    async with connect(f"{url}/{identity}", **options) as socket:
        box = Wallbox(identity, socket, clock, rating_a)
        living = asyncio.create_task(box.start())
        try:
            yield box
        finally:
            living.cancel()
