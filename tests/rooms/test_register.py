"""The register of a session by itself: what an outlet can have given, to the Wh, and which reading is the newest."""

from datetime import UTC, datetime, timedelta

import pytest

from ohmstead.rooms.charging.register import Register

T0 = datetime(2026, 11, 1, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def register(most_w: float = 11_000.0, wh: float | None = 1_000.0) -> Register:
    return Register(wh, wh, T0, T0, most_w, T0, T0)


@pytest.mark.parametrize(
    ("minutes", "wh", "anomaly"),
    [
        (60, 13_300, None),  # 11 kW for an hour, a fifth above it, and 100 Wh: just what is believed
        (60, 13_301, "leap"),
        (0, 100, None),  # registers of whole tenths of a kWh step at once
        (0, 101, "leap"),
        (30, 6_700, None),
        (30, 6_701, "leap"),
    ],
)
def test_more_than_the_outlet_could_give_is_not_believed(minutes: float, wh: float, anomaly: str | None) -> None:
    found = register()
    assert found.read(1_000 + wh, at(minutes)) == anomaly
    assert found.energy_wh == (0 if anomaly else wh)


def test_an_older_reading_moves_nothing_back() -> None:
    found = register()
    assert found.read(2_000, at(30)) is None
    assert found.read(1_500, at(20)) is None  # told late: no anomaly, and no step back
    assert (found.read_at, found.raised_at, found.energy_wh) == (at(30), at(30), 1_000)
    assert found.read(1_999, at(30)) == "backwards"
    assert found.read(2_000, at(40)) is None
    assert (found.read_at, found.raised_at) == (at(40), at(30))
    assert found.read(2_000, at(35)) is None
    assert found.read_at == at(40)


def test_a_start_of_nothing_is_taken_anew_from_the_first_real_reading() -> None:
    found = register(wh=0.0)
    assert found.read(2_000_000, at(5)) is None
    assert (found.rebased, found.start_wh, found.energy_wh, found.anomalies) == (True, 2_000_000, 0, 1)


@pytest.mark.parametrize(("start", "first"), [(1.0, 1.0), (0.0, 100.0)])
def test_no_other_start_is(start: float, first: float) -> None:
    found = register(wh=start)
    assert found.read(first, at(1)) is None
    assert found.read(2_000_000, at(5)) == "leap"
    assert (found.rebased, found.start_wh, found.wh) == (False, start, first)


def test_what_it_ends_at_may_be_all_that_is_known() -> None:
    found = register(wh=None)
    assert found.end(500, at(5))
    assert (found.wh, found.energy_wh) == (500, 0)


def test_an_end_that_cannot_be_is_not_believed() -> None:
    found = register()
    assert not found.end(900, at(5))
    assert (found.wh, found.anomalies) == (1_000, 1)


def test_energy_is_told_to_a_tenth_of_a_milliwatthour() -> None:
    found = register()
    assert found.read(1_000.000_04, at(5)) is None
    assert found.energy_wh == 0
