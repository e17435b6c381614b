"""JSON that is not quite: half surrogate pairs, NaN, bare control characters, texts that are not UTF-8, small faults of
syntax whose meaning is plain. What is read here no strict parser took."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from msgspec import Struct

DEEPEST = 64  # levels of nesting
NOTED = 5  # faults that are told of one text
LONGEST = 32_768
"""Characters of a text that is read in spite of its faults: it takes a hundred times as long as one without."""
WORDS = {"true": True, "false": False, "null": None, "nan": None, "infinity": None, "-infinity": None}
ESCAPED = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SPACE = re.compile("[\\s\0\ufeff]*")
_UNTIL = re.compile(r'[^"\\]*')
_BARE = re.compile('[^\\s\0,:"\\[\\]{}]+')
_HEX = re.compile("[0-9a-fA-F]{4}")
_NUMBER = re.compile(r"[-+]?([0-9]+)(\.[0-9]*)?([eE][-+]?[0-9]+)?|[-+]?\.[0-9]+([eE][-+]?[0-9]+)?")
_PROPER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Faulty(ValueError):
    """No JSON, and nothing that can only have been meant as some."""


class Elements(Struct, frozen=True):
    """What could be read of an array: its first elements, what was wrong with it, and why that is not all."""

    values: list[Any]
    faults: tuple[str, ...] = ()
    broken: str | None = None


def loads(raw: bytes) -> object:
    """What the sender meant; raises `Faulty`. Unreadable characters become "?"."""
    text = raw.decode("utf-8-sig", errors="replace")
    with suppress(ValueError, RecursionError):
        return json.loads(dumps(_quickly(text)))
    if len(text) > LONGEST:
        raise Faulty("too long for a text with faults")
    return json.loads(dumps(_Reading(text).value()))


def elements(raw: bytes) -> Elements:
    """Those of an array, as far as they can be read."""
    text = raw.decode("utf-8-sig", errors="replace")
    with suppress(ValueError, RecursionError):
        whole = _quickly(text)
        return Elements(whole) if isinstance(whole, list) else Elements([], broken="no array")
    reading, values = _Reading(text), []
    try:
        if reading.next() != "[":
            raise Faulty("no array")
        for value in reading.items():
            values.append(value)
            if len(text) > LONGEST and len(values) > 2:
                raise Faulty("too long for a text with faults")
        if reading.next():
            reading.fault("something after the end")
    except Faulty as error:
        return Elements(values, tuple(reading.faults), f"{error} at character {reading.at}")
    return Elements(values, tuple(reading.faults))


def dumps(value: object) -> bytes:
    """Proper JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def _quickly(text: str) -> Any:
    """What needs no more than a little patience with its characters."""
    return json.loads(text, strict=False, parse_constant=lambda _: None)


class _Reading:
    """One way through a text, never back. A comma too many stands for nothing, a value that is not there for null."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.faults: list[str] = []

    def fault(self, what: str) -> None:
        if len(self.faults) < NOTED:
            self.faults.append(f"{what} at character {self.at}")

    def next(self) -> str:
        """The next character that counts; "" where there is none."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def value(self, depth: int = 0) -> Any:
        if depth > DEEPEST:
            raise Faulty("nested too deeply")
        match self.next():
            case '"':
                return self.string()
            case "[":
                return list(self.items(depth))
            case "{":
                return self.object(depth)
            case _:
                return self.bare()

    def items(self, depth: int = 0) -> Iterator[Any]:
        self.at += 1
        while not self._ends("]"):
            yield self.value(depth + 1)
            self._separated("]")

    def object(self, depth: int) -> dict[str, Any]:
        self.at += 1
        found: dict[str, Any] = {}
        while not self._ends("}"):
            self._expects('"', "no name")
            name = self.string()
            self._expects(":", "no colon")
            self.at += 1
            found[name] = self._told(depth)
            self._separated("}")
        return found

    def _expects(self, char: str, otherwise: str) -> None:
        if (found := self.next()) != char:
            raise Faulty(otherwise if found else "cut off")

    def _told(self, depth: int) -> Any:
        if self.next() not in (",", "}"):
            return self.value(depth + 1)
        self.fault("no value")
        return None

    def _ends(self, end: str) -> bool:
        """Whether it does; commas before which nothing stands are passed over."""
        while (char := self.next()) == ",":
            self.fault("a comma too many")
            self.at += 1
        self.at += char == end
        return char == end

    def _separated(self, end: str) -> None:
        char = self.next()
        if char == ",":
            self.at += 1
            if self.next() == end:
                self.fault("a comma too many")
        else:
            self._expects(end, "no comma")

    def string(self) -> str:
        self.at += 1
        parts: list[str] = []
        while True:
            found = _UNTIL.match(self.text, self.at)
            assert found is not None, "it matches nothing, too"
            parts.append(found[0])
            self.at = found.end()
            if self.at >= len(self.text):
                raise Faulty("cut off")
            if self.text[self.at] == '"':
                self.at += 1
                return _paired("".join(parts))
            parts.append(self._escaped())

    def _escaped(self) -> str:
        """One that stands for no character stands for itself."""
        char = self.text[self.at + 1 : self.at + 2]
        if char == "u" and (digits := _HEX.match(self.text, self.at + 2)):
            self.at += 6
            return chr(int(digits[0], 16))
        if char in ESCAPED and char:
            self.at += 2
            return ESCAPED[char]
        self.fault("a backslash too many")
        self.at += 1
        return "\\"

    def bare(self) -> Any:
        found = _BARE.match(self.text, self.at)
        if found is None:
            raise Faulty("no value" if self.next() else "cut off")
        word, fits = found[0], _NUMBER.fullmatch(found[0])
        if fits is None and word.lower() not in WORDS:
            raise Faulty("no value")
        if fits is None and word not in ("true", "false", "null"):
            self.fault("a word that is not JSON's")
        if fits is not None and _PROPER.fullmatch(word) is None:
            self.fault("a number as JSON writes none")
        value = WORDS[word.lower()] if fits is None else _number(word)
        self.at = found.end()
        return value


def _number(word: str) -> int | float:
    try:
        return float(word) if set(word) & set(".eE") else int(word)
    except ValueError:
        raise Faulty("a number that is too long") from None


def _paired(text: str) -> str:
    """Halves of surrogate pairs put together, where both are there."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
