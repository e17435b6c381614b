"""What a session costs, from what was counted: fees that are due once, limits, the minimum, tax, and what of it all
each charging period is."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from ohmstead.engines.pricing.covered import Use
from ohmstead.engines.pricing.fees import asked
from ohmstead.engines.pricing.fields import Conditions
from ohmstead.engines.pricing.lines import Totals
from ohmstead.engines.pricing.model import Period, SessionPrice
from ohmstead.engines.pricing.shares import fine, half_up
from ohmstead.engines.pricing.spans import Span
from ohmstead.engines.pricing.terms import Terms, Window
from ohmstead.engines.pricing.time_fees import TimeFees

_NOTHING = Decimal(0)


def session_price(
    terms: Terms,
    start: Window,
    conditions: Conditions,
    spans: Sequence[Span],
    time: TimeFees,
    extends: bool,
    covered: tuple[Use, ...] = (),
) -> SessionPrice:
    """Of a session that started in a window. One that `extends` others is charged for its energy only."""
    totals = Totals(terms.precision.amounts)
    if not extends:
        _due_once(totals, terms, start, conditions, spans)
    for number, span in enumerate(spans):
        for charge, quantity in span.quantities.items():
            totals.add(number, charge, quantity, span.raw.get(charge))
    if time.power is not None and (last := time.power.last()) is not None:
        totals.add(*last, 1)
    cents = totals.round(time.limited())
    billed_wh = sum(span.energy_wh for span in spans) - sum(each.energy_wh for each in covered)
    minimum = terms.pricing.min_price if not extends and (cents > 0 or billed_wh) else None
    cents += _least(totals, terms, cents, spans, minimum)
    net = totals.without_tax(terms.tax_percentage)
    return SessionPrice(
        totals.lines(), totals.amount(cents), totals.amount(net), terms.tax_percentage, _periods(totals, spans),
        covered,
    )  # fmt: skip


def _due_once(totals: Totals, terms: Terms, start: Window, conditions: Conditions, spans: Sequence[Span]) -> None:
    if terms.fees.flat:
        totals.add(0, terms.charge("flat", terms.fees.flat), 1)
    connection = asked(terms.fees.connection, start.now)
    lasting = spans[-1].end - spans[0].start
    shortest = timedelta(minutes=conditions.connection_fee_minimum_session_duration or 0)
    least = (conditions.connection_fee_minimum_session_energy or _NOTHING) * 1000
    if connection and lasting >= shortest and sum(span.energy_wh for span in spans) >= least:
        totals.add(0, terms.charge("connection", connection), 1)


def _least(totals: Totals, terms: Terms, cents: int, spans: Sequence[Span], minimum: Decimal | None) -> int:
    """Cents of a line that raises the sum to a minimum, and to nothing where it is below."""
    least = 0 if minimum is None else half_up(fine(minimum, terms.precision.amounts))
    if cents >= least:
        return 0
    charge = terms.single_charge("min_price", totals.amount(least - cents))
    totals.add(len(spans) - 1, charge, 1)
    return totals.round_last(charge)


def _periods(totals: Totals, spans: Sequence[Span]) -> tuple[Period, ...]:
    lines = totals.by_period()
    return tuple(
        Period(
            span.start, span.end, span.energy_wh, span.idle, span.label,
            sum((line.price for line in lines.get(number, ())), totals.amount(0)), tuple(lines.get(number, ())),
        )
        for number, span in enumerate(spans)
    )  # fmt: skip
