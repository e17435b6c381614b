"""Lenient in: numbers, ids and truth values that clients write as texts, days for moments and moments for days, read as
what the field asks for.

Clients of this API get ids as texts and give them back, and send booleans as "true" or 1. Only a body that is not as
declared comes here; what cannot be read stays as it is, and is objected to.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from msgspec import Struct

from ohmstead.kit.views import alternative, alternatives, hints

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(rf"({_DAY.pattern})[T ][0-9]{{2}}:[0-9]{{2}}.*")
_TRUTH: dict[Any, bool] = {"true": True, "1": True, 1: True, "false": False, "0": False, 0: False}


def read(value: Any, annotation: Any) -> Any:
    """Decoded JSON, its fractions as decimals, with what spells a number or a truth value turned into that where the
    field asks for it."""
    kinds = list(alternatives(annotation))
    if isinstance(value, dict):
        struct = alternative(value, annotation)
        return value if struct is None else _members(value, struct)
    if isinstance(value, list):
        items = [get_args(kind)[0] for kind in kinds if get_origin(kind) is list and get_args(kind)]
        return [read(item, items[0]) for item in value] if items else value
    return _plain(value, kinds)


def _members(value: dict[str, Any], kind: type[Struct]) -> dict[str, Any]:
    annotations = hints(kind)
    names = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
    return {name: read(item, annotations[names[name]]) if name in names else item for name, item in value.items()}


def _plain(value: Any, kinds: list[Any]) -> Any:
    if isinstance(value, Decimal):
        return value if Decimal in kinds else float(value)
    if isinstance(value, str) and datetime in kinds and _DAY.fullmatch(value):
        return f"{value}T00:00:00Z"
    if isinstance(value, str) and date in kinds and (found := _MOMENT.fullmatch(value)):
        return found[1]
    numbers = [kind for kind in (int, float, Decimal) if kind in kinds]
    if isinstance(value, str) and (str in kinds or any(_lists(kind, value) for kind in kinds)):
        return value
    if isinstance(value, str) and numbers:
        text = value.strip()
        if _WHOLE.fullmatch(text):
            return int(text)
        if numbers != [int] and _NUMBER.fullmatch(text):
            return Decimal(text) if Decimal in numbers else float(text)
    known = isinstance(value, str) or (type(value) is int and not numbers)
    if bool in kinds and known:
        return _TRUTH.get(value.strip().lower() if isinstance(value, str) else value, value)
    return value


def _lists(kind: Any, value: str) -> bool:
    """Whether the text is one of the words of a list."""
    return get_origin(kind) is Literal and value in get_args(kind)
