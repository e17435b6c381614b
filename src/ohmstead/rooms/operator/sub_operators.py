"""Sub-operators: parts of the operator's business that look after some partners. A token may be bound to one."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, field
from sqlalchemy import ARRAY, BigInteger, Column, ColumnElement, Text, func, select

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import table
from ohmstead.kit.facts import RowChanged
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, View
from ohmstead.kit.writes import Write

sub_operator = table(
    "sub_operator",
    Column("name", Text, nullable=False),
    Column("partner_ids", ARRAY(BigInteger), nullable=False, server_default="{}"),
)


def of_sub_operator(partner_id: ColumnElement[int | None], key: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the partner is one of those of a sub-operator."""
    its_own = select(func.unnest(sub_operator.c.partner_ids)).where(sub_operator.c.id == key)
    return partner_id.in_(its_own)


class SubOperator(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    partner_ids: list[int] = field(name="partner_ids")
    last_updated_at: ReadOnly[datetime]


class SubOperatorChanged(RowChanged, topic="subOperator.changed"):
    """A sub-operator was made, changed or deleted."""


sub_operators = Resource(
    "sub-operators",
    sub_operator,
    tag="resource / sub operators",
    title="Sub operator",
    key="subOperator",
    access=OPERATOR,
    versions=[
        Version("v1.0", SubOperator, pages=Pages.NUMBER, verbs=("list", "read")),
        Version("v1.0", SubOperator, pages=Pages.NUMBER, internal=True, field_names={"partnerIds": "partner_ids"}),
    ],
    changed=SubOperatorChanged,
)
"""Its partners are checked where they are known (see `people.partners`)."""


@sub_operators.writing
async def each_partner_once(write: Write) -> None:
    if "partner_ids" in write.values:
        write.values["partner_ids"] = list(dict.fromkeys(write.values["partner_ids"]))
