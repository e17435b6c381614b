"""A wallbox written on the independent library `ocpp`, which holds every message in and out against the schemas."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus, ChargingProfileStatus, Reason
from websockets.asyncio.client import connect

from ohmstead.kit.clock import Clock
from tests.live import PASSWORD

VOLTS, PHASES = 230, 3
LEAST_A = 6.0


class Wallbox(ChargePoint):
    """Draws up to `rating_a` A on three phases: of the profiles it holds, that of the transaction binds, else the
    default. It knows no times: the first period of a schedule counts."""

    def __init__(self, identity: str, socket: Any, clock: Clock, rating_a: float) -> None:
        super().__init__(identity, socket)
        self.clock, self.rating_a = clock, rating_a
        self.limits: dict[str, float] = {}
        self.transaction_id: int | None = None
        self.register_wh = 5_000.0
        self._advanced_at = clock.now()

    @on("SetChargingProfile")
    def on_set_charging_profile(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> Any:
        """Take the limit, in A."""
        schedule = cs_charging_profiles["charging_schedule"]
        purpose = cs_charging_profiles["charging_profile_purpose"]
        of_another = cs_charging_profiles.get("transaction_id") not in (None, self.transaction_id)
        if schedule["charging_rate_unit"] != "A" or (purpose == "TxProfile" and of_another):
            return call_result.SetChargingProfile(status=ChargingProfileStatus.rejected)
        self._advance()
        self.limits[purpose] = float(schedule["charging_schedule_period"][0]["limit"])
        return call_result.SetChargingProfile(status=ChargingProfileStatus.accepted)

    @property
    def draw_a(self) -> float:
        """A on each phase, right now."""
        limit = self.limits.get("TxProfile", self.limits.get("TxDefaultProfile", self.rating_a))
        amps = min(limit, self.rating_a)
        return amps if self.transaction_id is not None and amps >= LEAST_A else 0.0

    async def asks(self, payload: Any) -> Any:
        """The answer to a call."""
        return await self.call(payload)

    async def says_hello(self) -> call_result.BootNotification:
        booted = await self.asks(call.BootNotification(charge_point_vendor="Independent", charge_point_model="Wallbox"))
        await self.says("Available")
        return booted

    async def says(self, status: str) -> None:
        no_error = ChargePointErrorCode.no_error
        said = call.StatusNotification(connector_id=1, error_code=no_error, status=ChargePointStatus(status))
        await self.asks(said)

    async def starts(self, tag: str) -> datetime:
        """Begin a transaction; when it began."""
        self._advance()
        at = self.clock.now()
        begun = await self.asks(
            call.StartTransaction(connector_id=1, id_tag=tag, meter_start=self.reading, timestamp=at.isoformat())
        )
        assert begun.id_tag_info["status"] == "Accepted"
        self._advance()
        self.transaction_id = begun.transaction_id
        await self.says("Charging")
        return at

    async def stops(self, tag: str) -> datetime:
        """End the transaction; when it ended."""
        self._advance()
        at, ended = self.clock.now(), self.transaction_id
        assert ended is not None
        self.transaction_id = None
        await self.asks(
            call.StopTransaction(
                transaction_id=ended, meter_stop=self.reading, timestamp=at.isoformat(), id_tag=tag, reason=Reason.local
            )
        )
        await self.says("Available")
        return at

    async def reports(self) -> None:
        """Tell the register and the currents."""
        self._advance()
        currents = [
            {"value": f"{self.draw_a:.1f}", "measurand": "Current.Import", "phase": f"L{phase}", "unit": "A"}
            for phase in range(1, 1 + PHASES)
        ]
        register = {"value": str(self.reading), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        reading = {"timestamp": self.clock.now().isoformat(), "sampledValue": [register, *currents]}
        await self.asks(call.MeterValues(connector_id=1, transaction_id=self.transaction_id, meter_value=[reading]))

    @property
    def reading(self) -> int:
        """Wh on the display."""
        return int(self.register_wh)

    def _advance(self) -> None:
        now = self.clock.now()
        self.register_wh += self.draw_a * VOLTS * PHASES * (now - self._advanced_at).total_seconds() / 3600
        self._advanced_at = now


@asynccontextmanager
async def wallbox(url: str, identity: str, clock: Clock, rating_a: float) -> AsyncIterator[Wallbox]:
    """One that is connected."""
    secret = b64encode(f"{identity}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    options: dict[str, Any] = {"subprotocols": ["ocpp1.6"], "proxy": None, "additional_headers": headers}
    async with connect(f"{url}/{identity}", **options) as socket:
        box = Wallbox(identity, socket, clock, rating_a)
        living = asyncio.create_task(box.start())
        try:
            yield box
        finally:
            living.cancel()
