"""Letters: what nodes say to each other, as JSON; a command, an answer and an error are the same on both sides."""

from datetime import datetime
from typing import get_args

import msgspec
from msgspec import Raw, Struct

from ohmstead.rooms.charging.signals import LoadSample
from ohmstead.rooms.devices.stations import (
    Command,
    Outcome,
    StationError,
    StationOffline,
    StationRefused,
    StationSilent,
    StationUntold,
)
from ohmstead.rooms.power.management.explanation.ask import Kind


class Order(Struct, frozen=True, tag="order"):
    """Send a command, named by its type, to a station of yours and answer with its outcome."""

    ask: int
    station_id: int
    command: str
    body: Raw


class CapacityQuery(Struct, frozen=True, tag="has_room"):
    """Whether a session may begin at an EVSE of a circuit tree that you steer; the answer is a boolean."""

    ask: int
    charge_point_id: int
    evse_id: int


class ExplanationQuery(Struct, frozen=True, tag="explain"):
    """Why a circuit or an EVSE of a tree that you steer gets what it gets; the answer is null where it is none."""

    ask: int
    kind: Kind
    id: int


class Failure(Struct, frozen=True):
    """Why a command came to nothing, by the name of its error."""

    kind: str
    text: str = ""
    code: str = ""
    seconds: float = 0.0


class Answer(Struct, frozen=True, tag="answer"):
    """What came of the ask of this number."""

    ask: int
    value: Raw = Raw(b"null")
    failure: Failure | None = None


class ReleaseSocket(Struct, frozen=True, tag="let_go"):
    """A station has come to the sender: close your socket to it."""

    station_id: int


class Reading(Struct, frozen=True):
    """A meter's report, A on its own lines; None for a line it left out."""

    meter_id: int
    at: datetime
    amps: tuple[float | None, float | None, float | None]


class StateChanges(Struct, tag="news"):
    """What happened at the sender that load management listens to: charge points that came or went, that booted, of
    which something changed, whose limits were undone, EVSEs of them that wait for a limit, what EVSEs draw, what meters
    say, whether all circuits are to be read anew, and which of them have changed."""

    presence: set[int] = set()
    booted: set[int] = set()
    stale: set[int] = set()
    undone: set[int] = set()
    awaiting: set[tuple[int, int]] = set()
    draws: list[LoadSample] = []
    readings: list[Reading] = []
    circuits: bool = False
    changed: set[int] = set()


Letter = Order | CapacityQuery | ExplanationQuery | Answer | ReleaseSocket | StateChanges

_COMMANDS = {command.__name__: command for command in get_args(Command)}
_encode = msgspec.json.Encoder().encode
read = msgspec.json.Decoder(Letter).decode


def written(letter: Letter) -> bytes:
    """As it is stored; `read` undoes it."""
    return _encode(letter)


def order(ask: int, station_id: int, command: Command) -> Order:
    """A command as a letter."""
    return Order(ask, station_id, type(command).__name__, Raw(_encode(command)))


def command_of(told: Order) -> Command:
    """The command that a letter holds."""
    return msgspec.json.decode(told.body, type=_COMMANDS[told.command])


def answered(ask: int, value: object) -> Answer:
    """It was done."""
    return Answer(ask, Raw(_encode(value)))


def outcome_of(value: Raw) -> Outcome:
    """The outcome of a command from its answer."""
    return msgspec.json.decode(value, type=Outcome)


def failed(ask: int, error: Exception) -> Answer:
    """It was not done."""
    match error:
        case StationSilent():
            failure = Failure("silent", seconds=error.seconds)
        case StationRefused():
            failure = Failure("refused", error.description, error.code)
        case StationUntold():
            failure = Failure("untold", str(error))
        case StationOffline():
            failure = Failure("offline")
        case _:
            failure = Failure("other", str(error) or type(error).__name__)
    return Answer(ask, failure=failure)


def error_of(failure: Failure) -> StationError:
    """The error that the other side met."""
    match failure.kind:
        case "silent":
            return StationSilent(failure.seconds)
        case "refused":
            return StationRefused(failure.code, failure.text)
        case "untold":
            return StationUntold(failure.text)
        case "offline":
            return StationOffline()
    return StationError(f"The charge point could not be asked: {failure.text}")
