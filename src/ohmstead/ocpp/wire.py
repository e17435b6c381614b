"""OCPP-J frames: a JSON array that starts with its type and a message id (OCPP-J 1.6 section 4, 2.x Part 4)."""

import msgspec
from msgspec import Raw, Struct

from ohmstead.ocpp import loose_json
from ohmstead.ocpp.errors import SPELLED_1_6, ErrorCode

EMPTY = Raw(b"{}")
NO_ID = "-1"
RESULT_ERROR, SEND = 5, 6
DESCRIPTION_LENGTH = 255
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for input that is not JSON, not UTF-8, nested too deeply or of another shape."""


class Call(Struct, array_like=True, gc=False, tag=2):
    """A request; the answer carries the same id."""

    id: str
    action: str
    payload: Raw


class CallResult(Struct, array_like=True, gc=False, tag=3):
    """The answer to a call."""

    id: str
    payload: Raw


class CallError(Struct, array_like=True, gc=False, tag=4):
    """The answer to a call that failed."""

    id: str
    code: str
    description: str | None = ""
    details: Raw = EMPTY


class CallResultError(Struct, array_like=True, gc=False, tag=RESULT_ERROR):
    """2.1: the answer to a call result that cannot be read."""

    id: str
    code: str
    description: str = ""
    details: Raw = EMPTY


class Send(Struct, array_like=True, gc=False, tag=SEND):
    """2.1: a message that wants no answer."""

    id: str
    action: str
    payload: Raw


Frame = Call | CallResult | CallError | CallResultError | Send


class Dialect(Struct, frozen=True):
    """How one version of OCPP-J differs from the others."""

    version: str
    subprotocol: str
    message_types: frozenset[int]
    spelled: dict[ErrorCode, str]
    answers_all: bool
    """Whether frames of unknown type or without a readable id (then under the id "-1") are answered with an error."""


DIALECT_1_6 = Dialect("1.6", "ocpp1.6", frozenset({2, 3, 4}), SPELLED_1_6, False)
DIALECT_2_0_1 = Dialect("2.0.1", "ocpp2.0.1", frozenset({2, 3, 4}), {}, True)
DIALECT_2_1 = Dialect("2.1", "ocpp2.1", frozenset({2, 3, 4, RESULT_ERROR, SEND}), {}, True)


class Malformed(Exception):
    """A frame that is none; its id is "-1" where none could be read, and its action as far as that could. Answers that
    are malformed are not answered."""

    def __init__(
        self, code: ErrorCode, reason: str, message_id: str, answerable: bool, action: str | None = None
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.id = message_id
        self.answerable = answerable
        self.action = action


_frames = msgspec.json.Decoder(Frame)
_parts = msgspec.json.Decoder(list[Raw])
_encoder = msgspec.json.Encoder()


def parse(raw: bytes, dialect: Dialect) -> tuple[Frame, tuple[str, ...]]:
    """The frame and what was odd about it; payloads stay raw. Raises `Malformed`."""
    try:
        frame = _frames.decode(raw)
    except UNREADABLE:
        return _repaired(raw, dialect)
    if isinstance(frame, CallResultError | Send) and not dialect.message_types >= {RESULT_ERROR, SEND}:
        raise _unknown_type(frame.id, dialect)
    return frame, ()


def encode(frame: Frame) -> bytes:
    """Compact JSON."""
    return _encoder.encode(frame)


def error(message_id: str, code: ErrorCode, reason: str, dialect: Dialect) -> CallError:
    """The answer to a call that failed: the code as the version spells it, the reason cut to the allowed length."""
    return CallError(message_id, dialect.spelled.get(code, code.value), reason[:DESCRIPTION_LENGTH])


def result_error(message_id: str, code: ErrorCode, reason: str, dialect: Dialect) -> CallResultError:
    """The answer to a response that failed, which only 2.1 knows."""
    return CallResultError(message_id, dialect.spelled.get(code, code.value), reason[:DESCRIPTION_LENGTH])


def _repaired(raw: bytes, dialect: Dialect) -> tuple[Frame, tuple[str, ...]]:
    """Reads frames that stations are known to send: a number for an id, a text for a type, no payload, JSON with a
    fault. Where that keeps the payload from being read the frame is refused under its own id."""
    parts, faults, broken = _split(raw)
    message_id = _text(parts[1]) if len(parts) > 1 else None
    if message_id is None:
        raise Malformed(ErrorCode.RPC_FRAMEWORK_ERROR, "no array with a message id", NO_ID, dialect.answers_all)
    kind = _text(parts[0])
    if kind not in {str(known) for known in dialect.message_types}:
        raise _unknown_type(message_id, dialect)
    if broken is not None:
        action = _text(parts[2]) if kind == "2" and len(parts) > 2 else None
        raise Malformed(ErrorCode.FORMAT_VIOLATION, f"faulty JSON: {broken}", message_id, kind == "2", action)
    if (kind, len(parts)) in {("2", 3), ("3", 2)}:
        parts.append(EMPTY)
    parts[0], parts[1] = Raw(kind.encode()), Raw(_encoder.encode(message_id))
    try:
        return _frames.decode(_encoder.encode(parts)), ("the frame is not as specified, but readable", *faults)
    except UNREADABLE as failure:
        raise Malformed(ErrorCode.RPC_FRAMEWORK_ERROR, str(failure), message_id, kind == "2") from failure


def _split(raw: bytes) -> tuple[list[Raw], tuple[str, ...], str | None]:
    """The elements, what was wrong with them, and why there are no more."""
    try:
        return _parts.decode(raw), (), None
    except UNREADABLE:
        found = loose_json.elements(raw)
    faults = tuple(f"faulty JSON: {fault}" for fault in found.faults)
    return [Raw(loose_json.dumps(value)) for value in found.values], faults, found.broken


def _text(part: Raw) -> str | None:
    """A string as it is, a whole number as its digits; anything else is no text."""
    try:
        value = msgspec.json.decode(part)
    except UNREADABLE:
        return None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _unknown_type(message_id: str, dialect: Dialect) -> Malformed:
    return Malformed(ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, "unknown message type", message_id, dialect.answers_all)
