"""A station that speaks OCPP 2.0.1. Each connector is an EVSE of its own, with one connector of number 1."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from ohmstead.simulator.authorization import Verdict
from ohmstead.simulator.configuration import Key
from ohmstead.simulator.connector import Connector, Reservation, State, Transaction
from ohmstead.simulator.frames import CallError
from ohmstead.simulator.line import Unanswered
from ohmstead.simulator.moments import stamp
from ohmstead.simulator.ocpp_station import OcppStation
from ohmstead.simulator.settings import MEASURANDS
from ohmstead.simulator.v16.upkeep import FIRMWARE, LOG, tell_progress
from ohmstead.simulator.v201 import notices
from ohmstead.simulator.v201.commands import ORDERS
from ohmstead.simulator.v201.metering import meter_value
from ohmstead.simulator.v201.tokens import verdict_in
from ohmstead.simulator.v201.variables import report

STATUS = {
    State.AVAILABLE: "Available",
    State.RESERVED: "Reserved",
    State.UNAVAILABLE: "Unavailable",
    State.FAULTED: "Faulted",
}
"""Every other state is Occupied."""
CHARGING_STATE = {State.CHARGING: "Charging", State.SUSPENDED_EV: "SuspendedEV", State.SUSPENDED_EVSE: "SuspendedEVSE"}
STOPPED = {
    "Local": ("Local", "StopAuthorized"),
    "EVDisconnected": ("EVDisconnected", "EVDeparted"),
    "Remote": ("Remote", "RemoteStop"),
    "DeAuthorized": ("DeAuthorized", "Deauthorized"),
    "PowerLoss": ("PowerLoss", "AbnormalCondition"),
    "SoftReset": ("ImmediateReset", "ResetCommand"),
    "HardReset": ("ImmediateReset", "ResetCommand"),
}
"""Why a transaction ended, and what made the station say so, by the reason in 1.6."""


class StationV201(OcppStation):
    """See `Station` for what can be done with it. Transactions begin when they are authorized and plugged in."""

    subprotocol = "ocpp2.0.1"
    orders = ORDERS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._sequence: Counter[int | str | None] = Counter()
        self._events = count(1)
        self._said: dict[int, str] = {}
        self.listeners.append(self._state_changed)

    def power_off(self, *, half_open: bool = False) -> None:
        """Pull the plug: no goodbye. What was said is said again after the next boot."""
        super().power_off(half_open=half_open)
        self._said.clear()

    async def _plug_and_charge(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        return await self.uplink.call(action, payload)

    # What can be done with it beside what can be done with any

    def fault(self, connector: int, code: str = "GroundFailure") -> None:
        """Break a connector, and report the problem."""
        super().fault(connector, code)
        self.tell_event("Connector", "Problem", "true", connector, connector=1, code=code)

    def clear(self, connector: int) -> None:
        """Mend a connector; an open transaction goes on."""
        super().clear(connector)
        self.tell_event("Connector", "Problem", "false", connector, connector=1, cleared=True)

    def tell_event(self, component: str, variable: str, value: str, evse: int = 0, **told: Any) -> None:
        """Report an event, by the words of `notices.event`."""
        at = self.charging.time()
        entry = notices.event(next(self._events), at, component, variable, value, evse, **told)
        self.send_later("NotifyEvent", notices.events(at, [entry]))

    def limit_outside(self, amps: float | None, evse: int = 0, source: str = "EMS", critical: bool = False) -> None:
        """Somebody else limits the station (0) or an EVSE to so many A a phase, or with None does so no longer."""
        with self.charging.change():
            self.hardware.outside.pop(evse, None) if amps is None else self.hardware.outside.update({evse: amps})
        if amps is None:
            self.send_later("ClearedChargingLimit", {"evseId": evse, "chargingLimitSource": source})
        else:
            self.send_later("NotifyChargingLimit", notices.limit(amps, evse, source, critical))

    def tell_needs(self, evse: int, stay: timedelta | None = None, wh: float | None = None) -> None:
        """The vehicle there says how long it stays and how many Wh it wants; without a number, all up to its target.
        ValueError where there is none."""
        self.hardware.advance(self.clock.now())
        vehicle = self.charging.connector(evse).vehicle
        if vehicle is None:
            raise ValueError(f"nobody is at {evse}")
        wanted = (vehicle.target_soc - vehicle.soc) / 100 * vehicle.battery_wh if wh is None else wh
        departs_at = None if stay is None else self.charging.time() + stay
        self.send_later("NotifyEVChargingNeeds", notices.needs(evse, vehicle, departs_at, wanted))

    # What the station says

    def _who(self) -> dict[str, Any]:
        what = {
            "vendorName": self.vendor,
            "model": self.model,
            "serialNumber": self.identity[:25],
            "firmwareVersion": self.firmware,
        }
        return {"reason": "PowerUp", "chargingStation": what}

    async def _say_state(self, connector: int, state: State, at: datetime) -> None:
        """2.0.1 has five states of a connector, none of the station; what did not change is not said again."""
        status = STATUS.get(state, "Occupied")
        if connector == 0 or self._said.get(connector) == status:
            return
        self._said[connector] = status
        said = {"timestamp": stamp(at), "connectorStatus": status, "evseId": connector, "connectorId": 1}
        try:
            await self.uplink.call("StatusNotification", said)
        except (Unanswered, CallError):
            self._said.pop(connector, None)
            raise

    async def _ask(self, tag: str) -> Verdict:
        return verdict_in(await self.uplink.call("Authorize", {"idToken": self._token(tag)}))

    def _token(self, tag: str) -> dict[str, str]:
        return {"idToken": tag, "type": "Central" if tag in self._desk.orders else "ISO14443"}

    # What must not be lost

    def _post_start(self, transaction: Transaction) -> None:
        transaction.id = str(uuid4())
        order = self._desk.orders.get(transaction.tag)
        reading = self._register(transaction, "Transaction.Begin", transaction.started_at)
        self._event(
            transaction,
            "Started",
            "Authorized" if order is None else "RemoteStart",
            transaction.started_at,
            {"chargingState": "EVConnected"} | ({} if order is None else {"remoteStartId": order}),
            {"idToken": self._token(transaction.tag), "meterValue": [reading]}
            | ({} if transaction.reservation is None else {"reservationId": transaction.reservation}),
            lambda answer: self._started(transaction, answer),
        )

    def _post_stop(self, transaction: Transaction) -> None:
        assert transaction.ended_at is not None
        reason, trigger = STOPPED.get(transaction.reason or "", ("Other", "AbnormalCondition"))
        reading = self._register(transaction, "Transaction.End", transaction.ended_at)
        rest: dict[str, Any] = {"meterValue": [reading]}
        if transaction.stop_tag:
            rest["idToken"] = self._token(transaction.stop_tag)
        self._event(transaction, "Ended", trigger, transaction.ended_at, {"stoppedReason": reason}, rest)

    def _post_let_go(self, reservation: Reservation, how: str) -> None:
        super()._post_let_go(reservation, how)
        self.send_later("ReservationStatusUpdate", {"reservationId": reservation.id, "reservationUpdateStatus": how})

    def _post_sample(self, connector: int) -> None:
        box = self.hardware.connectors[connector]
        reading, transaction = self._reading(box, "Sample.Periodic"), box.transaction
        if reading["sampledValue"] and transaction:
            told = {"chargingState": CHARGING_STATE.get(box.state, "EVConnected")}
            now = self.charging.time()
            self._event(transaction, "Updated", "MeterValuePeriodic", now, told, {"meterValue": [reading]})

    def _state_changed(self, connector: int, state: State) -> None:
        transaction = self.hardware.connectors[connector].transaction if connector else None
        if transaction and transaction.id and state in CHARGING_STATE:
            told = {"chargingState": CHARGING_STATE[state]}
            self._event(transaction, "Updated", "ChargingStateChanged", self.charging.time(), told, {})

    def _event(
        self,
        transaction: Transaction,
        kind: str,
        trigger: str,
        at: datetime,
        told: dict[str, Any],
        rest: dict[str, Any],
        answered: Callable[[dict[str, Any]], None] = lambda answer: None,
    ) -> None:
        payload = {
            "eventType": kind,
            "timestamp": stamp(at),
            "triggerReason": trigger,
            "seqNo": self._sequence[transaction.id],
            "offline": not self.online,
            "transactionInfo": {"transactionId": transaction.id, **told},
            "evse": {"id": transaction.connector, "connectorId": 1},
            **rest,
        }
        self._sequence[transaction.id] += 1
        self._post("TransactionEvent", lambda: payload, answered)

    def _started(self, transaction: Transaction, answer: dict[str, Any]) -> None:
        """The central system has had its say about the token."""
        verdict = verdict_in(answer)
        self.authorization.learn(transaction.tag, verdict)
        if not verdict.accepted:
            self.charging.bar(transaction)

    def _reading(self, connector: Connector, context: str) -> dict[str, Any]:
        self.hardware.advance(self.clock.now())
        phases = self.hardware.profiles.rating.phases
        return meter_value(connector, self.charging.time(), context, self.settings.measurands, phases)

    def _register(self, transaction: Transaction, context: str, at: datetime) -> dict[str, Any]:
        return meter_value(self.hardware.connectors[transaction.connector], at, context, MEASURANDS[:1], 0)

    def _security_keys(self) -> list[Key]:
        """Here a security profile is part of a network profile (B09, B10)."""
        profile = Key("SecurityProfile", lambda: str(self.uplink.line.address.profile))
        order = Key("NetworkConfigurationPriority", lambda: ",".join(map(str, self.safe.order)), self._use_order)
        return [*(key for key in super()._security_keys() if key.name != profile.name), profile, order]

    def _use_order(self, value: str) -> None:
        """From the next boot on. ValueError where a slot is empty."""
        order = [int(slot) for slot in value.split(",")]
        if any(slot not in self.safe.slots for slot in order):
            raise ValueError("there is an empty slot")
        self.safe.order = order

    # What the central system asks for

    def _triggers(self) -> dict[str, Callable[[int | None], None]]:
        return {
            "BootNotification": lambda _: self.say(self._hello_again()),
            "Heartbeat": lambda _: self.say(self._heartbeat()),
            "MeterValues": self._trigger_readings,
            "SignChargingStationCertificate": lambda _: self.say(self.ask_for_certificate()),
            "NotifyReport": lambda request: self.say(self._report(request)),
            "StatusNotification": self._trigger_states,
        } | {name: lambda _, name=name: tell_progress(self._desk, name) for name in (LOG, FIRMWARE)}

    def _trigger_states(self, connector: int | None) -> None:
        """Asked for, it is said again."""
        for number in self.hardware.connectors if connector in (None, 0) else (connector,):
            self._said.pop(number, None)
            self.tell_state(number)

    def _trigger_readings(self, evse: int | None) -> None:
        for box in self.hardware.connectors.values():
            if evse in (None, 0, box.id):
                self.say(self._say_reading(box))

    async def _say_reading(self, connector: Connector) -> None:
        reading = self._reading(connector, "Trigger")
        if reading["sampledValue"]:
            with suppress(Unanswered, CallError):
                await self.uplink.call("MeterValues", {"evseId": connector.id, "meterValue": [reading]})

    async def _report(self, request: int | None) -> None:
        told = {"requestId": request or 0, "generatedAt": stamp(self.charging.time()), "seqNo": 0}
        with suppress(Unanswered, CallError):
            await self.uplink.call("NotifyReport", told | {"reportData": report(self._desk)})
