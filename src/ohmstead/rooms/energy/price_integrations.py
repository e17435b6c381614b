"""Price integrations: the markets whose prices the owners of personal charge points may follow, and the electricity
rate that each has them in."""

from typing import Annotated, Literal

from msgspec import Meta
from sqlalchemy import BigInteger, Column, ForeignKey, Text, bindparam, select

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import Statement, table
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import row_changed
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.energy.rates import electricity_rate, rates

price_integration = table(
    "price_integration",
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("electricity_rate_id", BigInteger, ForeignKey(electricity_rate.c.id), nullable=False, index=True),
)
_own = price_integration.c
RATE_TYPES = {"octopus_agile": "agile_octopus", "octopus_go": "octopus_go", "nordpool": "nord_pool"}
"""Type of an integration -> that of its rate."""
_WITH_RATE = Statement(select(_own.id).where(_own.electricity_rate_id == bindparam("key", type_=BigInteger)).limit(1))


class PriceIntegration(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    type: Literal["octopus_agile", "octopus_go", "nordpool"]
    electricity_rate_id: Annotated[int, Meta(description="A rate of the same market: its prices are meant.")]


price_integrations = Resource(
    "price-integrations",
    price_integration,
    tag="internal / price integrations",
    title="Price integration",
    key="priceIntegration",
    access=SHARED,
    versions=[Version("v1.0", PriceIntegration, internal=True)],
    changed=row_changed("priceIntegration"),
    references={"electricity_rate_id": rates},
)


@price_integrations.rule
async def its_rate_is_of_its_market(write: Write) -> None:
    rate = write.referred("electricity_rate_id")
    if rate is None:
        rate = await write.tx.one(
            select(electricity_rate).where(electricity_rate.c.id == write.value_of("electricity_rate_id"))
        )
    wanted = RATE_TYPES[write.value_of("type")]
    if rate is not None and rate["type"] != wanted:
        write.add_error("electricityRateId", f"The electricity rate must be of the type {wanted}.")


@rates.rule
async def an_integrations_rate_stays_of_its_market(write: Write) -> None:
    before = write.before
    if before is None or write.value_of("type") == before["type"]:
        return
    if await write.tx.value(_WITH_RATE, key=write.id) is not None:
        write.add_error("type", "A price integration has the electricity rate.")


@rates.deleting
async def no_integration_has_it(write: Write) -> None:
    if await write.tx.value(_WITH_RATE, key=write.id) is not None:
        raise Conflict("A price integration has the electricity rate.")
