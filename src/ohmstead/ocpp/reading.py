"""Reading payloads: strictly in one pass where they are as specified, leniently where they are not."""

from contextlib import suppress
from datetime import datetime
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw

from ohmstead.ocpp import loose_json
from ohmstead.ocpp.errors import ErrorCode, Refusal
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.payload_repair import Meanings, repaired
from ohmstead.ocpp.wire import UNREADABLE

M = TypeVar("M", bound=Message)
ESCAPE, NUL = b"\\", b"\\u0000"
"""What escapes a character, and the one that a database text cannot hold; stations pad serial numbers with it."""


class Reader(Generic[M]):
    """Reads one type of payload; `meanings` are those of required fields that cannot be had."""

    def __init__(self, payload: type[M], meanings: Meanings) -> None:
        self._type = payload
        self._meanings = meanings
        self._decoder = msgspec.json.Decoder(payload)

    def read(self, raw: Raw, received_at: datetime, escapes: bool = True) -> tuple[M, tuple[str, ...]]:
        """The payload, and each deviation from the specification in words. Raises `Refusal` where it makes no sense.

        A moment that cannot be had is taken to be `received_at`. Who knows that nothing in it `escapes` a
        character spares a look.
        """
        try:
            payload = self._decoder.decode(raw)
        except UNREADABLE:
            return repaired(_json(raw), self._type, received_at, self._meanings)
        if escapes and NUL in bytes(raw):
            return repaired(_json(raw), self._type, received_at, self._meanings)
        return payload, ()


def _json(raw: Raw) -> object:
    with suppress(*UNREADABLE):
        return msgspec.json.decode(raw)
    try:
        return loose_json.loads(bytes(raw))
    except ValueError as failure:
        raise Refusal(ErrorCode.FORMAT_VIOLATION, f"the payload is not JSON: {failure}") from failure
