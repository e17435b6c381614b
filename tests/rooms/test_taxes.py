"""Taxes, and the default one that stays."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.rooms.operator.taxes import tax, taxes
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

PATH = "/resources/taxes/v2.0"


class TestTaxes(ResourceContract):
    resource = taxes
    create = {
        "name": "VAT",
        "displayName": [{"locale": "de", "translation": "USt."}],
        "percentage": 19.5,
    }
    update = {"percentage": 21, "displayName": [{"locale": "fr", "translation": "TVA"}]}


@pytest.mark.parametrize("percentage", [-0.1, 100.01, "NaN", "Infinity", "nineteen", None])
async def test_a_percentage_is_a_share(api: Client, percentage: object) -> None:
    answer = await api.post(PATH, {"name": "Odd", "percentage": percentage})
    assert (answer.status, answer.body["errors"].keys()) == (422, {"percentage"})


async def test_a_percentage_keeps_its_digits(api: Client, system: System) -> None:
    raw = b'{"name": "Exact", "percentage": 7.700001}'
    assert (await api.request("POST", PATH, data=raw, headers={"Content-Type": "application/json"})).status == 201
    async with system.database.read() as tx:
        assert await tx.value(select(tax.c.percentage)) == Decimal("7.700001")


async def test_the_default_tax_stays(api: Client, given: Given) -> None:
    first, second = await given.tax(), await given.tax()
    assert (await api.delete(f"{PATH}/{first['id']}")).status == 409
    assert (await api.delete(f"{PATH}/{second['id']}")).status == 204
    assert (await api.delete(f"{PATH}/{first['id']}")).status == 204  # never chosen, and nothing takes its place
