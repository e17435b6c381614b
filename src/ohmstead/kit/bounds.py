"""Bounds: what the columns of the database hold. What none holds is refused at the door, where the field has a name."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Integer, SmallInteger, Table, Text
from sqlalchemy.types import TypeEngine

from ohmstead.kit.errors import Invalid

BITS = 64
MOST_INDEXED = 2_000
"""Bytes of a text that is looked for in an index, whose entries take 2,704."""
NUL = "\0"


def least_most(bits: int) -> tuple[int, int]:
    """The whole numbers of so many bits."""
    return -(1 << bits - 1), (1 << bits - 1) - 1


def bits_of(column: TypeEngine[Any] | None) -> int:
    """How many a whole number in a column of this type may have."""
    if isinstance(column, ARRAY):
        return bits_of(column.item_type)
    if isinstance(column, SmallInteger):
        return 16
    return 32 if isinstance(column, Integer) and not isinstance(column, BigInteger) else BITS


def wrong(value: Any, bits: int = BITS, indexed: bool = False) -> str | None:
    """Why no column of so many bits holds a value, to be said after its name."""
    if isinstance(value, str):
        if NUL in value:
            return "may not contain NUL characters"
        too_long = indexed and len(value) > MOST_INDEXED // 4 and len(value.encode(errors="replace")) > MOST_INDEXED
        return f"may not be longer than {MOST_INDEXED} bytes" if too_long else None
    if isinstance(value, int) and not isinstance(value, bool):
        least, most = least_most(bits)
        if value > most:
            return f"may not be greater than {most}"
        return f"must be at least {least}" if value < least else None
    return None


def within(name: str, number: int, bits: int) -> int:
    """The number; Invalid naming it where it has more bits."""
    if (why := wrong(number, bits)) is not None:
        raise Invalid.of({name: [f"The {name} {why}."]})
    return number


def unfit(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each place in a body that no column holds, and why."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if NUL in name:
                yield path or "body", "may not contain NUL characters"
            yield from unfit(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from unfit(inner, f"{path}.{number}" if path else str(number))
    elif (why := wrong(value)) is not None:
        yield path or "body", why


@cache
def indexed(table: Table) -> frozenset[str]:
    """The columns of text that stand in an index, by themselves or within an expression."""
    said = " ".join(str(expression) for index in table.indexes for expression in index.expressions)
    words = set(re.findall(r"\w+", said)) | {column.name for column in table.c if column.unique or column.index}
    return frozenset(column.name for column in table.c if isinstance(column.type, Text) and column.name in words)


@cache
def _bounds(table: Table) -> dict[str, tuple[int, bool]]:
    """Of each column how many bits it has, and whether it is an indexed text."""
    return {column.key: (bits_of(column.type), column.name in indexed(table)) for column in table.c}


def misfits(table: Table, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each of a row's values that its column does not hold, and why."""
    bounds = _bounds(table)
    for name, value in values.items():
        if isinstance(value, str | int) and name in bounds and (why := wrong(value, *bounds[name])) is not None:
            yield name, why
