"""The lenient reading: makes the best of a payload that is not as specified, and says what was wrong with it.

Unknown fields are passed over, unknown words kept, long texts cut, numbers and texts turned into one another, an
optional field that makes no sense is left out. For a required one that is absent, null or senseless there stands what
its version declares to be meant then (`absent.py`); where that is nothing the payload is refused, or the item of a list
left out. Stations in the field send all of these and go on charging; an error would make them repeat the same message
for ever.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from msgspec import inspect

from ohmstead.ocpp.errors import ErrorCode, Refusal
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.timestamps import guessed

M = TypeVar("M", bound=Message)
Note = Callable[[str], None]
"""Hears of a deviation, in words."""
Meanings = Mapping[type[Message], Mapping[str, Any]]
"""What is meant where a required field of a payload, or of a part of one, cannot be had: by type and name of the field.
None is for the handler to make something of. Moments and objects are in no need of one: the time of receipt is meant,
and an object of which nothing is told."""
SHOWN = 40
"""Characters of a strange value that a deviation quotes."""
NOTED = 50
"""Deviations told of one payload; more of them say nothing new."""
KEPT = 500
"""Characters that are kept of a word, or of a text that should not be longer itself: identifiers and names, which are
looked for in indexes."""
DECIMAL_COMMA = re.compile(r"\s*([-+]?[0-9]{1,40}),([0-9]{1,2}|[0-9]{4,40})\s*")
"""A number as half of Europe writes it. Three digits after the comma may be thousands: what is meant nobody knows."""
WHOLE = re.compile(r"\s*[-+]?[0-9]{1,40}\s*")
TRUTH = {"true": True, "1": True, "false": False, "0": False}


def repaired(value: object, payload: type[M], received_at: datetime, meanings: Meanings) -> tuple[M, tuple[str, ...]]:
    """The payload made of decoded JSON, and its deviations. What was not told of when is the very `received_at`. Raises
    `Refusal`."""
    repair = _Repair(received_at, meanings)
    if value is None:
        repair.note("the payload", "is null")
        value = {}
    return repair.of(value, _shape(payload), ""), tuple(repair.deviations)


@cache
def _shape(payload: type) -> inspect.Type:
    return inspect.type_info(payload)


@cache
def _fields(struct: type) -> dict[str, inspect.Field]:
    """A struct's fields by the names they have on the wire."""
    shape = inspect.type_info(struct)
    assert isinstance(shape, inspect.StructType)
    return {field.encode_name: field for field in shape.fields}


