"""From bytes to a body: one fast decode, and only when that fails a walk that gathers the text of every bad field."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_origin

import msgspec
from msgspec import Struct
from msgspec.inspect import type_info

from ohmstead.kit import lenient
from ohmstead.kit.bounds import unfit
from ohmstead.kit.errors import BadRequest, Invalid
from ohmstead.kit.money import bounds_of
from ohmstead.kit.views import Translation, alternative, alternatives, fields, hints, structs, tag_field

_TYPES = {
    "str": "must be a string",
    "int": "must be an integer",
    "float": "must be a number",
    "decimal": "must be a number",
    "bool": "field must be true or false",
    "array": "must be an array",
    "object": "must be an object",
    "datetime": "is not a valid date",
    "date": "is not a valid date",
    "uuid": "must be a valid UUID",
}
_BOUNDS = (
    (re.compile(r"`(?:int|float|decimal)` >= (\S+)"), "must be at least {}"),
    (re.compile(r"`(?:int|float|decimal)` <= (\S+)"), "may not be greater than {}"),
    (re.compile(r"`(?:int|float|decimal)` > (\S+)"), "must be greater than {}"),
    (re.compile(r"`(?:int|float|decimal)` < (\S+)"), "must be less than {}"),
    (re.compile(r"`str` of length >= (\d+)"), "must be at least {} characters"),
    (re.compile(r"`str` of length <= (\d+)"), "may not be greater than {} characters"),
    (re.compile(r"`array` of length >= (\d+)"), "must have at least {} items"),
    (re.compile(r"`array` of length <= (\d+)"), "may not have more than {} items"),
    (re.compile(r"`str` matching regex"), "format is invalid"),
    (re.compile(r"[Ii]nvalid decimal"), "must be a number"),
    (re.compile(r"[Ii]nvalid .*datetime|[Ii]nvalid .*date"), "is not a valid date"),
)
_SUSPICIOUS = re.compile(rb"\\u0000|[0-9]{19}")
"""What a text with a NUL, and a number of more than 64 bits, are written with."""


MOST_TEXT = 65_535
"""Characters of a text whose field has no bound of its own. A file is no field."""


_loosely = msgspec.json.Decoder(float_hook=Decimal)  # keeps its digits; `lenient` makes floats where they are meant


def decode(raw: bytes, decoder: "msgspec.json.Decoder[Any]") -> Any:
    """The body as the decoder's struct, read leniently where it is not as declared (see `lenient`); BadRequest for what
    is no JSON, Invalid naming every bad field otherwise."""
    try:
        if len(raw) > MOST_TEXT and (long := dict(_too_long(msgspec.json.decode(raw), ""))):
            raise Invalid.of(long)
        try:
            body = decoder.decode(raw)
        except msgspec.ValidationError:
            body = _repaired(_loosely.decode(raw), decoder.type)
        if _SUSPICIOUS.search(raw) and (found := _unheld(msgspec.json.decode(raw))):
            raise Invalid.of(found)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("The request body is not valid JSON.") from None
    if _has_more(decoder.type) and (found := dict(_objections(body, decoder.type, ""))):
        raise Invalid.of(found)
    return body


def _repaired(value: Any, kind: Any) -> Any:
    value = lenient.read(value, kind)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = _unheld(value) | dict(_collect(value, kind))
        raise Invalid.of(found or {"body": [str(error)]}) from None


@cache
def _has_more(kind: Any) -> bool:
    """Whether values of the type may have faults that no decoder knows."""
    shown = repr(type_info(kind))
    return "DecimalType" in shown or repr(Translation) in shown


@cache
def _with_more(kind: type[Struct]) -> list[tuple[str, str, Any]]:
    """The fields of a struct that may have such faults: attribute, name, annotation."""
    annotations = hints(kind)
    return [(one.name, one.encode_name, annotations[one.name]) for one in fields(kind).values()
            if _has_more(annotations[one.name])]  # fmt: skip


def _objections(value: Any, annotation: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """What is wrong with a body that was read, and no decoder knows: bounds of decimals, a locale that comes twice."""
    if isinstance(value, Decimal):
        if texts := list(bounds_of(annotation).objections(value, label(path))):
            yield path, texts
    elif isinstance(value, Struct):
        for name, shown, inner in _with_more(type(value)):
            yield from _objections(getattr(value, name), inner, f"{path}.{shown}" if path else shown)
    elif isinstance(value, list):
        locales = [item.locale for item in value if isinstance(item, Translation)]
        if len(locales) > len(set(locales)):
            yield path, ["There may be one translation for each locale."]
        items = [get_args(kind)[0] for kind in alternatives(annotation) if get_origin(kind) is list]
        for number, item in enumerate(value):
            yield from _objections(item, items[0] if items else Any, f"{path}.{number}" if path else str(number))


def _too_long(value: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """The texts of a body that are too long for anything, by their place."""
    if isinstance(value, str) and len(value) > MOST_TEXT:
        yield path or "body", [f"The {label(path)} may not be greater than {MOST_TEXT} characters."]
    elif isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _too_long(item, f"{path}.{name}" if path else str(name))


def _unheld(value: Any) -> dict[str, list[str]]:
    return {path: [f"The {label(path)} {why}."] for path, why in unfit(value)}


def _collect(value: Any, kind: Any) -> Iterator[tuple[str, list[str]]]:
    """Of an object, or of a list of them, each by its place."""
    if get_origin(kind) is list:
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from _value(item, get_args(kind)[0], str(number))
        else:
            yield "body", ["The body must be an array."]
    elif isinstance(value, dict):
        yield from _object(value, kind, "")
    else:
        yield "body", ["The body must be an object."]


def _object(value: dict[str, Any], annotation: Any, prefix: str) -> Iterator[tuple[str, list[str]]]:
    """Of several structs the one that the tag says; an objection to the tag where it says none."""
    kinds, struct = structs(annotation), alternative(value, annotation)
    if struct is not None:
        yield from _struct(value, struct, prefix)
    elif kinds:
        path, allowed = prefix + tag_field(kinds[0]), ", ".join(str(one.__struct_config__.tag) for one in kinds)
        wrong = "The selected {} is invalid" if tag_field(kinds[0]) in value else "The {} field is required"
        yield path, [f"{wrong.format(label(path))}: it must be one of {allowed}."]


def _struct(value: dict[str, Any], kind: type[Struct], prefix: str) -> Iterator[tuple[str, list[str]]]:
    annotations = hints(kind)
    for field in fields(kind).values():
        path = prefix + field.encode_name
        if field.encode_name in value:
            yield from _value(value[field.encode_name], annotations[field.name], path)
        elif field.required:
            yield path, [f"The {label(path)} field is required."]


def _value(value: Any, annotation: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """The texts of one field: those of its members where there are any, else its own."""
    below = list(_members(value, annotation, path))
    if below:
        yield from below
        return
    try:
        yield from _objections(msgspec.convert(value, annotation), annotation, path)
    except msgspec.ValidationError as error:
        yield path, [_text(str(error), value, path)]


def _members(value: Any, annotation: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, dict):
        yield from _object(value, annotation, path + ".")
    for part in alternatives(annotation):
        if isinstance(value, list) and get_origin(part) is list:
            for number, item in enumerate(value):
                yield from _value(item, get_args(part)[0], f"{path}.{number}")


def _text(error: str, value: Any, path: str) -> str:
    name = label(path)
    if "enum value" in error:
        return f"The selected {name} is invalid."
    for pattern, text in _BOUNDS:
        if found := pattern.search(error):
            return f"The {name} {text.format(*found.groups())}."
    expected = re.search(r"Expected `(\w+)", error)
    if expected is None:
        return f"The {name} is invalid."
    if value is None:
        return f"The {name} field may not be null."
    return f"The {name} {_TYPES.get(expected[1], 'is invalid')}."


def label(path: str) -> str:
    """`network.maxCurrent` as words: `network max current`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", path.replace(".", " ").replace("_", " ")).lower()
