"""Charging profiles add up as OCPP 1.6 says: checked against a reference that looks at every second anew."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.simulator.charging_profile import Kind, Period, Profile, Purpose, Unit
from ohmstead.simulator.charging_profiles import ChargingProfiles, ProfileRefused
from ohmstead.simulator.vehicle import Offer
from tests.simulator.conftest import MONDAY

CYCLE = 100
WINDOW = 250


def second(number: float):
    return MONDAY + timedelta(seconds=number)


def profile(**fields) -> Profile:
    plain = {
        "id": 1, "connector": 1, "purpose": Purpose.DEFAULT, "kind": Kind.ABSOLUTE, "stack_level": 0,
        "unit": Unit.AMPERE, "periods": (Period(0, 10),), "installed_at": MONDAY, "start": MONDAY,
    }  # fmt: skip
    return Profile(**{**plain, **fields})


def book(*profiles: Profile, rating_a: float = 32, phases: int = 3, **options) -> ChargingProfiles:
    kept = ChargingProfiles(rating_a, phases, **options)
    for one in profiles:
        kept.install(one)
    return kept


def word_of(one: Profile, t: int, started: int) -> Period | None:
    """What a profile says at second t, by going through its whole life from its start on."""
    if one.valid_from and second(t) < one.valid_from:
        return None
    if one.valid_to and second(t) >= one.valid_to:
        return None
    origin = started if one.kind is Kind.RELATIVE or one.start is None else int((one.start - MONDAY).total_seconds())
    if one.purpose is Purpose.STATION and one.start is None:
        origin = 0
    word, age = None, 0
    for now in range(origin, t + 1):
        age = now - origin
        if one.recurrence_s:
            age = age % int(one.recurrence_s)
        over = one.duration_s is not None and age >= one.duration_s
        word = None if over else [period for period in one.periods if period.start_s <= age][-1]
    return word


def limit_by_the_book(profiles: list[Profile], t: int, started: int, in_transaction: bool) -> Offer:
    amps, phases = 32.0, 3
    words: dict[Purpose, Period | None] = {}
    for purpose in Purpose:
        for one in sorted(profiles, key=lambda p: (p.stack_level, p.connector)):
            if one.purpose is purpose and one.connector in (0, 1):
                words[purpose] = word_of(one, t, started) or words.get(purpose)
    mine = words.get(Purpose.TRANSACTION) if in_transaction else None
    for word in (words.get(Purpose.STATION), mine or words.get(Purpose.DEFAULT)):
        if word:
            amps = min(amps, word.limit)
    return Offer(amps, phases)


@st.composite
def profiles_for_a_connector(draw: st.DrawFn) -> Profile:
    purpose = draw(st.sampled_from([*Purpose]))
    kinds = [Kind.ABSOLUTE, Kind.RECURRING] + ([Kind.RELATIVE] if purpose is not Purpose.STATION else [])
    kind = draw(st.sampled_from(kinds))
    starts = st.integers(-120, 120).map(second)
    later = draw(st.lists(st.integers(1, 150), unique=True, max_size=3))
    moment = st.none() | st.integers(-20, WINDOW).map(second)
    return profile(
        id=draw(st.integers(1, 10_000)),
        connector=0 if purpose is Purpose.STATION else draw(st.sampled_from([0, 1, 2])) or 1,
        purpose=purpose,
        kind=kind,
        stack_level=draw(st.integers(0, 3)),
        periods=tuple(Period(s, draw(st.sampled_from([0, 6, 10, 16, 40]))) for s in [0, *sorted(later)]),
        start=draw(starts) if kind is Kind.RECURRING else draw(st.none() | starts),
        recurrence_s=CYCLE if kind is Kind.RECURRING else None,
        duration_s=draw(st.none() | st.integers(1, 200)),
        valid_from=draw(moment),
        valid_to=draw(moment),
    )


@settings(max_examples=40, deadline=None)
@given(
    chosen=st.lists(profiles_for_a_connector(), max_size=6),
    begin=st.integers(0, 60),
    started=st.none() | st.integers(-50, 0),
)
def test_the_composite_schedule_is_what_every_second_says(chosen: list[Profile], begin: int, started: int | None):
    kept = book(*chosen)
    running = second(started) if started is not None else None
    steps = kept.schedule({1: running}, second(begin), WINDOW)
    anchor = begin if started is None else started
    heard = dict(steps)
    current = None
    for t in range(begin, begin + WINDOW):
        current = heard.get(t - begin, current)
        assert current == limit_by_the_book([*kept], t, anchor, started is not None), t
        assert current == kept.limit(1, second(t), running, second(begin))


@settings(max_examples=60, deadline=None)
@given(chosen=st.lists(profiles_for_a_connector(), max_size=6), start=st.integers(0, 100))
def test_between_boundaries_the_limit_stays(chosen: list[Profile], start: int):
    kept, running = book(*chosen), second(0)
    boundary = kept.next_boundary(1, second(start), running)
    end = min(WINDOW + 200, int((boundary - MONDAY).total_seconds()) if boundary else WINDOW + 200)
    assert len({kept.limit(1, second(t), running) for t in range(start, end)}) <= 1


def test_watts_are_spread_over_the_phases_that_are_closed():
    watts = profile(unit=Unit.WATT, periods=(Period(0, 6900, 1),))
    assert book(watts).limit(1, MONDAY, None) == Offer(10, 3)
    assert book(watts, switches_phases=True).limit(1, MONDAY, None) == Offer(30, 1)
    assert book(watts, phases=1).limit(1, MONDAY, None) == Offer(30, 1)


def test_a_profile_takes_the_place_of_its_id_and_of_its_purpose_and_level():
    first = profile(id=1, stack_level=1)
    kept = book(first, replace(first, id=2, periods=(Period(0, 8),)), profile(id=2, stack_level=5))
    assert [(p.id, p.stack_level) for p in kept] == [(2, 5)]


def test_profiles_are_cleared_by_id_or_by_whatever_is_named():
    def filled() -> ChargingProfiles:
        whole = profile(id=3, connector=0, purpose=Purpose.STATION)
        return book(profile(id=1), profile(id=2, stack_level=1), whole, profile(id=4, connector=2))

    assert filled().clear() == 4
    assert filled().clear(id=1, connector=99) == 1
    assert filled().clear(connector=1) == 2
    assert filled().clear(connector=1, stack_level=1) == 1
    assert filled().clear(purpose=Purpose.STATION) == 1
    assert filled().clear(id=99) == 0


@pytest.mark.parametrize(
    "bad",
    [
        {"purpose": Purpose.STATION},
        {"purpose": Purpose.STATION, "connector": 0, "kind": Kind.RELATIVE},
        {"purpose": Purpose.TRANSACTION, "connector": 0},
        {"kind": Kind.RECURRING},
        {"kind": Kind.RECURRING, "recurrence_s": 60, "start": None},
        {"stack_level": 9},
        {"stack_level": -1},
        {"periods": ()},
        {"periods": (Period(10, 6),)},
        {"periods": (Period(0, 6), Period(0, 7))},
        {"periods": (Period(0, -1),)},
        {"periods": (Period(0, 6, 4),)},
        {"periods": tuple(Period(s, 6) for s in range(25))},
        {"unit": Unit.WATT},
    ],
)
def test_a_profile_that_cannot_be_obeyed_is_refused(bad: dict):
    with pytest.raises(ProfileRefused):
        book(units=frozenset({Unit.AMPERE})).install(profile(**bad))


def test_a_full_book_takes_no_more_but_replaces():
    kept = book(profile(id=1), max_installed=1)
    with pytest.raises(ProfileRefused):
        kept.install(profile(id=2, stack_level=1))
    kept.install(profile(id=1, stack_level=2))
    assert len(kept) == 1


def test_a_station_that_knows_no_expiry_holds_the_first_limit():
    kept = book(profile(periods=(Period(0, 16), Period(60, 6)), duration_s=120, valid_to=second(90)))
    kept.holds_for_ever = True
    assert kept.limit(1, second(5000), None).amps == 16
    assert kept.next_boundary(1, MONDAY, None) is None
