"""Utilities: the companies that electricity comes from. Electricity rates and charge points name theirs."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta
from sqlalchemy import BigInteger, Column, Text, bindparam, func, select

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import Statement, table
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import row_changed
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.energy.rates import electricity_rate, market_rates, rates

utility = table("utility", Column("name", Text, nullable=False))
_OF_IT = select(func.count()).select_from(electricity_rate)
_WITH_IT = Statement(
    select(electricity_rate.c.id).where(electricity_rate.c.utility_id == bindparam("key", type_=BigInteger)).limit(1)
)


class Utility(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    charge_points_count: ReadOnly[Annotated[int, Meta(description="Of those that the caller may see.")]]
    electricity_rates_count: ReadOnly[int]
    created_at: ReadOnly[datetime]
    updated_at: ReadOnly[datetime]


utilities = Resource(
    "utilities",
    utility,
    tag="resource / utilities",
    title="Utility",
    key="utility",
    access=SHARED,  # partners read whose electricity they pay for
    versions=[Version("v1.0", Utility, updates_by_put=True, required_on_update=("name",))],
    columns={
        "electricity_rates_count": _OF_IT.where(electricity_rate.c.utility_id == utility.c.id).scalar_subquery(),
    },
    changed=row_changed("utility"),
)
rates.refer(utility_id=utilities)
market_rates.refer(utility_id=utilities)


@utilities.deleting
async def no_rate_names_it(write: Write) -> None:
    if await write.tx.value(_WITH_IT, key=write.id) is not None:
        raise Conflict("Electricity rates still name the utility.")
