"""Notifications: what clients are told of, each declared beside the code of the fact that it follows from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import new_class
from typing import Any, Generic, Literal

from msgspec import Struct

from ohmstead.kit.facts import F
from ohmstead.kit.operations import encoder
from ohmstead.kit.views import View


@dataclass(frozen=True, slots=True)
class Notification(Generic[F]):
    """A `fact` becomes the event `name`: `build` makes its payload of the fact and of the moment of it, as the API
    writes moments; where that is None nothing is told.

    What happens to one `entity`, a word and the fact's field `key`, is told in its order. A subscriber's token needs
    the right to read `scope`.
    """

    name: str
    fact: type[F]
    payload: type[View]
    build: Callable[[F, str], View | None]
    entity: str
    scope: str
    key: str = "id"
    deprecated: bool = False

    def entity_of(self, fact: F) -> str:
        """Whose order it keeps: "evse:7"."""
        return f"{self.entity}:{getattr(fact, self.key)}"

    def body(self, payload: View) -> bytes:
        """What goes on the wire: flat JSON, the name first."""
        rest = encoder.encode(payload)[1:]
        return b'{"notification":"%b"%b%b' % (self.name.encode(), b"," if rest != b"}" else b"", rest)

    def shape(self) -> type[Struct]:
        """The type of a body, for the document."""
        return _shape(self.name, self.payload)


@cache
def _shape(name: str, payload: type[View]) -> type[Struct]:
    if "notification" in payload.__struct_fields__:  # of one whose shape does not promise that it is there
        return payload
    named = {"__annotations__": {"notification": Literal[name]}, "__module__": payload.__module__}
    return new_class(payload.__name__ + "Body", (payload,), exec_body=lambda body: body.update(named))


Table = tuple[Notification[Any], ...]  # what a room tells