class _Repair:
    """One walk along a payload and its type; every method takes a value, its specified type and its place."""

    def __init__(self, received_at: datetime, meanings: Meanings) -> None:
        self.deviations: list[str] = []
        self._received_at = received_at
        self._meanings = meanings

    def note(self, place: str, wrong: str) -> None:
        if len(self.deviations) < NOTED:
            self.deviations.append(f"{place} {wrong}".rstrip())

    def of(self, value: Any, shape: inspect.Type, place: str) -> Any:
        return READ[type(shape)](self, value, shape, place)

    def struct(self, value: Any, shape: inspect.StructType, place: str) -> Any:
        if not isinstance(value, dict):
            raise _senseless(place or "the payload", value, "an object", ErrorCode.FORMAT_VIOLATION)
        known, inside, fields = _fields(shape.cls), f"{place}." if place else "", {}
        for name, given in value.items():
            if (field := known.get(name)) is None:
                self.note(f"{inside}{name[:SHOWN]}", "is not in the specification")
            elif given is not None:
                read = self.required if field.required else self.optional
                fields[field.name] = read(given, field, inside + name, shape.cls)
        for name, field in known.items():
            if field.required and field.name not in fields:
                missing = Refusal(ErrorCode.PROTOCOL_ERROR, f"{inside}{name} is missing")
                fields[field.name] = self.meant(field, inside + name, shape.cls, missing)
        return shape.cls(**fields)

    def required(self, value: Any, field: inspect.Field, place: str, owner: type) -> Any:
        kept = len(self.deviations)
        try:
            return self.of(value, field.type, place)
        except Refusal as refusal:
            del self.deviations[kept:]
            return self.meant(field, place, owner, refusal)

    def meant(self, field: inspect.Field, place: str, owner: type, refusal: Refusal) -> Any:
        """What stands for a required field that cannot be had; raises the refusal where that is nothing."""
        declared = self._meanings.get(owner, {})
        if field.name in declared:
            meaning = declared[field.name]
            self.note(refusal.description, "" if meaning is None else f"and taken for {shown(meaning)}")
        elif isinstance(field.type, inspect.DateTimeType):
            meaning = self._received_at
            self.note(refusal.description, "and taken for the time of receipt")
        elif isinstance(field.type, inspect.StructType):
            meaning = self.struct({}, field.type, place)
        else:
            raise refusal
        return meaning

    def optional(self, value: Any, field: inspect.Field, place: str, owner: type) -> Any:
        return self.if_readable(value, field.type, place)

    def if_readable(self, value: Any, shape: inspect.Type, place: str) -> Any:
        kept = len(self.deviations)
        try:
            return self.of(value, shape, place)
        except Refusal as refusal:
            del self.deviations[kept:]
            self.note(place, f"was left out: {refusal.description}")
            return None

    def union(self, value: Any, shape: inspect.UnionType, place: str) -> Any:
        return self.of(value, next(one for one in shape.types if not isinstance(one, inspect.NoneType)), place)

    def items(self, value: Any, shape: inspect.ListType, place: str) -> list:
        if not isinstance(value, list):
            self.note(place, "is not a list")
            value = [value]
        if len(value) < (shape.min_length or 0):
            self.note(place, f"has fewer than {shape.min_length} items")
        read = (self.if_readable(item, shape.item_type, f"{place}[{index}]") for index, item in enumerate(value))
        return [item for item in read if item is not None]

    def word(self, value: Any, shape: inspect.LiteralType, place: str) -> str:
        text = self.text(value, WORD, place)
        if not text.strip():
            raise _senseless(place, value, "a word")
        if text not in shape.values:
            self.note(place, f"{shown(text)} is not one of the specified words")
        return text

    def text(self, value: Any, shape: inspect.StrType, place: str) -> str:
        if isinstance(value, dict | list):
            raise _senseless(place, value, "a text")
        if not isinstance(value, str):
            self.note(place, "is a text written as a number or truth value")
            value = str(value).lower() if isinstance(value, bool) else str(value)
        if "\0" in value:
            self.note(place, "contains NUL characters")
            value = value.replace("\0", "")
        if shape.max_length is not None and len(value) > shape.max_length:
            self.note(place, f"is {len(value)} characters long, {shape.max_length} are allowed")
            if shape.max_length <= KEPT < len(value):
                self.note(place, f"was cut to {KEPT} characters")
                value = value[:KEPT]
        return value

    def whole(self, value: Any, shape: inspect.IntType, place: str) -> int:
        if type(value) is not int:
            self.note(place, "is a whole number written in another way")
            digits = WHOLE.fullmatch(value) if isinstance(value, str) else None
            value = round(self.finite(value, place)) if digits is None else int(digits[0])
        if shape.ge is not None and shape.le is not None and not shape.ge <= value <= shape.le:
            raise _senseless(place, value, "a number of 32 bits", ErrorCode.PROPERTY_CONSTRAINT_VIOLATION)
        return value

    def number(self, value: Any, shape: inspect.FloatType, place: str) -> float:
        if type(value) not in (int, float):
            self.note(place, "is a number written as a text")
        return self.finite(value, place)

    def finite(self, value: Any, place: str) -> float:
        if isinstance(value, str) and (meant := pointed(value)) is not None:
            self.note(place, f"{shown(value)} has a comma for a decimal point")
            value = meant
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise _senseless(place, value, "a number")
        return number

    def truth(self, value: Any, shape: inspect.BoolType, place: str) -> bool:
        if isinstance(value, bool):
            return value
        self.note(place, "is a truth value written in another way")
        if (read := TRUTH.get(str(value).strip().lower())) is None:
            raise _senseless(place, value, "true or false")
        return read

    def moment(self, value: Any, shape: inspect.DateTimeType, place: str) -> datetime:
        moment = guessed(value)
        if moment is None:
            self.note(place, f"{shown(value)} is not a date and time; the time of receipt is taken")
            return self._received_at
        if not isinstance(value, str) or datetime.fromisoformat(value.strip().upper()).tzinfo is None:
            self.note(place, "is a date and time without a zone; UTC is taken")
        return moment

    def anything(self, value: Any, shape: inspect.AnyType, place: str) -> Any:
        return value


WORD = inspect.StrType(max_length=KEPT)
READ: dict[type[inspect.Type], Callable[[_Repair, Any, Any, str], Any]] = {
    inspect.StructType: _Repair.struct,
    inspect.UnionType: _Repair.union,
    inspect.ListType: _Repair.items,
    inspect.LiteralType: _Repair.word,
    inspect.StrType: _Repair.text,
    inspect.IntType: _Repair.whole,
    inspect.FloatType: _Repair.number,
    inspect.BoolType: _Repair.truth,
    inspect.DateTimeType: _Repair.moment,
    inspect.AnyType: _Repair.anything,
}


def unnoted(deviation: str) -> None:
    """Nobody hears of it."""


def pointed(text: str) -> str | None:
    """The number with a point that is meant by one with a comma."""
    parts = DECIMAL_COMMA.fullmatch(text)
    return None if parts is None else f"{parts[1]}.{parts[2]}"


def shown(value: object) -> str:
    """A strange value, cut short."""
    return repr(value)[:SHOWN]


def _senseless(
    place: str, value: object, wanted: str, code: ErrorCode = ErrorCode.TYPE_CONSTRAINT_VIOLATION
) -> Refusal:
    return Refusal(code, f"{place} should be {wanted}, not {shown(value)}")
