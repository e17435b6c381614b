"""Contents: facts that carry the whole row that they are about, as the API shows it to the operator."""

from typing import Annotated, Any

from msgspec import Meta

from ohmstead.kit.db import Tx
from ohmstead.kit.facts import Fact, contents
from ohmstead.kit.operations import Actor, RenderContext
from ohmstead.kit.rendering import rendered
from ohmstead.kit.resources import Resource
from ohmstead.kit.views import ReadOnly

Moment = ReadOnly[Annotated[str, Meta(extra_json_schema={"format": "date-time"})]]
"""When something happened, as the API writes it."""

OPERATOR = RenderContext(Actor(admin_id=0, token_id=0, scopes=frozenset({"*"})))
"""Whoever subscribes is the operator's; what of it a token may read was looked at when it subscribed."""


def carries(kind: type[Fact], resource: Resource, version: str) -> None:
    """Let facts of a kind carry the rows of their ids as a version shows them, of those that are (still) there."""

    @contents(kind)
    async def whole_rows(tx: Tx, ids: list[int]) -> dict[int, Any]:
        return await rendered(resource, version, ids, tx, OPERATOR)
