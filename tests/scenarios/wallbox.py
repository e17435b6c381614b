"""A wallbox written on the independent library `ocpp`, which holds every message in and out against the schemas."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus, ChargingProfileStatus, Reason

from ohmstead.kit.clock import Clock
from tests.scenarios.independent import PHASES, Load, connected


class Wallbox(Load, ChargePoint):
    """Says when it begins and ends to charge, and what it draws whenever it is asked."""

    def __init__(self, identity: str, socket: Any, clock: Clock, rating_a: float) -> None:
        Load.__init__(self, clock, rating_a)
        ChargePoint.__init__(self, identity, socket)
        self.transaction_id: int | None = None

    @on("SetChargingProfile")
    def on_set_charging_profile(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> Any:
        """Take the limit, in A."""
        schedule = cs_charging_profiles["charging_schedule"]
        purpose = cs_charging_profiles["charging_profile_purpose"]
        of_another = cs_charging_profiles.get("transaction_id") not in (None, self.transaction_id)
        if schedule["charging_rate_unit"] != "A" or (purpose == "TxProfile" and of_another):
            return call_result.SetChargingProfile(status=ChargingProfileStatus.rejected)
        self.limit(purpose, schedule)
        return call_result.SetChargingProfile(status=ChargingProfileStatus.accepted)

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
        self.advance()
        at = self.clock.now()
        begun = await self.asks(
            call.StartTransaction(connector_id=1, id_tag=tag, meter_start=self.reading, timestamp=at.isoformat())
        )
        assert begun.id_tag_info["status"] == "Accepted"
        self.advance()
        self.transaction_id, self.charging = begun.transaction_id, True
        await self.says("Charging")
        return at

    async def stops(self, tag: str) -> datetime:
        """End the transaction; when it ended."""
        self.advance()
        at, ended = self.clock.now(), self.transaction_id
        assert ended is not None
        self.transaction_id, self.charging = None, False
        await self.asks(
            call.StopTransaction(
                transaction_id=ended, meter_stop=self.reading, timestamp=at.isoformat(), id_tag=tag, reason=Reason.local
            )
        )
        await self.says("Available")
        return at

    async def reports(self) -> None:
        """Tell the register and the currents."""
        self.advance()
        currents = [
            {"value": f"{self.draw_a:.1f}", "measurand": "Current.Import", "phase": f"L{phase}", "unit": "A"}
            for phase in range(1, 1 + PHASES)
        ]
        register = {"value": str(self.reading), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        reading = {"timestamp": self.clock.now().isoformat(), "sampledValue": [register, *currents]}
        await self.asks(call.MeterValues(connector_id=1, transaction_id=self.transaction_id, meter_value=[reading]))


def wallbox(url: str, identity: str, clock: Clock, rating_a: float) -> AbstractAsyncContextManager[Wallbox]:
    """One that is connected."""
    return connected(lambda socket: Wallbox(identity, socket, clock, rating_a), url, identity, "ocpp1.6")
