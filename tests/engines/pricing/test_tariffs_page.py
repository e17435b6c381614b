"""What docs/tariffs.md says of prices is so: each tariff of the page is valid, and each bill is what it comes to."""

from decimal import Decimal
from fractions import Fraction

import pytest
from msgspec import convert

from ohmstead.engines.pricing import TYPES, Pricing, price_of, problems, terms_of
from ohmstead.kit.money import Precision
from tests.engines.pricing import oracle
from tests.engines.pricing.examples import Example, bill, examples

EXAMPLES = list(examples())


def test_each_type_has_an_example_under_its_name() -> None:
    told = [one.body["type"] for one in EXAMPLES]
    assert list(dict.fromkeys(told))[: len(TYPES)] == told[: len(TYPES)], "the first of each, in the order of the page"
    assert set(told) == set(TYPES)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_tariff_of_the_page_is_valid(example: Example) -> None:
    starts = {name: example.body.get(camel) for name, camel in
              (("day_tariff_start", "dayTariffStart"), ("night_tariff_start", "nightTariffStart"))}  # fmt: skip
    pricing = convert(example.body.get("pricing", {}), Pricing)
    assert list(problems(example.body["type"], pricing, Precision(2, 4), **starts)) == []


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.bill], ids=str)
def test_a_bill_of_the_page_is_what_the_session_costs(example: Example) -> None:
    stretches = example.stretches()
    price = price_of(terms_of(example.content()), stretches[0].start, stretches)
    assert example.bill == bill(price)


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.bill], ids=str)
def test_the_oracle_says_the_same(example: Example) -> None:
    parts = [(one.start, one.end, one.energy_wh, one.idle, one.boosted) for one in example.stretches()]
    price = oracle.price_of(example.content(), parts[0][0], parts)
    total = next(row[-1] for row in example.bill if row[0] == "**total**")
    assert price.amount == Fraction(Decimal(total.strip("*")))


def test_all_but_what_is_refused_have_a_bill() -> None:
    assert [one.body["type"] for one in EXAMPLES if not one.bill] == ["charging not allowed"]
