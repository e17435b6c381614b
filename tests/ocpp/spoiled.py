"""Payloads of every incoming message with one thing wrong, place by place, made from the schemas."""

import asyncio
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from ohmstead.ocpp.v16.version import ANSWERS as TAKEN_1_6
from ohmstead.ocpp.v201.version import ANSWERS as TAKEN_2_0_1
from tests.ocpp.memory_socket import MemorySocket
from tests.ocpp.schemas import example, schema

ABSENT = object()
TAKEN = {"v16": sorted(TAKEN_1_6), "v201": sorted(TAKEN_2_0_1)}
Place = tuple[str | int, ...]


class Asking(MemorySocket):
    """Stays until every frame has its answer, also those that come beside the others."""

    def __init__(self, script: list[bytes]) -> None:
        super().__init__(script)
        self._left = len(script)
        self._answered = asyncio.Event()

    async def answered(self) -> None:
        async with asyncio.timeout(120):
            while len(self.said) < self._left:
                self._answered.clear()
                await self._answered.wait()

    def write(self, frame: bytes) -> bool:
        self._answered.set()
        return super().write(frame)


def payload(version: str, action: str) -> Any:
    """A full one, as it should be."""
    return example(_name(version, action), True, version)


def places(version: str, action: str, required: bool) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every property with its schema, also inside of objects and lists; or only those that are required where they
    are."""
    root = schema(_name(version, action), version)
    return _places(root, root, (), required)


def _places(shape: dict[str, Any], root: dict[str, Any], place: Place, required: bool) -> Iterator[tuple[Place, Any]]:
    if "$ref" in shape:
        shape = root["definitions"][shape["$ref"].rsplit("/", 1)[-1]]
    if shape.get("type") == "array":
        yield from _places(shape["items"], root, (*place, 0), required)
    if shape.get("javaType") == "CustomData":
        return
    for name, inner in shape.get("properties", {}).items():
        resolved = root["definitions"][inner["$ref"].rsplit("/", 1)[-1]] if "$ref" in inner else inner
        if not required or name in shape.get("required", []):
            yield (*place, name), resolved
        yield from _places(inner, root, (*place, name), required)


def spoiled(whole: Any, place: Place, value: Any) -> Any:
    """The payload with another value at the place, or none at all."""
    copy = deepcopy(whole)
    holder = copy
    for step in place[:-1]:
        holder = holder[step]
    if value is ABSENT:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return copy


def named(place: Place) -> str:
    """`meterValue[].timestamp`."""
    return "".join("[]" if step == 0 else f".{step}" for step in place).removeprefix(".")


def _name(version: str, action: str) -> str:
    return action if version == "v16" else f"{action}Request"
