"""A wallbox of 2.0.1 on the independent library `ocpp`, which holds every message in and out against the schemas."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from ocpp.routing import on
from ocpp.v201 import ChargePoint, call, call_result

from ohmstead.kit.clock import Clock
from tests.scenarios.independent import PHASES, Load, connected

TRANSACTION = "3c1b5f0a"


class Wallbox(Load, ChargePoint):
    """Tells its transactions by events that all have the number 0."""

    def __init__(self, identity: str, socket: Any, clock: Clock, rating_a: float) -> None:
        Load.__init__(self, clock, rating_a)
        ChargePoint.__init__(self, identity, socket)
        self.stopped = asyncio.Event()

    @on("SetChargingProfile")
    def on_set_charging_profile(self, evse_id: int, charging_profile: dict[str, Any]) -> Any:
        """Take the limit, in A."""
        schedule, purpose = charging_profile["charging_schedule"][0], charging_profile["charging_profile_purpose"]
        of_another = charging_profile.get("transaction_id") != TRANSACTION
        if schedule["charging_rate_unit"] != "A" or (purpose == "TxProfile" and (of_another or not self.charging)):
            return call_result.SetChargingProfile(status="Rejected")
        self.limit(purpose, schedule)
        return call_result.SetChargingProfile(status="Accepted")

    @on("RequestStopTransaction")
    def on_request_stop(self, transaction_id: str) -> Any:
        """It ends by itself a little later."""
        if transaction_id != TRANSACTION:
            return call_result.RequestStopTransaction(status="Rejected")
        self.stopped.set()
        return call_result.RequestStopTransaction(status="Accepted")

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
        self.advance()
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


def wallbox(url: str, identity: str, clock: Clock, rating_a: float) -> AbstractAsyncContextManager[Wallbox]:
    """One that is connected."""
    return connected(lambda socket: Wallbox(identity, socket, clock, rating_a), url, identity, "ocpp2.0.1")
