"""Rendering: rows as the API answers them, outside of any request: for webhooks, streams and documents."""

from collections.abc import Collection
from functools import cache
from typing import Any

from ohmstead.kit.db import Tx
from ohmstead.kit.errors import Forbidden
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.reading import Reader
from ohmstead.kit.resources import Resource


@cache
def reader_of(resource: Resource, version: str) -> Reader:
    """The one reader of a version, by its name. What rooms add to the resource has to be there by then."""
    return Reader(resource, next(one for one in resource.versions if one.name == version))


async def rendered(
    resource: Resource, version: str, ids: Collection[int], tx: Tx, context: RenderContext
) -> dict[int, Any]:
    """Rows as a GET answers them to the actor of `context` (what stands in `data`), by id; those that it does not see
    are left out. Forbidden where it may not read the resource at all, Invalid where it names an unknown include."""
    actor = context.actor
    if not actor.may(f"{resource.scope()}.read") or (actor.binding and not resource.opens("GET")):
        raise Forbidden
    return await reader_of(resource, version).many(ids, tx, context)
