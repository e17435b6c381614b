"""A station that speaks: what is the same in every version of OCPP, from the first hello to the last answer."""

from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ohmstead.simulator.certificates import status_in
from ohmstead.simulator.configuration import Configuration, Key, password
from ohmstead.simulator.frames import Call, CallError, Result
from ohmstead.simulator.handler_context import Answer, HandlerContext
from ohmstead.simulator.line import Unanswered
from ohmstead.simulator.message_queue import Message
from ohmstead.simulator.orders import Orders
from ohmstead.simulator.station import Station

PROFILES = ("0", "1", "2", "3")
RETRY_BOOT_S = 30


class OcppStation(Station):
    """See `Station` for what can be done with it; a version adds the words."""

    orders: Orders
    vendor, model, firmware = "Ohmstead", "Simulator", "1.0"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        configuration = Configuration(self.settings, self.hardware, self._configured, self._security_keys())
        self._desk = HandlerContext(self, configuration, self._triggers(), started=self._runs, post=self.send_later)
        self._desk.report = lambda event: self.say(self.report(event))

    def _runs(self, firmware: str) -> None:
        """From its next start the station says that it runs this."""
        self.firmware = firmware
        self._desk.security_log.append((self.charging.time(), f"FirmwareUpdated {firmware}"))

    # What the station says

    async def report(self, event: str, info: str = "") -> None:
        """Tell a security event, and keep it in the security log."""
        at = self.charging.time()
        self._desk.security_log.append((at, f"{event} {info}".rstrip()))
        with suppress(Unanswered, CallError):
            said = {"type": event, "timestamp": at.isoformat()} | ({"techInfo": info} if info else {})
            await self.uplink.call("SecurityEventNotification", said)

    def _security_keys(self) -> list[Key]:
        """The settings of security, by their names in 1.6."""
        line = self.uplink.line
        return [
            Key("AuthorizationKey", None, self._use_password),
            Key("SecurityProfile", lambda: str(line.address.profile), self._use_profile),
        ]

    def _use_password(self, value: str) -> None:
        self.safe.password = password(value)
        self.uplink.line.use_password(self.safe.password)

    def _use_profile(self, value: str) -> None:
        """ValueError where it cannot; the connection is made anew once that is answered."""
        lack = self.safe.lacks(int(value), self.uplink.line.address.profile) if value in PROFILES else "none of these"
        if lack:
            raise ValueError(lack)

    async def ask_for_certificate(self) -> None:
        """Make a new key and ask to have it certified; the answer comes by CertificateSigned."""
        said = {"csr": self.safe.certificates.request(self.identity, self.vendor)}
        with suppress(Unanswered, CallError):
            await self.uplink.call("SignCertificate", said)

    async def certificate_status(self, url: str) -> str:
        """Ask whether its own certificate still counts, and have the responder at `url` asked: "GOOD", "REVOKED",
        "UNKNOWN", or why nobody said. ValueError where it has none; Unanswered or CallError where nothing comes."""
        request = self.safe.certificates.status_request()
        answer = await self._plug_and_charge(
            "GetCertificateStatus", {"ocspRequestData": {**request, "responderURL": url}}
        )
        if answer.get("status") != "Accepted":
            return answer.get("statusInfo", {}).get("reasonCode", "Failed")
        return status_in(answer["ocspResult"])

    @abstractmethod
    async def _plug_and_charge(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The answer to a message of ISO 15118, by the way this version has for it."""

    async def _introduce(self) -> None:
        if not self.accepted or self.settings.boots_after_reconnect:
            await self._boot()

    async def _boot(self) -> None:
        """Say hello until accepted; a system that is not ready says how long to wait (1.6, 4.2)."""
        while wait_s := await self._hello():
            await self.clock.sleep(wait_s)
            if self.accepted:  # a triggered hello was quicker
                break

    async def _hello(self) -> int:
        """Send a BootNotification: 0 once accepted, else the s to wait before the next."""
        answer: dict[str, Any] = {}
        with suppress(Unanswered, CallError):
            answer = await self.uplink.call("BootNotification", self._who())
        interval = int(answer.get("interval") or 0)
        if answer.get("status") != "Accepted":
            return interval or RETRY_BOOT_S
        self.accepted = True
        self.settings.heartbeat_s = interval or self.settings.heartbeat_s
        self.rhythm()
        return 0

    async def _hello_again(self) -> None:
        await self._hello()

    async def _heartbeat(self) -> None:
        with suppress(Unanswered, CallError):
            await self.uplink.call("Heartbeat", {})

    def send_later(self, action: str, payload: dict[str, Any]) -> None:
        """Say any message once there is a line, and until it is answered."""
        self._post(action, lambda: payload)

    async def send(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Say any message now; the answer. Unanswered or CallError otherwise."""
        return await self.uplink.call(action, payload)

    def _post(
        self,
        action: str,
        payload: Callable[[], dict[str, Any]],
        answered: Callable[[dict[str, Any]], None] = lambda answer: None,
    ) -> None:
        """Say what must not be lost."""
        self.uplink.outbox.put(Message(action, payload, answered))

    # What the central system says

    async def _obey(self, call: Call) -> None:
        if self.faults.silent or self.faults.takes("lose_commands"):
            return
        if self.faults.answer_delay_s:
            self.say(self._carry_out_later(call, self.faults.answer_delay_s))
        else:
            await self._carry_out(call)

    async def _carry_out_later(self, call: Call, delay_s: float) -> None:
        await self.clock.sleep(delay_s)
        await self._carry_out(call)

    async def _carry_out(self, call: Call) -> None:
        try:
            answer = self._decide(call)
        except CallError as error:
            await self._reply(error)
            return
        await self._reply(Result(call.id, answer.payload))
        if answer.then:
            answer.then()

    def _decide(self, call: Call) -> Answer:
        if self.faults.takes("error_next"):
            raise CallError(call.id, "InternalError", "something broke inside")
        limit = call.action == "SetChargingProfile"
        if self.faults.takes("reject_next") or (limit and self.faults.refuses_limits):
            return self.orders.refuse(call)
        return self.orders.carry_out(self._desk, call)

    async def _reply(self, frame: Result | CallError) -> None:
        with suppress(Unanswered):
            await self.uplink.rpc.send(frame, lost=self.faults.takes("lose_answers_sent"))

    def _configured(self, key: str) -> None:
        if key in ("HeartbeatInterval", "MeterValueSampleInterval"):
            self.rhythm()

    def _trigger_states(self, connector: int | None) -> None:
        for number in (0, *self.hardware.connectors) if connector is None else (connector,):
            self.tell_state(number)

    # What a version adds

    @abstractmethod
    def _who(self) -> dict[str, Any]:
        """The payload of a BootNotification."""

    @abstractmethod
    def _triggers(self) -> dict[str, Callable[[int | None], None]]:
        """The messages that may be asked for, by name; each takes the connector asked about."""
