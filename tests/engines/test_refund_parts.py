"""Refunds in parts: never more than was billed of either, to the cent."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ohmstead.engines.refund_parts import Parts, refund_parts
from ohmstead.kit.money import Precision

CENTS = Precision(2, 5)
_cents = st.integers(0, 5000).map(lambda cents: Decimal(cents) / 100)


@given(net=_cents, tax=_cents, refunds=st.lists(_cents, max_size=12))
def test_refunds_add_up_to_no_more_than_was_billed(net: Decimal, tax: Decimal, refunds: list[Decimal]) -> None:
    billed, credited, wanted = Parts(net, tax), Parts(), Decimal(0)
    for amount in refunds:
        parts = refund_parts(billed, credited, amount, CENTS.amount)
        assert min(parts) >= 0
        assert parts.gross == min(amount, billed.gross - credited.gross)
        credited, wanted = Parts(credited.net + parts.net, credited.tax + parts.tax), wanted + amount
        assert credited.net <= net
        assert credited.tax <= tax
    if wanted >= billed.gross:
        assert credited == billed


def test_the_last_refund_takes_what_rounding_left() -> None:
    billed, credited = Parts(Decimal("8.33"), Decimal("1.66")), Parts()
    shown = []
    for _ in range(3):
        parts = refund_parts(billed, credited, Decimal("3.33"), CENTS.amount)
        credited = Parts(credited.net + parts.net, credited.tax + parts.tax)
        shown.append(tuple(map(str, parts)))
    assert (shown, credited) == ([("2.78", "0.55"), ("2.77", "0.56"), ("2.78", "0.55")], billed)


def test_of_a_price_that_fell_since_nothing_is_credited_twice() -> None:
    """8.00 of 10.00 were credited, then the price fell to 9.00: only 1.00 is left."""
    parts = refund_parts(
        Parts(Decimal("7.50"), Decimal("1.50")), Parts(Decimal("6.67"), Decimal("1.33")), Decimal(5), CENTS.amount
    )
    assert parts == (Decimal("0.83"), Decimal("0.17"))
