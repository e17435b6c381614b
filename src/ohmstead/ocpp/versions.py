"""What the gateway speaks of one OCPP version: its dialect, the calls it takes, the commands it sends."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Raw, Struct

from ohmstead.kit.clock import Clock
from ohmstead.ocpp.drift import corrected
from ohmstead.ocpp.errors import ErrorCode, Refusal
from ohmstead.ocpp.fact_intake import Rooms
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.payload_repair import Meanings, Note, unnoted
from ohmstead.ocpp.reading import Reader
from ohmstead.ocpp.timestamps import utc
from ohmstead.ocpp.units import AS_LABELLED, Units
from ohmstead.ocpp.wire import EMPTY, Dialect
from ohmstead.rooms.devices.stations import Outcome

_encoder = msgspec.json.Encoder()


class Arrival(Struct, frozen=True, gc=False):
    """The circumstances of a call: from whom, when its frame came in, and whom to tell.

    `places` is where the transactions of this connection are, by their names: many stations say it once (2.x). `drift`
    is how far the station's clock is ahead of ours, where it is wrong. What only he finds odd who answers, he may
    `note`.
    """

    charge_point_id: int
    received_at: datetime
    rooms: Rooms
    clock: Clock
    places: dict[str, int]
    units: Units = AS_LABELLED
    drift: timedelta | None = None
    note: Note = unnoted

    def moment(self, said: datetime) -> datetime:
        """The moment a station means, in UTC: by our clock where it tells what happens now and its own is wrong."""
        return utc(said) if self.drift is None else corrected(utc(said), self.drift, self.received_at)

    def coming(self, said: datetime) -> datetime:
        """The moment that is yet to come which a station means, in UTC: it reckons by its own clock."""
        try:
            return utc(said) - (self.drift or timedelta())
        except OverflowError:
            return utc(said)

    def timed(self, said: datetime) -> bool:
        """Whether the station said it: of a moment that it did not the time of receipt is taken, as it is here."""
        return said is not self.received_at


class DeferredAnswer(Struct, frozen=True):
    """A response for which somebody else is asked first: what the station sends meanwhile is answered before it. It
    leaves nothing behind, and is given up where the station goes."""

    response: Callable[[], Coroutine[Any, Any, Message]]


Answer = Callable[[Any, Arrival], Coroutine[Any, Any, Message | DeferredAnswer]]
"""Takes a typed request, tells the rooms, and returns the response once they have it safe."""


UNMEANT: Meanings = {}


class Payload:
    """One direction of one action: how its payload is read and written. `meanings` are those of required fields that
    cannot be had; in what we sent ourselves, and in answers to us, there are none."""

    def __init__(self, payload: type[Message], meanings: Meanings = UNMEANT) -> None:
        self.read = Reader(payload, meanings).read
        self._strict = msgspec.json.Decoder(payload)
        self._may_be_empty = self._fits(EMPTY)

    def write(self, message: Message) -> Raw:
        """Compact JSON; raises msgspec.ValidationError where the message breaks the specification."""
        raw = Raw(_encoder.encode(message))
        if not self._may_be_empty or raw != EMPTY:
            self.check(raw)
        return raw

    def check(self, raw: Raw) -> None:
        """Raises msgspec.ValidationError where the payload breaks the specification."""
        self._strict.decode(raw)

    def _fits(self, raw: Raw) -> bool:
        try:
            self.check(raw)
        except msgspec.ValidationError:
            return False
        return True


class UntypedPayload:
    """Reads a payload of no known type: as JSON."""

    def read(self, raw: Raw, received_at: datetime, escapes: bool = True) -> tuple[Any, tuple[str, ...]]:
        return msgspec.json.decode(raw), ()


Watch = Callable[[Message], tuple[str, ...]]
"""Sees each call of one connection that could be read, and says what is odd about it beside those before."""


def unwatched() -> Watch:
    """Nothing is odd."""
    return lambda request: ()


def by_status(response: Any) -> Outcome:
    """The outcome of the many commands that are answered with a status and nothing else."""
    return Outcome(status=response.status)


class CommandMapping(Struct, frozen=True):
    """How a command becomes a call of this version, and its response the command's outcome. Where a command is one of
    several actions, the type of its request says which and `action` is empty."""

    action: str
    request: Callable[[Any], Message]
    outcome: Callable[[Any], Outcome] = by_status

    def action_of(self, request: Message) -> str:
        """The action a request is sent as."""
        return self.action or type(request).__name__.removesuffix("Request")


class Version:
    """One version: `actions` are all it defines, `answers` the calls taken, `commands` the commands sent.

    `meanings` are those of required fields that a call lacks; `watch` makes what sees the calls of one connection."""

    def __init__(
        self,
        dialect: Dialect,
        actions: dict[str, tuple[type[Message], type[Message]]],
        answers: dict[str, Answer],
        commands: dict[type, CommandMapping],
        meanings: Meanings = UNMEANT,
        watch: Callable[[], Watch] = unwatched,
    ) -> None:
        self.dialect = dialect
        self.watch = watch
        self.commands = commands
        self._answers = answers
        self._payloads = {
            action: (Payload(request, meanings), Payload(response)) for action, (request, response) in actions.items()
        }

    def request(self, action: str) -> Payload:
        return self._payloads[action][0]

    def response(self, action: str) -> Payload:
        return self._payloads[action][1]

    def as_given(self, action: str, payload: Any) -> Raw:
        """A call's payload from JSON values; raises msgspec.ValidationError where this version knows the action and the
        payload is none of it. Actions it does not know are left to the station."""
        raw = Raw(_encoder.encode(payload))
        if action in self._payloads:
            self._payloads[action][0].check(raw)
        return raw

    def answer(self, action: str) -> Answer:
        """Who answers a call; raises `Refusal` for an action that the version lacks or that we do not take."""
        if action in self._answers:
            return self._answers[action]
        if action in self._payloads:
            raise Refusal(ErrorCode.NOT_SUPPORTED, f"{action} is not taken here")
        raise Refusal(ErrorCode.NOT_IMPLEMENTED, f"OCPP {self.dialect.version} has no action {action[:50]}")
