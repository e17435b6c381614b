"""What must hold of every price: random tariffs of each type over random sessions, against the oracle and against
themselves. PRICING_EXAMPLES=n looks at n of each instead of a few."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ohmstead.engines.pricing import PriceRun, price_of, terms_of
from ohmstead.engines.pricing.model import Line, SessionPrice, Stretch
from tests.engines.pricing import oracle
from tests.engines.pricing.sessions import Session, sessions
from tests.engines.pricing.snapshots import POWER, PRICED
from tests.engines.pricing.tariffs import PRICES, snapshots

EXAMPLES = int(os.environ.get("PRICING_EXAMPLES", "0"))
every_type = pytest.mark.parametrize("type_", PRICED)


def some(number: int) -> settings:
    return settings(max_examples=EXAMPLES or number, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def stretches(session: Session) -> list[Stretch]:
    return [Stretch(*part) for part in session.parts]


def priced(snapshot: dict[str, Any], session: Session, extends_wh: int | None = None) -> SessionPrice:
    return price_of(terms_of(snapshot), session.start, stretches(session), extends_wh=extends_wh)


def shown(price: SessionPrice | oracle.Price) -> list[tuple[Any, ...]]:
    """Its lines as plain fractions, and its sums."""
    lines = [
        (line.type, line.unit, line.minutes, *map(Fraction, (line.unit_price, line.quantity, line.price, line.net)))
        for line in price.lines
    ]
    return [*lines, ("amount", Fraction(price.amount)), ("net", Fraction(price.net))]


@every_type
@some(20)
@given(data=st.data())
def test_engine_and_oracle_agree_to_the_cent(type_: str, data: st.DataObject) -> None:
    session = data.draw(sessions(instants=type_ not in POWER))
    snapshot = data.draw(snapshots(type_, session))
    assert shown(priced(snapshot, session)) == shown(oracle.price_of(snapshot, session.start, session.parts))


@every_type
@some(6)
@given(data=st.data())
def test_an_extension_costs_energy_only(type_: str, data: st.DataObject) -> None:
    session = data.draw(sessions(instants=type_ not in POWER))
    snapshot, before = data.draw(snapshots(type_, session)), data.draw(st.integers(0, 40_000))
    price = priced(snapshot, session, before)
    assert shown(price) == shown(oracle.price_of(snapshot, session.start, session.parts, before))
    assert {line.type for line in price.lines} <= {"energy", "service_fee", "energy_flat_fee", "min_price"}


@every_type
@some(9)
@given(data=st.data())
def test_everything_adds_up(type_: str, data: st.DataObject) -> None:
    """Lines to the amount, nets to the net, charging periods to the session and to its lines."""
    session = data.draw(sessions())
    price = priced(data.draw(snapshots(type_, session)), session)
    assert price.amount == sum(line.price for line in price.lines)
    assert price.net == sum(line.net for line in price.lines)
    tiles(price, session)
    assert [sum(line.price for line in one.lines) for one in price.periods] == [one.amount for one in price.periods]
    of_periods = sums(line for period in price.periods for line in period.lines)
    assert {key: value for key, value in of_periods.items() if any(value)} == {
        key: value for key, value in sums(price.lines).items() if any(value)
    }


def tiles(price: SessionPrice, session: Session) -> None:
    borders = [moment for period in price.periods for moment in (period.start, period.end)]
    assert borders == sorted(borders)
    assert borders[1:-1:2] == borders[2::2]
    if session.start < session.end:
        assert (borders[0], borders[-1]) == (session.start, session.end)
    assert sum(period.energy_wh for period in price.periods) == sum(part[2] for part in session.parts)


def sums(lines: Iterable[Line]) -> dict[Any, tuple[Decimal, Decimal, Decimal]]:
    """Quantity, price and net by (type, unit price, minutes)."""
    found = defaultdict[Any, tuple[Decimal, Decimal, Decimal]](lambda: (Decimal(0), Decimal(0), Decimal(0)))
    for line in lines:
        key = (line.type, line.unit_price, line.minutes)
        quantity, price, net = found[key]
        found[key] = (quantity + line.quantity, price + line.price, net + line.net)
    return found


@st.composite
def cut(draw: st.DrawFn, session: Session) -> list[Stretch]:
    """The stretches of a session, some of them in two at a moment of its grain."""
    found = list[Stretch]()
    for start, end, wh, idle, boosted in session.parts:
        grains = (end - start) // session.grain
        at = draw(st.integers(0, grains)) if grains > 1 else 0
        middle, first = start + at * session.grain, wh * at // max(grains, 1)
        if at not in (0, grains):
            found.append(Stretch(start, middle, first, idle, boosted))
            start, wh = middle, wh - first
        found.append(Stretch(start, end, wh, idle, boosted))
    return found


@every_type
@some(8)
@given(data=st.data())
def test_a_cut_changes_nothing(type_: str, data: st.DataObject) -> None:
    """Where no Wh is parted: not even the charging periods."""
    session = data.draw(sessions(even=True))
    snapshot = data.draw(snapshots(type_, session))
    assert price_of(terms_of(snapshot), session.start, data.draw(cut(session))) == priced(snapshot, session)


@pytest.mark.parametrize("type_", [name for name in PRICED if name not in POWER])
@some(8)
@given(data=st.data())
def test_a_cut_moves_a_watt_hour_at_most(type_: str, data: st.DataObject) -> None:
    """Where one is parted, it may come to cost what holds on the other side of a border: each border moves one."""
    session = data.draw(sessions())
    snapshot = data.draw(snapshots(type_, session))
    whole, parted = priced(snapshot, session), price_of(terms_of(snapshot), session.start, data.draw(cut(session)))
    energy, other = energies(whole), energies(parted)
    moved = sum((abs(energy[key] - other[key]) for key in energy | other), Decimal(0))
    assert sum(energy.values()) == sum(other.values())
    assert moved <= Decimal("0.004") * (len(whole.periods) + len(session.parts))
    assert times(whole) == times(parted)


def energies(price: SessionPrice) -> defaultdict[Any, Decimal]:
    """kWh by what the periods that hold them are called."""
    found = defaultdict[Any, Decimal](Decimal)
    for period in price.periods:
        found[str(period.label)] += Decimal(period.energy_wh) / 1000
    return found


def times(price: SessionPrice) -> list[Line]:
    return [line for line in price.lines if line.type in ("charging_time", "idle_time", "duration_flat_fee")]


@every_type
@some(6)
@given(data=st.data())
def test_periods_may_be_cut_further(type_: str, data: st.DataObject) -> None:
    session = data.draw(sessions())
    snapshot = data.draw(snapshots(type_, session))
    seconds = st.integers(0, int((session.end - session.start).total_seconds()))
    moments = sorted(session.start + timedelta(seconds=one) for one in data.draw(st.sets(seconds, max_size=4)))
    whole, parted = (price_of(terms_of(snapshot), session.start, stretches(session), at) for at in ((), moments))
    assert shown(parted) == shown(whole)
    assert {one for one in moments if session.start < one < session.end} <= {one.start for one in parted.periods}
    tiles(parted, session)


@every_type
@some(8)
@given(data=st.data())
def test_more_energy_never_costs_less(type_: str, data: st.DataObject) -> None:
    """Where no price is negative, and more power is not cheaper."""
    session = data.draw(sessions(even=True, instants=type_ not in POWER))
    snapshot = data.draw(snapshots(type_, session, rate_prices=PRICES))
    rising(snapshot["tariff"]["pricing"])
    number, more = data.draw(st.integers(0, len(session.parts) - 1)), data.draw(st.integers(1, 20))
    parts = list(session.parts)
    start, end, wh, idle, boosted = parts[number]
    grains = (end - start) // session.grain or 1
    parts[number] = (start, end, wh + more * grains, idle, boosted)
    dearer = Session(session.zone, session.night, session.grain, session.start, tuple(parts))
    assert priced(snapshot, dearer).amount >= priced(snapshot, session).amount


def rising(pricing: dict[str, Any]) -> None:
    for levels in (pricing.get("averagePowerLevels", []), pricing.get("peakPowerLevels", [])):
        for name in {name for level in levels for name in level if "rice" in name}:
            for level, price in zip(levels, sorted(level[name] for level in levels), strict=True):
                level[name] = price


@every_type
@some(8)
@given(data=st.data())
def test_the_running_amount_is_the_final_one(type_: str, data: st.DataObject) -> None:
    """Told stretch by stretch, asked at any time, and taken up again from its state."""
    session = data.draw(sessions())
    terms = terms_of(data.draw(snapshots(type_, session)))
    extends_wh = data.draw(st.none() | st.integers(0, 20_000))
    run, told = PriceRun(terms, session.start, extends_wh), list[Stretch]()
    for stretch in data.draw(cut(session)):
        if data.draw(st.booleans()):
            run = PriceRun.resume(terms, json.loads(json.dumps(run.state())))
        if data.draw(st.booleans()):
            assert run.price() == price_of(terms, session.start, told, extends_wh=extends_wh)
        run.add([stretch])
        told.append(stretch)
    assert run.price() == price_of(terms, session.start, told, extends_wh=extends_wh)


@every_type
@some(4)
@given(data=st.data())
def test_what_does_not_tile_the_session_is_refused(type_: str, data: st.DataObject) -> None:
    """A gap, an overlap, a reading that went back: they are sorted out before a price is made."""
    session = data.draw(sessions(instants=False))
    terms = terms_of(data.draw(snapshots(type_, session)))
    moved = timedelta(seconds=data.draw(st.sampled_from([-60, -1, 1, 3600])))
    first, *others = stretches(session)
    for wrong in ([Stretch(first.start + moved, first.end + timedelta(hours=2), 1)], [first, *others, first]):
        with pytest.raises(ValueError, match="tile"):
            price_of(terms, session.start, wrong)
