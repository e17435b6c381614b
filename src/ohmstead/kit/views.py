"""Views: the shapes a version of a resource takes in and gives out, all derived from one declared struct.

A field is `T` (always there), `Opt[T]` (left out when unset), `T | None` (null when unset), wrapped in `ReadOnly` or
`WriteOnly` where only one side carries it. Field names are snake_case here and camelCase on the wire.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, TypeVar, Union, dataclass_transform, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.inspect import Field, Metadata, NoneType, UnionType, type_info

T = TypeVar("T")
Opt = Union[T, UnsetType]  # noqa: UP007 - only this spelling is a generic alias
ReadOnly = Annotated[T, Meta(extra_json_schema={"readOnly": True})]
WriteOnly = Annotated[T, Meta(extra_json_schema={"writeOnly": True})]
Deprecated = Annotated[T, Meta(extra_json_schema={"deprecated": True})]

_PLAIN, _HEX = r"[A-Za-z0-9_.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2}", "[0-9A-Fa-f]{1,4}"
_GROUPS = rf"(?:{_HEX}(?::{_HEX})*)?"
_IPV6 = rf"\[(?:{_HEX}(?::{_HEX}){{7}}|(?!(?:[^:\]]*:){{8}}){_GROUPS}::{_GROUPS})\]"
_HOST = rf"(?:(?:{_PLAIN}|:)*@)?(?:(?:{_PLAIN})+|{_IPV6})(?::[0-9]*)?"
HttpUrl = Annotated[  # RFC 3986, in ASCII; what stands behind `$` could else be a line's end
    str,
    Meta(
        max_length=2048,
        pattern=rf"^https?://{_HOST}(?:[/?](?:{_PLAIN}|[:@/?])*)?(?:#(?:{_PLAIN}|[:@/?])*)?$(?!\n)",
        extra_json_schema={"format": "uri"},
    ),
]
Link = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
"""A URL of ours in an answer."""

Id = ReadOnly[int]
Priority = Annotated[float, Meta(ge=0, description="A weight: 1 is as important as anyone else, 2 twice, 0.5 half.")]


@dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class _Shape(msgspec.StructMeta):
    """Fields by keyword in every shape, so that optional ones may stand where they belong (not inherited by itself)."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **options: Any) -> "_Shape":
        options.setdefault("kw_only", True)
        return super().__new__(cls, name, bases, body, **options)


class View(Struct, metaclass=_Shape, rename="camel"):
    """The base of every declared shape."""


class Translation(Struct):
    """A text in one language."""

    locale: Annotated[str, Meta(min_length=2, max_length=10, description="Language tag, for example en or pt-BR.")]
    translation: str


Translations = Annotated[list[Translation], Meta(min_length=1)]
"""A text in some languages, each once (see `validation`)."""
OptionalTranslations = list[Translation]
"""The same, or none: where a text that is not set is shown as an empty list."""


@cache
def fields(view: type[Struct]) -> Mapping[str, Field]:
    """The declared fields by attribute name, in order."""
    return {field.name: field for field in type_info(view).fields}  # type: ignore[union-attr]


def hints(view: type[Struct]) -> dict[str, Any]:
    """The declared annotations by attribute name, bases first."""
    found: dict[str, Any] = {}
    for base in reversed(view.__mro__):
        found.update(getattr(base, "__annotations__", {}))
    return found


def alternatives(annotation: Any) -> Iterator[Any]:
    """The plain types of an annotation: unions opened, metadata taken off."""
    if get_origin(annotation) is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif get_origin(annotation) is not None and get_origin(annotation) not in (list, dict, tuple, set):
        for part in get_args(annotation):
            yield from alternatives(part)
    else:
        yield annotation


def alternative(value: Mapping[str, Any], annotation: Any) -> type[Struct] | None:
    """The struct of an annotation that an object is read as: of several the one that its tag says, if it says one."""
    kinds = structs(annotation)
    if len(kinds) == 1:
        return kinds[0]
    return next((one for one in kinds if value.get(tag_field(one)) == one.__struct_config__.tag), None)


def structs(annotation: Any) -> list[type[Struct]]:
    """The structs among the plain types of an annotation."""
    return [one for one in alternatives(annotation) if isinstance(one, type) and issubclass(one, Struct)]


def tag_field(struct: type[Struct]) -> str:
    """The field that says which of several structs an object is."""
    return struct.__struct_config__.tag_field or ""


def marked(field: Field, mark: str) -> bool:
    """Whether the field carries `readOnly`, `writeOnly` or `deprecated`."""
    node = field.type
    while isinstance(node, Metadata):
        if mark in (node.extra_json_schema or {}):
            return True
        node = node.type
    return False


def bare(node: Any) -> Any:
    """A described type without its metadata."""
    while isinstance(node, Metadata):
        node = node.type
    return node


def nullable(field: Field) -> bool:
    """Whether null is a value of the field."""
    kind = bare(field.type)
    return isinstance(kind, UnionType) and any(isinstance(bare(part), NoneType) for part in kind.types)


def creates(view: type[Struct]) -> type[Struct]:
    """The body of a POST: what is writable, required where the view says so."""
    return _body(view, "Create", frozenset(name for name, field in fields(view).items() if field.required))


def updates(view: type[Struct], restated: Collection[str] = ()) -> type[Struct]:
    """The body of a PATCH: every writable field but the `restated` may be left out."""
    return _body(view, "Update", frozenset(restated))


@cache  # versions that share a view share its bodies
def _body(view: type[Struct], suffix: str, required: frozenset[str]) -> type[Struct]:
    declared = hints(view)
    members: list[Any] = [
        (name, declared[name]) if name in required else (name, Union[declared[name], UnsetType], UNSET)  # noqa: UP007
        for name, field in fields(view).items()
        if not marked(field, "readOnly")
    ]
    return msgspec.defstruct(
        view.__name__ + suffix, members, kw_only=True, rename=_renames(view), module=view.__module__
    )


def readable(view: type[Struct]) -> dict[str, Field]:
    """The fields an answer may carry."""
    return {name: field for name, field in fields(view).items() if not marked(field, "writeOnly")}


def answer_struct(view: type[Struct], order: list[str], absent: Collection[str] = ()) -> type[Struct]:
    """The struct an answer is encoded from: positional in `order`, any field may be unset, values are ready JSON. Where
    a field of `absent` is None it is left out, too."""
    members: list[Any] = [(name, Any, None if name in absent else UNSET) for name in order]
    return msgspec.defstruct(
        view.__name__ + "Answer", members, rename=_renames(view), module=view.__module__, omit_defaults=True
    )


def _renames(view: type[Struct]) -> dict[str, str]:
    return {field.name: field.encode_name for field in fields(view).values()}


def provided(body: Struct) -> dict[str, Any]:
    """Attribute name -> value of what a body really carried, its tag with it; moments without a zone are UTC."""
    tag = body.__struct_config__
    carried: dict[str, Any] = {snake(tag.tag_field): tag.tag} if tag.tag_field else {}
    for name in body.__struct_fields__:
        value = getattr(body, name)
        if value is not UNSET:
            carried[name] = aware(value) if isinstance(value, datetime) else value
    return carried


def camel(name: str) -> str:
    """An attribute as names are spelled on the wire."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def aware(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is taken as UTC, as is one that its zone moves off the calendar."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """A moment as the API writes it: UTC, seconds, offset form. Wants an aware datetime in UTC."""
    return moment.isoformat(timespec="seconds")


def snake(name: str) -> str:
    """A wire name as attributes are spelled."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
