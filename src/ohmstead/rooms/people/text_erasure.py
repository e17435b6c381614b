"""Text erasure: taking what names a person out of texts and JSON that are kept, in the database itself."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, Table, Text, bindparam, case, cast, func, or_, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Statement, Tx

GONE = "***"
SHORT = 4  # characters; what is shorter is found where it stands alone in quotes, and nowhere else

_IN_PLAIN = "(?<![[:alnum:]])"
_IN_JSON = r"(?:(?<=\\[bfnrt])|(?<![[:alnum:]\\]))"  # behind a line's end, and never within an escape

_Patterns = dict[str, Any]


class TextErasure:
    """What is done to some columns of a table: `json` are JSON, or text that holds it, `plain` all other texts."""

    def __init__(self, table: Table, *, json: Iterable[Column[Any]] = (), plain: Iterable[Column[Any]] = ()) -> None:
        self._table = table
        self._found = {str(one.key): _pair(one, "in_json") for one in json}
        self._found |= {str(one.key): _pair(one, "in_plain") for one in plain}
        self.found = or_(*(found for found, _ in self._found.values()))
        """Whether a row has any of the texts."""
        self._all = Statement(self.where())

    def where(self, *conditions: ColumnElement[bool]) -> Any:
        """The UPDATE, held to some rows."""
        pairs = self._found.items()
        values = {name: case((found, erased), else_=self._table.c[name]) for name, (found, erased) in pairs}
        return update(self._table).where(*conditions, self.found).values(values)

    async def run(self, tx: Tx, texts: Iterable[str]) -> None:
        """Erase texts in every row."""
        await tx.run(self._all, **patterns(texts))


def _pair(column: Column[Any], name: str) -> tuple[ColumnElement[bool], ColumnElement[Any]]:
    pattern, written = bindparam(name, type_=Text), cast(column, Text)
    erased: ColumnElement[Any] = func.regexp_replace(written, pattern, GONE, "gi")
    return written.op("~*", is_comparison=True)(pattern), cast(erased, JSONB) if _is_json(column) else erased


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSONB)


def patterns(texts: Iterable[str]) -> _Patterns:
    """What the statements are bound to: regular expressions of PostgreSQL. A number among others is nobody's name: what
    is all digits counts in JSON only where it is a string by itself."""
    known = sorted({one for one in texts if one})
    written = sorted({form for one in known for form in _written(one)})
    alone = [one for one in written if len(one) < SHORT or one.isdecimal()]
    within = [one for one in written if len(one) >= SHORT and not one.isdecimal()]
    plain = [one for one in known if len(one) >= SHORT]
    return {"in_json": _any(_alone(alone), _within(within, _IN_JSON)), "in_plain": _any(_within(plain, _IN_PLAIN))}


def _written(text: str) -> set[str]:
    """A text as it may stand in JSON."""
    raw = msgspec.json.encode(text).decode()[1:-1]
    ascii_only = "".join(one if one.isascii() else _escaped(one) for one in raw)
    return {raw, ascii_only}


def _escaped(character: str) -> str:
    """A character as ASCII JSON has it."""
    units = character.encode("utf-16-be").hex()
    return "".join(rf"\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _alone(words: list[str]) -> str:
    return rf'(?<=")(?:{"|".join(map(re.escape, words))})(?=")' if words else ""


def _within(words: list[str], begins: str) -> str:
    return rf"{begins}(?:{'|'.join(map(re.escape, words))})(?![[:alnum:]])" if words else ""


def _any(*parts: str) -> str:
    return "|".join(one for one in parts if one) or "(?!)"
