"""The same light stations in OCPP 2.0.1: transactions are told in TransactionEvents, under names of the station's."""

from typing import Any

from parts.stations import Station, now

REGISTER = "Energy.Active.Import.Register"


def sampled(value: float, measurand: str, unit: str, phase: str | None = None) -> dict[str, Any]:
    """One sampled value, the defaults spelled out."""
    told = {"value": value, "context": "Sample.Periodic", "measurand": measurand, "location": "Outlet"}
    return told | {"unitOfMeasure": {"unit": unit}} | ({"phase": phase} if phase else {})


def readings(number: int, wh: int) -> list[dict[str, Any]]:
    """A three-phase meter's whole picture: ten values, as the stations of 1.6 send them."""
    amps = [
        sampled(round(15.8 + 0.1 * (number + line) % 1, 1), "Current.Import", "A", f"L{line}") for line in (1, 2, 3)
    ]
    volts = [sampled(229.5 + line, "Voltage", "V", f"L{line}-N") for line in (1, 2, 3)]
    others = [
        sampled(wh, REGISTER, "Wh"),
        sampled(10950.0, "Power.Active.Import", "W"),
        sampled(57, "SoC", "Percent"),
        sampled(50.0, "Frequency", "Hertz"),
    ]
    return [{"timestamp": now(), "sampledValue": others + amps + volts}]


class StationV201(Station):
    """One station's connection, in OCPP 2.0.1."""

    subprotocol = "ocpp2.0.1"
    events, name = 0, ""

    async def boot(self) -> Any:
        station = {"vendorName": "Bench", "model": "Bench 22", "firmwareVersion": "1.0"}
        told = await self.call("BootNotification", {"reason": "PowerUp", "chargingStation": station})
        assert told["status"] == "Accepted", told
        return told

    async def begin(self) -> None:
        self.name = f"{self._path}-{now()}"[-36:]
        token = {"idToken": self.tag, "type": "ISO14443"}
        await self.call(*self._event("Started", "Authorized", idToken=token, meterValue=self._register()))

    async def status(self, status: str) -> None:
        told = {"timestamp": now(), "connectorStatus": status, "evseId": 1, "connectorId": 1}
        await self.call("StatusNotification", told)

    def metering(self) -> tuple[str, dict[str, Any]]:
        self.wh += 1
        return self._event("Updated", "MeterValuePeriodic", meterValue=readings(self._number, self.wh))

    def ending(self) -> tuple[str, dict[str, Any]]:
        return self._event("Ended", "EVDeparted", meterValue=self._register())

    def _register(self) -> list[dict[str, Any]]:
        return [{"timestamp": now(), "sampledValue": [{"value": self.wh, "measurand": REGISTER}]}]

    def _event(self, kind: str, why: str, **more: Any) -> tuple[str, dict[str, Any]]:
        self.events += 1
        event = {"eventType": kind, "timestamp": now(), "triggerReason": why, "seqNo": self.events}
        info = (
            {"transactionId": self.name, "chargingState": "Charging"}
            if kind == "Updated"
            else {"transactionId": self.name}
        )
        return "TransactionEvent", event | {"transactionInfo": info, "evse": {"id": 1, "connectorId": 1}} | more
