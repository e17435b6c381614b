"""Room: how much of a local list a station takes at once and in all, as it says itself, and the parts that fit."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Rejected
from ohmstead.rooms.devices.configuration.table import configuration_variable
from ohmstead.rooms.devices.stations import (
    GetConfiguration,
    GetVariables,
    LocalTag,
    Setting,
    StationError,
    StationRefused,
    VariableName,
    stations,
)

CONTROLLER = "LocalAuthListCtrlr"  # OCPP 2.0.1 Part 2, 2.11
USUAL_AT_ONCE, USUAL_IN_ALL = 100, 1000  # where the station does not say
ENVELOPE_BYTES = 160  # of a message without its tags, at most
TAG_BYTES = 175  # of a tag beside its own characters and its parent's, at most

_KEYS = {"SendLocalListMaxLength": "at_once", "LocalAuthListMaxLength": "in_all"}  # OCPP 1.6, 9.2
_VARIABLES = {"ItemsPerMessage": "at_once", "BytesPerMessage": "bytes_at_once"}
_own = configuration_variable.c
_ENTRIES = Statement(  # a variable's greatest value is told in reports alone
    select(_own.max_limit)
    .where(_own.charge_point_id == bindparam("station", type_=BigInteger), _own.component_name == CONTROLLER)
    .where(_own.name == "Entries", _own.max_limit > 0)
)


class Room(Struct, frozen=True):
    """Tags at once and in all, bytes of a message (None: any)."""

    at_once: int = USUAL_AT_ONCE
    in_all: int = USUAL_IN_ALL
    bytes_at_once: int | None = None


async def entries(tx: Tx, station: int) -> int | None:
    """How many tags a 2.x station has room for, where that was reported."""
    return await tx.value(_ENTRIES, station=station)


async def room_at(station: int, version: str | None, in_all: int | None) -> Room:
    """What the station says; the usual where it does not know how. Rejected where it does not answer."""
    first = version == "1.6"
    wanted = tuple(VariableName(key=key, component=CONTROLLER) for key in _VARIABLES)
    try:
        said = await stations.current.call(
            station, GetConfiguration(keys=tuple(_KEYS)) if first else GetVariables(variables=wanted)
        )
        settings = said.settings
    except StationRefused:
        settings = ()
    except StationError as error:
        raise Rejected(str(error)) from None
    known = {"in_all": in_all} if in_all else {}
    return Room(**known | _numbers(settings, _KEYS if first else _VARIABLES))


def _numbers(settings: tuple[Setting, ...], names: dict[str, str]) -> dict[str, int]:
    """Nought, and what is no number, says nothing."""
    said = {names[one.key]: one.value for one in settings if one.key in names}
    return {name: int(value) for name, value in said.items() if value and value.isdecimal() and int(value)}


def parts(entries: list[LocalTag], room: Room) -> Iterator[list[LocalTag]]:
    """Entries of a list in as many messages as they take: at least one."""
    part: list[LocalTag] = []
    size = ENVELOPE_BYTES
    for entry in entries:
        size += _bytes(entry)
        if part and (len(part) == room.at_once or size > (room.bytes_at_once or size)):
            yield part
            part, size = [], ENVELOPE_BYTES + _bytes(entry)
        part.append(entry)
    yield part


def _bytes(entry: LocalTag) -> int:
    """Of an entry on the wire, at most."""
    texts = [entry.id_tag, entry.parent or ""]
    return TAG_BYTES + sum(len(msgspec.json.encode(text)) for text in texts)
