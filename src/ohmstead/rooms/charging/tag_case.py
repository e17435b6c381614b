"""The case of tags: they are equal without regard to it, in ASCII letters alone, as OCPP's CiStrings are."""

import string
from typing import Any

from sqlalchemy import collate, func
from sqlalchemy.sql import ColumnElement

_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def folded(tag: Any) -> ColumnElement[str]:
    """A tag as SQL in the form that equal ones share: other languages' rules would make one of `ı`, `i` and `I`."""
    return func.upper(collate(tag, "C"))


def same(tag: str, other: str) -> bool:
    """Whether two tags are one."""
    return tag.translate(_UPPER) == other.translate(_UPPER)
