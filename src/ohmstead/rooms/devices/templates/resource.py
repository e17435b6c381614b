"""The resource of configuration templates."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta
from sqlalchemy import BigInteger, Text, bindparam, func, select, update

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import Statement
from ohmstead.kit.errors import Conflict
from ohmstead.kit.filters import Filter
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.devices.configuration.table import configuration_template
from ohmstead.rooms.devices.durable_facts import ConfigurationTemplateChanged

_own = configuration_template.c
_NAMED = Statement(select(_own.id).where(_own.name == bindparam("name", type_=Text)))
TOUCH = Statement(
    update(configuration_template)
    .where(_own.id == bindparam("template", type_=BigInteger))
    .values(updated_at=bindparam("now"))
)

Name = Annotated[str, Meta(min_length=1, max_length=255)]


class TemplateChange(View):
    name: Name


class Template(TemplateChange):
    id: Id
    ocpp_version: Annotated[
        Literal["ocpp 1.6", "ocpp 2.0.1"], Meta(description="What the charge points speak that it is for; it stays.")
    ]
    last_updated_at: ReadOnly[datetime]


templates = Resource(
    "configuration-templates",
    configuration_template,
    tag="resource / configuration templates",
    title="Configuration Template",
    key="template",
    access=SHARED,
    versions=[Version("v1.0", Template, update_view=TemplateChange, extra_statuses={"create": (409,)})],
    conflicts={"uq_configuration_template_name": ("name", "The name has already been taken.")},
    filters=[
        Filter(
            "ocppVersion",
            Literal["ocpp1.6", "ocpp2.0.1", "ocpp 1.6", "ocpp 2.0.1"],
            lambda value: func.replace(_own.ocpp_version, " ", "") == func.replace(value, " ", ""),
            Text(),
            "What the charge points speak that it is for.",
        )
    ],
    changed=ConfigurationTemplateChanged,
)


@templates.creating
async def a_name_is_given_once(write: Write) -> None:
    if await write.tx.value(_NAMED, name=write.values["name"]) is not None:
        raise Conflict("There is a configuration template of this name.")
