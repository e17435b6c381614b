"""Many variables put into a configuration template at once: all of them, or none."""

from typing import Any

from sqlalchemy import bindparam, insert

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import creates, provided
from ohmstead.rooms.devices.configuration.table import template_variable
from ohmstead.rooms.devices.durable_facts import ConfigurationTemplateChanged
from ohmstead.rooms.devices.templates.resource import TOUCH, templates
from ohmstead.rooms.devices.templates.variables import IDENTITY, OF_1_6, OF_2, REQUIRED, Variable, faults, is_there

bulk = Group(
    "action / configuration template", "actions/configuration-template/", "configuration-templates", access=OPERATOR
)

_COLUMNS = ("configuration_template_id", *IDENTITY, "value", "created_at", "updated_at")
_ADD = Statement(insert(template_variable).values({name: bindparam(name) for name in _COLUMNS}))


@bulk.post("v1.0/{template}/insert-bulk-variables", "Configuration Template / Bulk Create Variables",
           body=list[creates(Variable)], status=200)  # fmt: skip
async def insert_bulk_variables(call: Call, variables: list[Any]) -> None:
    """Add variables to those the template has. One that is wrong, or is there already, or is given twice, is named by
    its place in the list, and nothing is added."""
    template = await templates.find(call, lock=True)
    errors: dict[str, list[str]] = {}
    for number, variable in enumerate(variables):
        for field, text in (await _added(call, template, provided(variable))).items():
            errors[f"{number}.{field}"] = [text]
    if errors:
        raise Invalid.of(errors)
    await call.tx.run(TOUCH, template=template["id"], now=call.now)
    call.tx.tell(ConfigurationTemplateChanged(id=template["id"], action="updated"))
    call.changes = {"id": template["id"], "fields": ["variables"]}


async def _added(call: Call, template: Row, values: dict[str, Any]) -> dict[str, str]:
    """Why a variable cannot be added, by field; it is where there is no reason."""
    [kind, *_] = REQUIRED[template["ocpp_version"]]
    if found := faults(template["ocpp_version"], values):
        return found
    row = dict.fromkeys(_COLUMNS) | {name: values[name] for name in (*IDENTITY, "value") if name in values}
    row |= {"configuration_template_id": template["id"], "name": values[kind]}
    if await is_there(call.tx, template["id"], row):
        return {(OF_1_6 | OF_2)[kind]: "The template has it already."}
    await call.tx.run(_ADD, **row | {"created_at": call.now, "updated_at": call.now})
    return {}
