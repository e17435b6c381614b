"""Currencies, their standard facts, and the base currency that stays."""

import itertools
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.versions import Version
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.currencies import currencies, precision
from ohmstead.rooms.operator.iso4217 import NUMBERS
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

_codes = itertools.cycle(NUMBERS)
PATH = "/resources/currencies/v2.0"


class TestCurrencies(ResourceContract):
    resource = currencies
    returning = ("decimal", "unitPriceAndCalculationsDecimal")
    update = {"prefix": "€", "decimal": 3}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return {"alphabeticCode": next(_codes), "suffix": " x", "unitPriceAndCalculationsDecimal": 5}

    def change(self, version: Version) -> dict[str, Any]:
        return self.update | {"alphabeticCode": next(_codes)}

    async def test_a_patch_changes_only_what_it_gives(self, api: Client, given: Given) -> None:
        made = await given.currency(suffix=" €", minorUnitSign="c")
        changed = await api.patch(f"{PATH}/{made['id']}", {"alphabeticCode": "EUR", "decimal": 3})
        assert (changed.status, changed.body) == (200, made | {"decimal": 3})
        refused = await api.patch(f"{PATH}/{made['id']}", {"decimal": 4})
        assert refused.body["errors"].keys() == {"alphabeticCode"}


async def test_the_standard_fills_in_what_nobody_chose(given: Given) -> None:
    euro, yen = await given.currency(), await given.currency(alphabeticCode="JPY")
    assert (euro["name"], euro["numericCode"], euro["decimal"]) == ("EUR (Euro)", "978", 2)
    assert (yen["name"], yen["numericCode"], yen["decimal"]) == ("JPY (Japanese Yen)", "392", 0)
    assert (await given.currency(alphabeticCode="CHF", decimal=4))["decimal"] == 4
    assert (await given.currency(alphabeticCode="XXX"))["decimal"] is None


async def test_a_code_is_there_once(api: Client, given: Given) -> None:
    await given.currency()
    assert (await api.post(PATH, {"alphabeticCode": "EUR"})).body["errors"].keys() == {"alphabeticCode"}
    assert (await api.post(PATH, {"alphabeticCode": "EURO"})).body["errors"].keys() == {"alphabeticCode"}


async def test_the_base_currency_stays(api: Client, given: Given, system: System) -> None:
    euro, dollar = await given.currency(), await given.currency(alphabeticCode="USD")
    assert (await api.delete(f"{PATH}/{euro['id']}")).status == 409
    async with system.database.begin() as tx:
        await settings.put(tx, "baseCurrency", id=dollar["id"])
    assert (await api.delete(f"{PATH}/{dollar['id']}")).status == 409
    assert (await api.delete(f"{PATH}/{euro['id']}")).status == 204


@pytest.mark.parametrize(
    ("decimal", "prices", "wanted"),
    [(2, 4, (2, 4)), (2, None, (2, 5)), (0, None, (0, 5)), (6, None, (6, 6)), (3, 0, (3, 0)), (None, None, (6, 6))],
)
def test_a_currency_has_two_precisions(decimal: int | None, prices: int | None, wanted: tuple[int, int]) -> None:
    assert precision(decimal, prices) == wanted


async def test_the_base_currency_says_how_exact_amounts_are(given: Given, system: System) -> None:
    async def known() -> tuple[int, int]:
        async with system.database.read() as tx:
            return await settings.base_precision(tx)

    assert await known() == (6, 6)
    await given.currency(unitPriceAndCalculationsDecimal=4)
    yen = await given.currency(alphabeticCode="JPY")
    assert await known() == (2, 4)
    async with system.database.begin() as tx:
        await settings.put(tx, "baseCurrency", id=yen["id"])
    assert await known() == (0, 5)
