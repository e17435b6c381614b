"""The lenient reading: makes the best of a payload that is not as specified, and says what was wrong with it.

Unknown fields are passed over, unknown words and long texts kept, numbers and texts turned into one another, an
optional field that makes no sense is left out. Only a required one that is absent or senseless refuses the payload.
Stations in the field send all of these and go on charging; an error would make them repeat the same message for ever.
"""

import math
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from msgspec import inspect

from ohmstead.ocpp.errors import ErrorCode, Refusal
from ohmstead.ocpp.message import Message
from ohmstead.ocpp.timestamps import guessed

M = TypeVar("M", bound=Message)
SHOWN = 40
"""Characters of a strange value that a deviation quotes."""
NOTED = 50
"""Deviations told of one payload; more of them say nothing new."""
WHOLE = re.compile(r"\s*[-+]?[0-9]{1,40}\s*")
TRUTH = {"true": True, "1": True, "false": False, "0": False}


def repaired(value: object, payload: type[M], received_at: datetime) -> tuple[M, tuple[str, ...]]:
    """The payload made of decoded JSON, and its deviations. Raises `Refusal`."""
    repair = _Repair(received_at)
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

    def __init__(self, received_at: datetime) -> None:
        self.deviations: list[str] = []
        self._received_at = received_at

    def note(self, place: str, wrong: str) -> None:
        if len(self.deviations) < NOTED:
            self.deviations.append(f"{place} {wrong}")

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
                read = self.of if field.required else self.optional
                fields[field.name] = read(given, field.type, inside + name)
        for name, field in known.items():
            if field.required and field.name not in fields:
                raise Refusal(ErrorCode.PROTOCOL_ERROR, f"{inside}{name} is missing")
        return shape.cls(**fields)

    def optional(self, value: Any, shape: inspect.Type, place: str) -> Any:
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
        read = (self.optional(item, shape.item_type, f"{place}[{index}]") for index, item in enumerate(value))
        return [item for item in read if item is not None]

    def word(self, value: Any, shape: inspect.LiteralType, place: str) -> str:
        text = self.text(value, inspect.StrType(), place)
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
        return value

    def whole(self, value: Any, shape: inspect.IntType, place: str) -> int:
        if type(value) is int:
            return value
        self.note(place, "is a whole number written in another way")
        return round(_finite(value, place)) if (digits := WHOLE.fullmatch(str(value))) is None else int(digits[0])

    def number(self, value: Any, shape: inspect.FloatType, place: str) -> float:
        if type(value) not in (int, float):
            self.note(place, "is a number written as a text")
        return _finite(value, place)

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


def shown(value: object) -> str:
    """A strange value, cut short."""
    return repr(value)[:SHOWN]


def _finite(value: Any, place: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise _senseless(place, value, "a number")
    return number


def _senseless(
    place: str, value: object, wanted: str, code: ErrorCode = ErrorCode.TYPE_CONSTRAINT_VIOLATION
) -> Refusal:
    return Refusal(code, f"{place} should be {wanted}, not {shown(value)}")
