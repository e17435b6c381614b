"""The variables of configuration templates: keys of OCPP 1.6, or variables of components of OCPP 2.0.1."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Integer, Text, bindparam, func, select

from ohmstead.kit.access import INHERITED
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.validation import label
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.devices.configuration.standard import PASSWORDS
from ohmstead.rooms.devices.configuration.table import template_variable
from ohmstead.rooms.devices.stations import Attribute
from ohmstead.rooms.devices.templates.resource import TOUCH, templates

Value = Annotated[str, Meta(max_length=1000)]
Word = Annotated[str, Meta(min_length=1, max_length=50)]
Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]

OF_1_6 = {"key_name": "keyName"}
OF_2 = {
    "variable_name": "variableName",
    "component": "component",
    "variable_type": "variableType",
    "variable_instance": "variableInstance",
    "component_instance": "componentInstance",
    "evse_id": "evseId",
    "connector_id": "connectorId",
}
REQUIRED = {"ocpp 1.6": ("key_name", "value"), "ocpp 2.0.1": ("variable_name", "component", "value")}
FOREIGN = {"ocpp 1.6": OF_2, "ocpp 2.0.1": OF_1_6}

_own = template_variable.c
IDENTITY = ("name", "component", "component_instance", "evse_id", "connector_id", "variable_instance", "variable_type")
_NUMBERS = ("evse_id", "connector_id")


def _is_same(name: str) -> Any:
    asked = bindparam(name, type_=Integer() if name in _NUMBERS else Text())
    if name == "variable_type":
        return func.coalesce(_own[name], "Actual") == func.coalesce(asked, "Actual")
    return _own[name].is_not_distinct_from(asked)


_TWIN = Statement(
    select(_own.id).where(
        _own.configuration_template_id == bindparam("template", type_=BigInteger),
        _own.id != bindparam("but", type_=BigInteger),
        *(_is_same(name) for name in IDENTITY),
    )
)


class Variable(View):
    """Of OCPP 1.6 `keyName` and `value`; of OCPP 2.0.1 all the others."""

    id: Id
    key_name: Opt[Annotated[Word, Meta(description="OCPP 1.6: the key.")]] = UNSET
    value: Opt[Value] = UNSET
    variable_name: Opt[Word] = UNSET
    variable_type: Opt[Annotated[Attribute, Meta(description="Its attribute; null is Actual.")] | None] = UNSET
    variable_instance: Opt[Word | None] = UNSET
    component: Opt[Word] = UNSET
    component_instance: Opt[Word | None] = UNSET
    evse_id: Opt[Annotated[Number, Meta(description="The number of the component's EVSE in OCPP.")] | None] = UNSET
    connector_id: Opt[Annotated[Number, Meta(description="The number of its connector at the EVSE.")] | None] = UNSET
    last_updated_at: ReadOnly[datetime]


def as_its_version_has_it(fields: dict[str, Any]) -> dict[str, Any]:
    """A key of OCPP 1.6 is shown without what it has no place for, and a variable of 2.0.1 without a key."""
    foreign = OF_1_6 if "component" in fields else OF_2
    return {name: value for name, value in fields.items() if name not in foreign}


template_variables = Resource(
    "variables",
    template_variable,
    tag="resource / configuration templates",
    title="Configuration Template Variable",
    key="variable",
    access=INHERITED,
    versions=[
        Version(
            "v1.0",
            Variable,
            verbs=("list", "create", "update", "delete"),
            downgrade=as_its_version_has_it,
            extra_statuses={"create": (409,)},
        )
    ],
    parent=Parent(templates, _own.configuration_template_id),
    columns={"key_name": _own.name, "variable_name": _own.name},
)


def faults(ocpp_version: str, values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a variable of a template for this version: API name -> text."""
    words = OF_1_6 | OF_2 | {"value": "value"}
    found = {
        words[name]: f"The {label(words[name])} field is required."
        for name in REQUIRED[ocpp_version]
        if values.get(name) is None
    }
    found |= {
        word: f"A variable for {ocpp_version.replace('ocpp', 'OCPP')} has no {label(word)}."
        for name, word in FOREIGN[ocpp_version].items()
        if values.get(name) is not None
    }
    if values.get("connector_id") is not None and values.get("evse_id") is None:
        found["evseId"] = "The evse id field is required when connector id is given."
    for name in ("key_name", "variable_name"):
        if values.get(name) in PASSWORDS:
            found[words[name]] = "A password is set on each charge point by itself."
    return found


async def is_there(tx: Tx, template: int, values: Mapping[str, Any], but: int = 0) -> bool:
    """Whether the template has a variable of the same name, other than the one of id `but`."""
    identity = {name: values.get(name) for name in IDENTITY}
    return await tx.value(_TWIN, template=template, but=but, **identity) is not None


@template_variables.rule
async def it_is_as_the_version_of_its_template_has_it(write: Write) -> None:
    version = await _version(write)
    name = "key_name" if version == "ocpp 1.6" else "variable_name"
    before = {} if write.before is None else {**write.before, name: write.before["name"]}
    for field, text in faults(version, before | write.values).items():
        write.add_error(field, text)
    for kind in ("key_name", "variable_name"):
        if kind in write.values:
            write.values["name"] = write.values.pop(kind)


@template_variables.rule
async def it_stands_there_once(write: Write) -> None:
    write.raise_errors()
    template = write.value_of("configuration_template_id")
    if not await is_there(write.tx, template, {name: write.value_of(name) for name in IDENTITY}, but=write.id):
        return
    if write.verb == "create":
        raise Conflict("The template has this variable already.")
    write.add_error(
        "keyName" if write.value_of("component") is None else "variableName", "The template has it already."
    )


@template_variables.after
async def a_template_changes_with_its_variables(write: Write) -> None:
    await write.tx.run(TOUCH, template=write.value_of("configuration_template_id"), now=write.tx.now)


async def _version(write: Write) -> str:
    """The version of a template is settled when it is created."""
    if write.parent is not None:
        return write.parent["ocpp_version"]
    assert write.before is not None
    return "ocpp 1.6" if write.before["component"] is None else "ocpp 2.0.1"
