"""Portions: as many variables in one call as a charge point takes; its DeviceDataCtrlr says so (OCPP 2.0.1, Part 2)."""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, or_, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.devices.configuration.table import configuration_variable
from ohmstead.rooms.devices.stations import ChangeConfiguration, VariableName

MOST = 10  # variables in one call to a charge point that does not say how many it takes
CALL_BYTES = 100  # of a call without its variables
VARIABLE_BYTES = 200  # at most, of a variable without the texts that name it

_own = configuration_variable.c
_LIMITS = Statement(
    select(_own.name, _own.value).where(
        _own.charge_point_id == bindparam("station", type_=BigInteger),
        _own.component_name == "DeviceDataCtrlr",
        or_(_own.name == "ItemsPerMessage", _own.name == "BytesPerMessage"),
        _own.instance == bindparam("action"),
    )
)


class Portion(Struct, frozen=True):
    """How much one call may hold; no `bytes`: as much as it likes."""

    items: int = MOST
    bytes: int | None = None

    def cut(self, names: Sequence[VariableName]) -> Iterator[tuple[VariableName, ...]]:
        """The variables in their order, call by call. One that is too long by itself goes alone."""
        part: list[VariableName] = []
        size = CALL_BYTES
        for name in names:
            more = VARIABLE_BYTES + sum(len(msgspec.json.encode(text)) for text in _texts(name))
            full = len(part) >= self.items or (self.bytes is not None and size + more > self.bytes)
            if part and full:
                yield tuple(part)
                part, size = [], CALL_BYTES
            part.append(name)
            size += more
        if part:
            yield tuple(part)


async def portion_of(tx: Tx, station_id: int, action: str) -> Portion:
    """What a charge point takes in one call of an action (GetVariables, SetVariables)."""
    told = {row["name"]: row["value"] for row in await tx.all(_LIMITS, station=station_id, action=action)}
    return Portion(_number(told.get("ItemsPerMessage")) or MOST, _number(told.get("BytesPerMessage")))


def _number(value: str | None) -> int | None:
    return int(value) or None if value and value.isdecimal() else None


def _texts(name: VariableName) -> Iterator[str]:
    yield name.key
    yield from filter(None, (name.component, name.component_instance, name.instance))
    if isinstance(name, ChangeConfiguration):
        yield name.value
