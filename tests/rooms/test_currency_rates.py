"""Currency rates: a pair has one, each way."""

import itertools
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.versions import Version
from ohmstead.rooms.operator.currency_rates import rates
from ohmstead.rooms.operator.iso4217 import NUMBERS
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

_pairs = itertools.cycle(itertools.permutations(NUMBERS, 2))
PATH = "/resources/currency-rates/v1.0"
FRANC = {"base": "EUR", "target": "CHF", "rate": 0.9312}


class TestCurrencyRates(ResourceContract):
    resource = rates
    update = {"rate": 0.0000000001}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        base, target = next(_pairs)
        return {"base": base, "target": target, "rate": 117.3312345678}


async def test_a_pair_has_one_rate_each_way(api: Client, given: Given) -> None:
    made = await given.made(PATH, FRANC)
    assert (await api.post(PATH, FRANC | {"rate": 1})).body["errors"].keys() == {"target"}
    back = await given.made(PATH, {"base": "CHF", "target": "EUR", "rate": 1.0739})
    assert {(await api.get(f"{PATH}/{one['id']}")).data["rate"] for one in (made, back)} == {0.9312, 1.0739}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": "EUR"}, "target"),
        ({"target": "EURO"}, "target"),
        ({"base": "eur"}, "base"),
        ({"rate": 0}, "rate"),
        ({"rate": -1}, "rate"),
        ({"rate": "NaN"}, "rate"),
        ({"rate": 1_000_000_001}, "rate"),
        ({"rate": None}, "rate"),
    ],
)
async def test_what_is_no_rate(api: Client, change: dict[str, object], field: str) -> None:
    assert (await api.post(PATH, FRANC | change)).body["errors"].keys() == {field}


async def test_a_change_is_of_the_rate_alone(api: Client, given: Given) -> None:
    path = f"{PATH}/{(await given.made(PATH, FRANC))['id']}"
    assert (await api.patch(path, {})).body["errors"].keys() == {"rate"}
    changed = await api.patch(path, {"rate": 0.95, "base": "USD"})
    assert (changed.data["base"], changed.data["rate"]) == ("EUR", 0.95)


async def test_rates_are_found_by_their_currencies_and_their_age(api: Client, given: Given, system: System) -> None:
    await given.made(PATH, FRANC)
    await given.made(PATH, FRANC | {"base": "USD"})
    for query, found in (
        ("filter[base]=USD", 1), ("filter[target]=CHF", 2), ("filter[target]=USD", 0),
        ("filter[updatedAfter]=2020-01-01", 2), ("filter[updatedBefore]=2020-01-01", 0),
    ):  # fmt: skip
        assert len((await api.get(PATH, query)).data) == found, query
