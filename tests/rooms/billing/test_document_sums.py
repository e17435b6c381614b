"""Sums of documents: whatever the lines, the rate and the currency, they add up, no line off by a whole cent (E12)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.kit.money import rounded
from ohmstead.rooms.billing.documents import items
from ohmstead.rooms.billing.documents.issuing import Item, sums_of
from ohmstead.rooms.operator.currencies import precision

_rates = st.decimals(0, 100, places=6)


def lines(cents: list[int], places: int) -> list[Item]:
    return [Item(what=items.top_up(), gross=Decimal(one).scaleb(-places)) for one in cents]


@pytest.mark.parametrize("sign", [1, -1])
@given(cents=st.lists(st.integers(0, 10**7), min_size=1, max_size=60), rate=_rates, places=st.sampled_from((0, 2, 3)))
def test_lines_add_up(sign: int, cents: list[int], rate: Decimal, places: int) -> None:
    found, digits = sums_of(lines([sign * one for one in cents], places), rate, precision(places, 4)), 100 + rate
    assert found.total == Decimal(sign * sum(cents)).scaleb(-places)
    assert found.subtotal == sum(found.nets) == rounded(found.total * 100 / digits, places)
    exact = [Decimal(sign * one).scaleb(-places) * 100 / digits for one in cents]
    assert all(abs(net - own) < Decimal(1).scaleb(-places) for net, own in zip(found.nets, exact, strict=True))


@given(cents=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=20), rate=_rates)
def test_also_where_some_are_below_0(cents: list[int], rate: Decimal) -> None:
    found = sums_of(lines(cents, 2), rate, precision(2, 4))
    assert found.subtotal == sum(found.nets) == rounded(found.total * 100 / (100 + rate), 2)
