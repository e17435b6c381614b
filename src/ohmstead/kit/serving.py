"""Serving: the operations that follow from the declaration of a resource, one of each version's verbs."""

from collections.abc import Iterable, Iterator

from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Operation
from ohmstead.kit.paging import Pages
from ohmstead.kit.reading import Reader
from ohmstead.kit.rendering import reader_of
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.writing import Writer

Declared = Resource | Group | Iterable[Operation]
"""What a room exports as its operations."""


def operations_of(*declared: Declared) -> list[Operation]:
    """The operations of resources and groups, in their order. Those of a resource are made when first asked for: by
    then every room must have added what it adds."""
    found: list[Operation] = []
    for one in declared:
        if isinstance(one, Resource):
            if one.operations is None:
                one.operations = [each for version in one.versions for each in _of_version(one, version)]
            found += one.operations
        else:
            found += one.operations if isinstance(one, Group) else one
    return found


def _of_version(resource: Resource, version: Version) -> Iterator[Operation]:
    reader = reader_of(resource, version.name)
    writer = Writer(resource, version, reader)
    for verb in version.verbs:
        yield _operation(resource, version, verb, reader, writer)


def _operation(resource: Resource, version: Version, verb: str, reader: Reader, writer: Writer) -> Operation:
    facts = reader.operation_fields(verb) if verb in ("list", "read") else writer.operation_fields(verb)
    facts["parameters"] = (*facts.get("parameters", ()), *resource.path_parameters(verb))
    if verb in version.linked:
        facts["pages"] = Pages.ALONE
    facts["errors"] = tuple(sorted({*facts["errors"], *version.extra_statuses.get(verb, ())}))
    words = {"list": "Listing", "read": "Read", "put": "Create or update", "replace": "Update"}
    word = words.get(verb, verb.capitalize())
    return Operation(
        path=resource.path(version, verb),
        tag=f"internal / {resource.scope()}" if version.internal else resource.tag,
        summary=f"{resource.title} / {word}",
        deprecated=version.deprecated,
        scope=f"{resource.scope()}.{'read' if verb in ('list', 'read') else 'write'}",
        partners=resource.opens(facts["method"]),
        terminals=verb in version.terminals,
        wrapped=verb not in version.unwrapped,
        references=resource.references if verb not in ("list", "read", "delete") else {},
        **facts,
    )
