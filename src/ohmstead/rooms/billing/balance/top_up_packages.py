"""Top-up packages: amounts that users may buy for their balance, and what they get on top."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import Boolean, Column, Numeric

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import table
from ohmstead.kit.errors import NotAllowed
from ohmstead.kit.facts import row_changed
from ohmstead.kit.filters import is_true
from ohmstead.kit.money import Price
from ohmstead.kit.operations import Call, Reply
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.serving import operations_of
from ohmstead.kit.versions import VERBS, Version
from ohmstead.kit.views import Id, Opt, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.billing.balance.features import OFF, is_off
from ohmstead.rooms.operator import settings

topup_package = table(
    "topup_package",
    Column("price", Numeric, nullable=False),  # in base currency
    Column("bonus", Numeric, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default="false"),
)


class TopUpPackage(View):
    id: Id
    price: Annotated[Price, Meta(description="What it costs and brings, in base currency.")]
    bonus: Annotated[Price, Meta(description="What it brings on top.")]
    enabled: Opt[bool] = UNSET


class TopUpPackageBody(TopUpPackage):
    enabled: Annotated[Opt[bool | None], Meta(description="Whether it can be bought; null: no.")] = UNSET


top_up_packages = Resource(
    "top-up-packages",
    topup_package,
    tag="resource / top-up packages",
    title="Top-Up Package",
    key="topUpPackage",
    access=SHARED,
    versions=[
        Version("v2.0", TopUpPackage, pages=Pages.EITHER, create_view=TopUpPackageBody,
                extra_statuses=dict.fromkeys(VERBS, (405,))),
    ],
    filters=[is_true("enabled", topup_package.c.enabled)],
    changed=row_changed("topUpPackage"),
)  # fmt: skip


@top_up_packages.writing
async def it_is_off_until_it_is_enabled(write: Write) -> None:
    if write.value_of("enabled") is None:
        write.values["enabled"] = False


@top_up_packages.rule
async def amounts_are_of_the_base_currency(write: Write) -> None:
    places = (await settings.base_precision(write.tx)).amounts
    for name in ("price", "bonus"):
        amount: Decimal = write.value_of(name)
        if amount != round(amount, places):
            write.add_error(name, f"The {name} may not have more than {places} decimals.")
    if write.value_of("price") <= 0:
        write.add_error("price", "The price must be greater than 0.")


def _unless_off(run: Callable[[Call], Awaitable[Reply]]) -> Callable[[Call], Awaitable[Reply]]:
    async def guarded(call: Call) -> Reply:
        if await is_off(call.tx, "top_up_packages"):
            raise NotAllowed(OFF)
        return await run(call)

    return guarded


for _operation in operations_of(top_up_packages):
    _operation.run = _unless_off(_operation.run)
