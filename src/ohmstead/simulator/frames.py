"""The frames of OCPP-J (OCPP-J 1.6, 4): a call, its result or its error, as compact JSON arrays."""

from dataclasses import dataclass
from typing import Any

import msgspec

CALL, RESULT, ERROR = 2, 3, 4


@dataclass(frozen=True)
class Call:
    id: str
    action: str
    payload: dict[str, Any]

    def encode(self) -> str:
        return _encode([CALL, self.id, self.action, self.payload])


@dataclass(frozen=True)
class Result:
    id: str
    payload: dict[str, Any]

    def encode(self) -> str:
        return _encode([RESULT, self.id, self.payload])


@dataclass(eq=False)
class CallError(Exception):
    """The other side could not do what a call asked for; `code` is one of OCPP-J's error codes."""

    id: str
    code: str
    description: str = ""

    def encode(self) -> str:
        return _encode([ERROR, self.id, self.code, self.description, {}])


Frame = Call | Result | CallError


def decode(text: str | bytes) -> Frame | None:
    """The frame in `text`, or None when it is none."""
    try:
        match msgspec.json.decode(text):
            case [2, str(id), str(action), dict(payload)]:
                return Call(id, action, payload)
            case [3, str(id), dict(payload)]:
                return Result(id, payload)
            case [4, str(id), str(code), str(description), *_]:
                return CallError(id, code, description)
    except msgspec.DecodeError:
        return None
    return None


def _encode(frame: list[Any]) -> str:
    return msgspec.json.encode(frame).decode()
