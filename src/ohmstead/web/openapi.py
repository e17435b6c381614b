"""The OpenAPI document, emitted from the same declarations the routes run on."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect

from ohmstead.kit.errors import BY_STATUS
from ohmstead.kit.filters import Filter
from ohmstead.kit.notifications import Notification
from ohmstead.kit.operations import JSON, Operation, Parameter
from ohmstead.kit.paging import CursorLinks, CursorMeta, NumberLinks, NumberMeta, Pages

_REF = "#/components/schemas/{name}"
_PAGE_TYPES = (CursorLinks, CursorMeta, NumberLinks, NumberMeta)
_QUERY: dict[str, dict[str, Any]] = {
    "per_page": {"schema": {"type": "integer", "default": 100, "minimum": 1, "maximum": 100}},
    "page": {"schema": {"type": "integer", "default": 1, "minimum": 1}, "description": "The page, from 1."},
    "cursor": {"schema": {"type": "string"}, "description": "Follow links.next; empty for the first page."},
}
_PAGED = {
    Pages.CURSOR: ("per_page", "cursor"),
    Pages.NUMBER: ("page", "per_page"),
    Pages.EITHER: ("page", "per_page", "cursor"),
    Pages.WHOLE: (),
    Pages.ALONE: (),
}
_HEADERS = {
    "X-Signature": "HMAC-SHA256 of the body's bytes, in hexadecimal, keyed with the token that made the subscription.",
    "X-Timestamp": "When it was sent: ISO 8601 with microseconds, UTC.",
    "X-Tenant": "Whose system sends it.",
    "X-Webhook-Id": "The id of the subscription.",
    "X-Webhook-Type": "The notification's name.",
}
_ERROR = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "The texts of each field that is wrong (422).",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def document(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    operations = list(operations)
    schemas, components = _schemas(operations)
    components["Error"] = _ERROR
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ohmstead Public API", "version": version, "license": {"name": "Apache-2.0"}},
        "security": [{"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in operations)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(operations: list[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """The schema of every type in use, and the components they share."""
    types: list[Any] = list(_PAGE_TYPES)
    for one in operations:
        types += [kind for kind in (one.body, *one.answers.values()) if kind is not None]
        types += [item.type for item in (*one.filters, *one.parameters)]
        types += [shape for _, shape in _told(one)]
    unique = list({_key(kind): kind for kind in types}.values())
    found, components = msgspec.json.schema_components(unique, ref_template=_REF)
    moments = _Moments(components)
    for kind, schema in zip(inspect.multi_type_info(unique), found, strict=True):
        moments.mark(kind, schema)
    return (
        {_key(kind): _typed(schema) for kind, schema in zip(unique, found, strict=True)},
        {name: _typed(schema) for name, schema in components.items()},
    )


class _Moments:
    """Says `date-time` of every moment: left to itself, msgspec does so only where a zone has to be given."""

    def __init__(self, components: dict[str, Any]) -> None:
        self._components, self._marked = components, set[str]()

    def mark(self, kind: inspect.Type, schema: dict[str, Any]) -> None:
        """Follow a type and its schema side by side; of a choice whatever fits the type."""
        for choice in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
            self.mark(kind, choice)
        match kind:
            case inspect.Metadata():
                self.mark(kind.type, schema)
            case inspect.UnionType():
                for part in kind.types:
                    self.mark(part, schema)
            case inspect.DateTimeType() if schema.get("type") == "string" and "enum" not in schema:
                schema.setdefault("format", "date-time")
            case inspect.CollectionType() if isinstance(schema.get("items"), dict):
                self.mark(kind.item_type, schema["items"])
            case inspect.DictType() if isinstance(schema.get("additionalProperties"), dict):
                self.mark(kind.value_type, schema["additionalProperties"])
            case inspect.StructType():
                self._struct(kind, schema.get("$ref", "").rpartition("/")[2])
            case _:
                pass

    def _struct(self, kind: inspect.StructType, name: str) -> None:
        told = self._components.get(name, {}).get("properties", {})
        if name in self._marked or any(field.encode_name not in told for field in kind.fields):
            return
        self._marked.add(name)
        for field in kind.fields:
            self.mark(field.type, told[field.encode_name])


def _key(kind: Any) -> Any:
    try:
        hash(kind)
    except TypeError:
        return repr(kind)
    return kind


def _typed(schema: Any) -> Any:
    """Say the type of enums and decimals as they are on the wire; drop titles that repeat the component's name."""
    if isinstance(schema, list):
        return [_typed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    typed = {name: _typed(part) for name, part in schema.items() if not (name == "title" and isinstance(part, str))}
    if typed.get("format") == "decimal":
        typed["type"] = "number"  # as the encoder writes it
    if "enum" in typed and "type" not in typed and isinstance(typed["enum"], list):
        words = all(isinstance(value, str) for value in typed["enum"] if value is not None)
        typed["type"] = "string" if words else "number"
    return typed


def _operation(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _identifier(operation),
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [*_path(operation, schemas), *_queries(operation, schemas)],
        "responses": _responses(operation, schemas),
    }
    if operation.doc:
        described["description"] = operation.doc
    if operation.deprecated:
        described["deprecated"] = True
    described |= {"security": []} if operation.open else {"x-scope": operation.scope}
    if operation.body is not None:
        content = {JSON: {"schema": schemas[_key(operation.body)]}}
        described["requestBody"] = {"content": content, "required": operation.body_required}
    if operation.callbacks:
        where = "callbackUrl" if hasattr(operation.body, "callback_url") else "webhook/callbackUrl"
        told = ((one, _callback(one, schemas[shape])) for one, shape in _told(operation))
        described["callbacks"] = {one.name: {f"{{$request.body#/{where}}}": callback} for one, callback in told}
    return described


def _told(operation: Operation) -> list[tuple[Notification[Any], Any]]:
    """The notifications that an operation subscribes to, each name once, and the types of their bodies."""
    return [(one, one.shape()) for one in {one.name: one for one in operation.callbacks}.values()]


def _callback(one: Notification[Any], schema: dict[str, Any]) -> dict[str, Any]:
    """What is posted to whoever subscribed."""
    headers = [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": text}
        for name, text in _HEADERS.items()
    ]
    request = {
        "summary": one.name,
        "parameters": headers,
        "requestBody": {"content": {JSON: {"schema": schema}}, "required": True},
        "responses": {"202": {"description": "Any status from 200 to 299 says that it was taken"}},
    } | ({"deprecated": True} if one.deprecated else {})
    return {"post": request}


def _identifier(operation: Operation) -> str:
    words = re.findall(r"[A-Za-z0-9]+", operation.path.removeprefix("/public-api/"))
    return operation.method.lower() + "".join(word[:1].upper() + word[1:] for word in words)


def _path(operation: Operation, schemas: dict[Any, Any]) -> list[dict[str, Any]]:
    """The path's parameters: words of a list, of a type that the operation declares, or ids."""
    declared = {one.name: schemas[_key(one.type)] for one in operation.parameters}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "enum": list(operation.choices[name])}
            if name in operation.choices
            else declared.get(name, {"type": "integer"}),
        }
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _queries(operation: Operation, schemas: dict[Any, Any]) -> list[dict[str, Any]]:
    queries = [{"name": name, "in": "query", **_QUERY[name]} for name in _PAGED.get(operation.pages, ())]
    if operation.filters:
        queries.append(_filter(operation.filters, schemas))
    if operation.includes:
        items = {"type": "string", "enum": list(operation.includes)}
        queries.append({"name": "include[]", "in": "query", "schema": {"type": "array", "items": items}})
    named = [one for one in operation.parameters if "{" + one.name + "}" not in operation.path]
    return queries + [_parameter(one, schemas) for one in named]


