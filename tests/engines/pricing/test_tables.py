"""Cases computed by hand, held against the engine and against the oracle."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest

from ohmstead.engines.pricing import price_of, terms_of
from ohmstead.engines.pricing.model import Stretch
from tests.engines.pricing import (
    oracle,
    table_average_power,
    table_duration_energy,
    table_energy_tou,
    table_flat_rate,
    table_optimised,
    table_peak_power,
    table_standard,
    table_standard_tod,
    table_time_of_day,
)
from tests.engines.pricing.cases import Case, Table, expected

TABLES: list[Table] = [
    module.TABLE
    for module in (
        table_flat_rate, table_duration_energy, table_time_of_day, table_energy_tou, table_standard, table_standard_tod,
        table_average_power, table_peak_power, table_optimised,
    )
]  # fmt: skip
CASES = [pytest.param(table, case, id=f"{table.type}: {case.name}") for table in TABLES for case in table.cases]
every_case = pytest.mark.parametrize(("table", "case"), CASES)


@every_case
def test_the_engine_says_what_was_computed_by_hand(table: Table, case: Case) -> None:
    parts = [Stretch(*part) for part in case.stretches()]
    price = price_of(terms_of(table.content(case)), case.started_at, parts, extends_wh=case.extends_wh)
    holds(case, price)


@every_case
def test_the_oracle_says_what_was_computed_by_hand(table: Table, case: Case) -> None:
    holds(case, oracle.price_of(table.content(case), case.started_at, case.stretches(), case.extends_wh))


def holds(case: Case, price: Any) -> None:
    found = [
        (line.type, line.minutes, *map(Fraction, (line.unit_price, line.quantity, line.price))) for line in price.lines
    ]
    wanted = [
        (line.type, line.minutes, *map(Fraction, (line.unit_price, line.quantity, line.price)))
        for line in map(expected, case.lines)
    ]
    assert found == wanted
    assert Fraction(price.amount) == Fraction(case.total)
    assert case.net is None or Fraction(price.net) == Fraction(case.net)


@every_case
def test_the_hand_computed_well(table: Table, case: Case) -> None:
    lines = [expected(line) for line in case.lines]
    for line in lines:
        product = (line.quantity * line.unit_price).quantize(Decimal(1).scaleb(-case.amounts), ROUND_HALF_UP)
        assert (line.price < product) if line.cut else line.price == product, line
    assert sum((line.price for line in lines), Decimal(0)) == Decimal(case.total)


def test_each_type_with_a_price_has_its_dozen() -> None:
    assert all(len(table.cases) >= 12 for table in TABLES)
    assert len({table.type for table in TABLES}) == 9
