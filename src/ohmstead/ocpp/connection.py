"""One charge point's connection: an actor that takes frames in as they come, and waits for nothing."""

from datetime import datetime
from typing import Any

from ohmstead.kit.clock import Clock
from ohmstead.ocpp import wire
from ohmstead.ocpp.boot_phase import BootPhase
from ohmstead.ocpp.connection_settings import USUAL, ConnectionSettings
from ohmstead.ocpp.fact_intake import Rooms
from ohmstead.ocpp.incoming import Inbox
from ohmstead.ocpp.line import Asked, Line, OnFrame, Socket
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.outgoing import PendingCalls
from ohmstead.ocpp.versions import Version
from ohmstead.ocpp.wire import Call, CallError, CallResult, CallResultError, Malformed, Send


class Connection:
    """`run` until the socket closes, then `finish`. `heard_at` is the time of the last frame of any kind, by the clock
    that silence is measured by; `assumed` says that the station agreed to no version, and speaks the one that its
    settings name."""

    def __init__(
        self,
        charge_point_id: int,
        version: Version,
        socket: Socket,
        rooms: Rooms,
        clock: Clock,
        on_frame: OnFrame,
        settings: ConnectionSettings = USUAL,
        beginning: BootPhase | None = None,
        assumed: bool = False,
    ) -> None:
        self.charge_point_id = charge_point_id
        self.version = version
        self._real = clock.real
        self.heard_at = self._real.now()
        self.boot_phase = beginning or BootPhase(clock)
        self.settings = settings
        self.assumed = assumed
        self._socket = socket
        self._clock = clock
        self._line = Line(charge_point_id, socket, version.dialect, on_frame)
        self._outbox = PendingCalls(version, self._line, clock, settings.call_timeout_s)
        self._inbox = Inbox(charge_point_id, version, self._line, rooms, clock, settings.units, self.boot_phase.booted)

    async def run(self) -> None:
        """Take in frames until the socket closes; then every call of ours still waiting fails as offline."""
        try:
            reason = await self._socket.listen(self._take)
            self._line.log.info("connection closed", reason=reason)
        finally:
            self._outbox.close()

    async def finish(self) -> None:
        """Answer the calls that came in: a stop sent just before the line broke must not be lost."""
        await self._inbox.finish()

    def reconfigure(self, settings: ConnectionSettings) -> None:
        """Treat the station like this from now on: calls that are sent, messages that are answered from here."""
        self.settings = settings
        self._outbox.timeout_s = settings.call_timeout_s
        self._inbox.units = settings.units
        self.boot_phase.reconfigure(settings)
        self._socket.ping_every(settings.ping_interval_s)

    @property
    def is_closing(self) -> bool:
        """Whether no call reaches the station any more: its close handshake may still take its time."""
        return self._outbox.closed

    def is_silent(self) -> bool:
        """Whether nothing was heard for longer than this station is allowed."""
        limit_s = self.settings.silence_limit_s
        return limit_s is not None and (self._real.now() - self.heard_at).total_seconds() > limit_s

    async def close(self, code: int, reason: str) -> None:
        """Fail our waiting calls at once, then close the socket with a WebSocket close code."""
        self._outbox.close()
        await self._socket.close(code, reason)

    async def call(self, action: str, request: Message) -> Message:
        """Call the station and return its response; raises a `StationError`."""
        return await self._outbox.call(action, request)

    async def call_raw(self, action: str, payload: Any) -> Any:
        """Call the station with a payload as it goes on the wire; its answer likewise. Raises a `StationError`."""
        return await self._outbox.call_raw(action, payload)

    def _take(self, raw: bytes) -> None:
        """Take a frame in. Nothing that is in it may end the reading of the line."""
        at = self._clock.now()
        self.heard_at = at if self._real is self._clock else self._real.now()
        try:
            frame, deviations = wire.parse(raw, self.version.dialect)
            if isinstance(frame, Call | Send):
                self._inbox.take(frame, raw, at, deviations)
            else:
                self._take_answer(frame, raw, at, deviations)
        except Malformed as malformed:
            self._take_malformed(raw, malformed, at)
        except Exception as error:
            self._line.log.error("frame not taken", size=len(raw), exc_info=error)

    def _take_answer(
        self, frame: CallResult | CallError | CallResultError, raw: bytes, at: datetime, deviations: tuple[str, ...]
    ) -> None:
        match frame:
            case CallResult():
                if complaint := self._outbox.take_result(frame, raw, at, deviations):
                    self._inbox.say(complaint, Asked())
            case CallError():
                self._outbox.take_error(frame, raw, at, deviations)
            case CallResultError():
                self._line.received(at, raw, frame.id, deviations=deviations)
                self._line.log.warning("our response was not understood", code=frame.code, reason=frame.description)

    def _take_malformed(self, raw: bytes, malformed: Malformed, at: datetime) -> None:
        reason = str(malformed)
        self._line.received(at, raw, malformed.id, malformed.action, deviations=(reason,))
        self._line.log.warning("malformed frame", message_id=malformed.id, action=malformed.action, reason=reason)
        self._outbox.take_malformed(malformed.id, malformed.code, reason)
        if malformed.answerable:
            refused = wire.error(malformed.id, malformed.code, reason, self._line.dialect)
            self._inbox.say(refused, Asked(malformed.action, at))