def _filter(filters: tuple[Filter, ...], schemas: dict[Any, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for one in filters:
        described = {"description": one.doc} if one.doc else {}
        _descend(properties, one.name)[one.name.rpartition(".")[2]] = schemas[_key(one.type)] | described
    schema = {"type": "object", "properties": properties}
    return {"name": "filter", "in": "query", "style": "deepObject", "explode": True, "schema": schema}


def _descend(properties: dict[str, Any], name: str) -> dict[str, Any]:
    for part in name.split(".")[:-1]:
        properties = properties.setdefault(part, {"type": "object", "properties": {}})["properties"]
    return properties


def _parameter(one: Parameter, schemas: dict[Any, Any]) -> dict[str, Any]:
    schema = schemas[_key(one.type)] | ({} if one.default is None else {"default": one.default})
    return {"name": one.name, "in": "query", "schema": schema} | ({"description": one.doc} if one.doc else {})


def _responses(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, kind in operation.answers.items():
        responses[str(status)] = {"description": _WORDS.get(status, "Success")}
        if kind is not None:
            content = _enveloped(operation, schemas[_key(kind)])
            responses[str(status)]["content"] = {JSON: {"schema": content}}
    unreadable = () if operation.body is None else (400,)
    for status in sorted({*operation.errors, *unreadable}):
        error = {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
        responses[str(status)] = {"description": BY_STATUS[status].message, "content": error}
    return responses


_WORDS = {200: "Success", 201: "Created", 202: "Action accepted", 204: "Done, nothing to say"}


def _enveloped(operation: Operation, schema: dict[str, Any]) -> dict[str, Any]:
    """Resources are wrapped in `data`, listings with links and meta; hand-written operations answer as they declare."""
    if not operation.wrapped:
        return schema
    properties: dict[str, Any] = {"data": schema}
    links, meta = _around(operation.pages)
    if links:
        properties |= {"links": links, "meta": meta}
    required = ["data"] if operation.single else list(properties)
    return {"type": "object", "required": required, "properties": properties}


def _around(pages: Pages | None) -> tuple[Any, Any]:
    cursor = ({"$ref": _REF.format(name="CursorLinks")}, {"$ref": _REF.format(name="CursorMeta")})
    number = ({"$ref": _REF.format(name="NumberLinks")}, {"$ref": _REF.format(name="NumberMeta")})
    if pages in (Pages.CURSOR, Pages.ALONE):
        return cursor
    if pages is Pages.NUMBER:
        return number
    if pages is Pages.EITHER:
        return {"anyOf": [cursor[0], number[0]]}, {"anyOf": [number[1], cursor[1]]}
    return None, None
