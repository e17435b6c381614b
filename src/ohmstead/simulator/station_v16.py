"""A station that speaks OCPP 1.6J."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from ohmstead.simulator import plug_and_charge
from ohmstead.simulator.authorization import Verdict
from ohmstead.simulator.commands_v16 import ORDERS
from ohmstead.simulator.connector import Connector, State, Transaction
from ohmstead.simulator.frames import CallError
from ohmstead.simulator.line import Unanswered
from ohmstead.simulator.moments import stamp
from ohmstead.simulator.ocpp_station import OcppStation
from ohmstead.simulator.v16.metering import meter_value
from ohmstead.simulator.v16.tags import verdict_in
from ohmstead.simulator.v16.upkeep import DIAGNOSTICS, FIRMWARE, LOG, tell_progress

UNKNOWN_TRANSACTION = -1
"""What a station says whose StartTransaction was never answered, as real ones do."""


class StationV16(OcppStation):
    """See `Station` for what can be done with it. Answers and states go by OCPP 1.6 edition 2."""

    subprotocol = "ocpp1.6"
    orders = ORDERS

    # What the station says

    def _who(self) -> dict[str, Any]:
        return {
            "chargePointVendor": self.vendor,
            "chargePointModel": self.model,
            "chargePointSerialNumber": self.identity[:25],
            "firmwareVersion": self.firmware,
        }

    async def _say_state(self, connector: int, state: State, at: datetime) -> None:
        error = self.hardware.connectors[connector].error if connector else "NoError"
        said = {"connectorId": connector, "errorCode": error, "status": state.value, "timestamp": stamp(at)}
        await self.uplink.call("StatusNotification", said)

    async def _ask(self, tag: str) -> Verdict:
        return verdict_in(await self.uplink.call("Authorize", {"idTag": tag}))

    async def _plug_and_charge(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Messages of 2.0.1 travel as text (OCA application note "Using ISO 15118 Plug & Charge with OCPP 1.6")."""
        said = {"vendorId": plug_and_charge.VENDOR, "messageId": action, "data": json.dumps(payload)}
        answer = await self.uplink.call("DataTransfer", said)
        return json.loads(answer["data"]) if "data" in answer else answer

    # What must not be lost

    def _post_start(self, transaction: Transaction) -> None:
        payload: dict[str, Any] = {
            "connectorId": transaction.connector,
            "idTag": transaction.tag,
            "meterStart": transaction.meter_start_wh,
            "timestamp": stamp(transaction.started_at),
        }
        if transaction.reservation is not None:
            payload["reservationId"] = transaction.reservation
        for _ in range(1 + self.faults.start_twice):
            self._post("StartTransaction", lambda: payload, lambda answer: self._started(transaction, answer))

    def _post_stop(self, transaction: Transaction) -> None:
        assert transaction.ended_at is not None
        payload = {
            "meterStop": transaction.meter_stop_wh,
            "timestamp": stamp(transaction.ended_at),
            "reason": transaction.reason,
        }
        if transaction.stop_tag:
            payload["idTag"] = transaction.stop_tag
        self._post("StopTransaction", lambda: {"transactionId": _id(transaction), **payload})

    def _post_sample(self, connector: int) -> None:
        box = self.hardware.connectors[connector]
        reading, transaction = self._reading(box, "Sample.Periodic"), box.transaction
        if reading["sampledValue"] and transaction:
            payload = {"connectorId": connector, "meterValue": [reading]}
            self._post("MeterValues", lambda: {**payload, "transactionId": _id(transaction)})

    def _started(self, transaction: Transaction, answer: dict[str, Any]) -> None:
        """The central system has given the transaction its id, and has had its say about the tag."""
        transaction.id = answer.get("transactionId")
        verdict = verdict_in(answer)
        self.authorization.learn(transaction.tag, verdict)
        if not verdict.accepted:
            self.charging.bar(transaction)

    def _reading(self, connector: Connector, context: str) -> dict[str, Any]:
        self.hardware.advance(self.clock.now())
        phases = self.hardware.profiles.rating.phases
        return meter_value(connector, self.charging.time(), context, self.settings.measurands, phases)

    # What the central system asks for

    def _triggers(self) -> dict[str, Callable[[int | None], None]]:
        return {
            "BootNotification": lambda _: self.say(self._hello_again()),
            "Heartbeat": lambda _: self.say(self._heartbeat()),
            "MeterValues": self._trigger_readings,
            "SignChargePointCertificate": lambda _: self.say(self.ask_for_certificate()),
            "StatusNotification": self._trigger_states,
        } | {name: lambda _, name=name: tell_progress(self._desk, name) for name in (DIAGNOSTICS, LOG, FIRMWARE)}

    def _trigger_readings(self, connector: int | None) -> None:
        for box in self.hardware.connectors.values():
            if connector in (None, 0, box.id):
                self.say(self._say_reading(box))

    async def _say_reading(self, connector: Connector) -> None:
        reading, transaction = self._reading(connector, "Trigger"), connector.transaction
        if not reading["sampledValue"]:
            return
        payload: dict[str, Any] = {"connectorId": connector.id, "meterValue": [reading]}
        if transaction:
            payload["transactionId"] = _id(transaction)
        with suppress(Unanswered, CallError):
            await self.uplink.call("MeterValues", payload)


def _id(transaction: Transaction) -> int | str:
    return UNKNOWN_TRANSACTION if transaction.id is None else transaction.id
