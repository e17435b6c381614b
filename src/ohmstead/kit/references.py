"""References: what the ids in a body name. Each that is given is there for the caller, or a 422 names its field."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, Protocol

from msgspec import UNSET

from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Invalid, NotFound
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.validation import label
from ohmstead.kit.views import camel


class Referable(Protocol):
    """A resource, as a reference sees it."""

    async def get(self, call: Call, key: int, tx: Tx | None = None) -> Row:
        """The row of an id, under the caller's rights, or 404."""
        ...


class _Absent:
    async def get(self, call: Call, key: int, tx: Tx | None = None) -> Row:
        raise NotFound


ABSENT: Referable = _Absent()
"""Stands for a resource that is yet to be built: there is nothing to name, so that any id but null is refused."""

References = Mapping[str, Referable]
"""Attribute of a body -> whose id it is, or whose ids they are; `partner.contract_id` is one of a nested object's."""


async def look_up(references: References, body: Any, call: Call, tx: Tx) -> dict[str, str]:
    """Find the rows that a body (a struct, attributes, or a list) names, into `call.referred`; what is not there for
    the caller is an objection to its field."""
    errors: dict[str, str] = {}
    for name, place, key in _named(references, body):
        try:
            call.referred[name] = await references[name].get(call, key, tx)
        except NotFound:
            errors[place] = f"The selected {label(place)} is invalid."
    return errors


async def require(references: References, body: Any, call: Call) -> None:
    """Find the rows that an action's body names; Invalid where one is not there for the caller."""
    if next(_named(references, body), None) is None:
        return
    steps = call.operation.transactions is Transactions.MANUAL
    async with call.database.read() if steps else nullcontext(call.tx) as tx:
        errors = await look_up(references, body, call, tx)
    if errors:
        raise Invalid.of({place: [text] for place, text in errors.items()})


def _named(references: References, body: Any) -> Iterator[tuple[str, str, int]]:
    """Of each id that is given its reference and its place in the body."""
    if isinstance(body, list):
        for number, item in enumerate(body):
            yield from ((name, f"{number}.{place}", key) for name, place, key in _named(references, item))
        return
    for name in references:
        first, *rest = name.split(".")
        if (inner := _member(body, first)) is not None and inner is not UNSET:
            for place, key in _ids(inner, rest, camel(first)):
                yield name, place, key


def _ids(value: Any, names: list[str], place: str) -> Iterator[tuple[str, int]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _ids(item, names, f"{place}.{number}")
    elif names:
        yield from _ids(_member(value, names[0]), names[1:], f"{place}.{camel(names[0])}")
    elif value is not None and value is not UNSET:
        yield place, value


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
