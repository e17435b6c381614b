"""Price files: what a CSV or JSON file says of prices, and what of it cannot be read, by line.

Each row has `electricityRateId`, `startsAt`, `endsAt` (moments with their offset from UTC) and `price` (per kWh, with
tax): a CSV file in columns with these names in the first line, a JSON file in a list of objects.
"""

import csv
import io
import json
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ohmstead.kit.money import bounds_of
from ohmstead.rooms.energy.rates import KwhPrice

SUFFIXES = (".csv", ".json")
_COLUMNS = ("electricityRateId", "startsAt", "endsAt", "price")
_Moment = Annotated[datetime, Meta(tz=True)]


class Slot(Struct, frozen=True, rename="camel"):
    """One price, as a file says it."""

    electricity_rate_id: Annotated[int, Meta(ge=1)]
    starts_at: _Moment
    ends_at: _Moment
    price: KwhPrice


@dataclass(slots=True)
class Contents:
    """What a file holds: prices with the lines they stand in, and what is wrong in which line."""

    slots: list[tuple[int, Slot]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, why: str) -> None:
        """Something in a line is not taken."""
        self.faults.append((line, why))


def contents(name: str, raw: bytes) -> Contents:
    """What a file of that name holds. Of two prices for the same time the one further up is taken."""
    found = Contents()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        found.refuse(1, "it is not UTF-8")
        return found
    for line, row in _csv(text, found) if name.endswith(".csv") else _json(text, found):
        _take(line, row, found)
    _without_overlaps(found)
    found.faults.sort()
    return found


def _csv(text: str, found: Contents) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(io.StringIO(text))
    try:
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            found.refuse(1, f"the columns {', '.join(missing)} are missing")
            return
        for row in reader:
            yield reader.line_num, {name: (row[name] or "").strip() for name in _COLUMNS}
    except csv.Error as error:
        found.refuse(reader.line_num, str(error))


def _json(text: str, found: Contents) -> Iterator[tuple[int, Any]]:
    """Object by object, so that each has its line."""
    decoder, here = json.JSONDecoder(parse_float=Decimal), _blank(text, 0)
    if text[here : here + 1] != "[":
        found.refuse(_line(text, here), "it is not a list")
        return
    here = _blank(text, here + 1)
    while text[here : here + 1] != "]":
        try:
            row, end = decoder.raw_decode(text, here)
        except (ValueError, RecursionError):
            found.refuse(_line(text, here), "it is not JSON from here on")
            return
        yield _line(text, here), row
        here = _blank(text, end, ",")


def _blank(text: str, here: int, also: str = "") -> int:
    while here < len(text) and text[here] in " \t\r\n" + also:
        here += 1
    return here


def _line(text: str, here: int) -> int:
    return text.count("\n", 0, here) + 1


def _take(line: int, row: Any, found: Contents) -> None:
    try:
        slot = msgspec.convert(row, Slot, strict=False)
    except msgspec.ValidationError as error:
        found.refuse(line, str(error))
        return
    objections = list(bounds_of(KwhPrice).objections(slot.price, "price"))
    if slot.ends_at <= slot.starts_at:
        objections.append("It ends before it begins.")
    if objections:
        found.refuse(line, " ".join(objections))
    else:
        found.slots.append((line, slot))


def _without_overlaps(found: Contents) -> None:
    kept: dict[int, list[tuple[int, Slot]]] = {}
    taken = list[tuple[int, Slot]]()
    for line, slot in found.slots:
        of_rate = kept.setdefault(slot.electricity_rate_id, [])
        place = bisect_left(of_rate, slot.starts_at, key=lambda one: one[1].starts_at)
        beside = of_rate[max(0, place - 1) : place + 1]
        other = next((n for n, one in beside if one.starts_at < slot.ends_at and slot.starts_at < one.ends_at), None)
        if other is None:
            of_rate.insert(place, (line, slot))
            taken.append((line, slot))
        else:
            found.refuse(line, f"It is for the same time as line {other}.")
    found.slots = taken
