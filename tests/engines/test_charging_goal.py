"""Charging goals: windows, departures, thresholds, and nights on which clocks change."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ohmstead.engines.charging_goal import Goal, Progress, Verdict, Windows, look
from ohmstead.engines.charging_plan import Slot

BERLIN, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
POWER = 10_000.0
NIGHT = Windows((23 * 60, 7 * 60))


def local(zone: ZoneInfo, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def hourly(start: datetime, *cents: int | None) -> list[Slot]:
    hour = timedelta(hours=1)
    return [
        Slot(start + n * hour, start + (n + 1) * hour, None if one is None else Decimal(one) / 100)
        for n, one in enumerate(cents)
    ]


def run(
    goal: Goal, start: datetime, end: datetime, prices: list[Slot] | None = None, minutes: int = 1
) -> tuple[list[tuple[str, str]], float]:
    """A charge that does as it is told, looked at each minute: when it charged (local times), and the Wh it had."""
    step, now, energy, spans = timedelta(minutes=minutes), start, 0.0, list[list[datetime]]()
    while now < end:
        if look(goal, Progress(start, energy, POWER), prices or [], now).charges:
            energy += POWER / 60 * minutes
            if spans and spans[-1][1] == now:
                spans[-1][1] = now + step
            else:
                spans.append([now, now + step])
        now += step
    return [(f"{of.astimezone(goal.zone):%H:%M}", f"{to.astimezone(goal.zone):%H:%M}") for of, to in spans], energy


def test_it_charges_in_its_window_and_no_longer_than_wanted() -> None:
    start, end = local(BERLIN, "2026-07-01 18:00"), local(BERLIN, "2026-07-02 12:00")
    assert run(Goal(BERLIN, NIGHT), start, end)[0] == [("23:00", "07:00")]
    assert run(Goal(BERLIN, NIGHT, most_wh=15_000), start, end) == ([("23:00", "00:30")], pytest.approx(15_000))


def test_what_a_window_has_no_room_for_is_made_up_before_its_end() -> None:
    start, end = local(BERLIN, "2026-07-01 18:00"), local(BERLIN, "2026-07-02 12:00")
    spans, energy = run(Goal(BERLIN, NIGHT, least_wh=100_000), start, end)
    assert spans == [("18:00", "20:00"), ("23:00", "07:00")]
    assert energy == pytest.approx(100_000)


def test_days_have_windows_of_their_own() -> None:
    windows = Windows((23 * 60, 7 * 60), {4: [(12 * 60, 13 * 60)]})  # on Fridays
    start = local(BERLIN, "2026-07-02 20:00")  # a Thursday
    assert run(Goal(BERLIN, windows), start, start + timedelta(hours=29))[0] == [("23:00", "07:00"), ("12:00", "13:00")]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, "2026-10-24", 9), (BERLIN, "2026-03-28", 7),
        (LORD_HOWE, "2026-04-04", 8.5), (LORD_HOWE, "2026-10-03", 7.5),
    ],
)  # fmt: skip
def test_the_night_the_clocks_change(zone: ZoneInfo, day: str, hours: float) -> None:
    start = local(zone, f"{day} 18:00")
    spans, energy = run(Goal(zone, NIGHT), start, start + timedelta(hours=18))
    assert spans == [("23:00", "07:00")]
    assert energy == pytest.approx(hours * POWER)
    goal = Goal(zone, departure=time(7), least_wh=2 * POWER, most_wh=2 * POWER)
    prices = hourly(start, *[30] * 4, *[20] * 4, *[30] * 4, *[10] * 6)
    assert run(goal, start, start + timedelta(hours=18), prices)[1] == pytest.approx(2 * POWER)


def test_the_cheapest_hours_before_departure() -> None:
    start = local(BERLIN, "2026-07-01 18:00")
    prices = hourly(start, 40, 35, 30, 9, 30, 30, 12, 11, 30, 30, 30, 30, 30, 1)  # the last begins at departure
    goal = Goal(BERLIN, departure=time(7), least_wh=25_000, most_wh=25_000)
    spans, energy = run(goal, start, start + timedelta(hours=14), prices)
    assert spans == [("21:00", "22:00"), ("00:00", "00:30"), ("01:00", "02:00")]
    assert energy == pytest.approx(25_000)


def test_a_hole_is_the_dearest_and_taken_all_the_same_when_it_has_to_be() -> None:
    start = local(BERLIN, "2026-07-01 18:00")
    goal = Goal(BERLIN, departure=time(22), least_wh=30_000, most_wh=30_000)
    prices = hourly(start, None, 90, 95, None)
    assert run(goal, start, start + timedelta(hours=5), prices)[0] == [("18:00", "21:00")]
    nothing_known = run(goal, start, start + timedelta(hours=5))
    assert nothing_known == ([("18:00", "21:00")], pytest.approx(30_000))


def test_a_threshold_welcomes_and_the_least_is_had_anyway() -> None:
    start = local(BERLIN, "2026-07-01 18:00")
    prices = hourly(start, 20, 15, 14, 30, 10, 20)
    threshold = Decimal("0.15")
    free = Goal(BERLIN, threshold=threshold)
    assert run(free, start, start + timedelta(hours=6), prices)[0] == [("20:00", "21:00"), ("22:00", "23:00")]
    bound = Goal(BERLIN, threshold=threshold, departure=time(23, 59), least_wh=30_000, most_wh=40_000)
    assert run(bound, start, start + timedelta(hours=6), prices)[0] == [("19:00", "21:00"), ("22:00", "23:00")]


def test_the_lowest_price_there_is() -> None:
    start = local(BERLIN, "2026-07-01 22:00")
    prices = hourly(start, 30, 30, 9, 9, 9, 30)
    assert run(Goal(BERLIN, lowest_price=True), start, start + timedelta(hours=6), prices)[0] == [("00:00", "03:00")]
    assert run(Goal(BERLIN, lowest_price=True), start, start + timedelta(hours=6)) == ([], 0), "nobody knows it"


def test_preconditioning_is_at_full_power_until_departure() -> None:
    start = local(BERLIN, "2026-07-01 18:00")
    goal = Goal(BERLIN, departure=time(7), preconditioning=timedelta(minutes=20), least_wh=10_000, most_wh=10_000)
    prices = hourly(start, *[30] * 6, 5, *[30] * 6)
    spans, energy = run(goal, start, start + timedelta(hours=14), prices)
    assert spans == [("00:00", "00:40"), ("06:40", "07:00")]
    assert energy == pytest.approx(10_000)


def test_who_is_late_goes_on_until_it_has_what_it_needs() -> None:
    start = local(BERLIN, "2026-07-01 18:00")
    goal = Goal(BERLIN, departure=time(19), least_wh=15_000, most_wh=15_000)
    verdict = look(goal, Progress(start, 10_000, POWER), [], start + timedelta(hours=1, minutes=10))
    assert verdict == Verdict(True, 5_000, due=verdict.due, departure=start + timedelta(hours=1))
    assert look(goal, Progress(start, 15_000, POWER), [], start + timedelta(hours=2)).done


@pytest.mark.parametrize(
    ("goal", "energy", "done"),
    [
        (Goal(BERLIN, departure=time(7), least_wh=5_000), 4_999, False),
        (Goal(BERLIN, departure=time(7), least_wh=5_000), 5_000, True),
        (Goal(BERLIN, NIGHT, least_wh=5_000), 6_000, False),
        (Goal(BERLIN, NIGHT, most_wh=5_000), 4_999, False),
        (Goal(BERLIN, NIGHT, most_wh=5_000), 5_000, True),
    ],
)
def test_when_it_has_all_that_was_wanted(goal: Goal, energy: float, done: bool) -> None:
    start = local(BERLIN, "2026-07-01 18:00")
    assert look(goal, Progress(start, energy, POWER), [], start).done is done


def test_a_window_that_meets_the_next_is_one() -> None:
    all_day = Windows((0, 24 * 60))
    now = local(BERLIN, "2026-07-01 18:00")
    assert run(Goal(BERLIN, all_day), now, now + timedelta(hours=48), minutes=30)[0] == [("18:00", "18:00")]


def test_the_next_window_may_be_days_away() -> None:
    sundays = Windows((0, 1), {day: [] for day in range(6)} | {6: [(9 * 60, 10 * 60)]})
    monday = local(BERLIN, "2026-07-06 12:00")
    assert sundays.next_end(BERLIN, monday) == local(BERLIN, "2026-07-12 10:00")
    assert NIGHT.next_end(BERLIN, local(BERLIN, "2026-07-06 06:59")) == local(BERLIN, "2026-07-06 07:00")
    assert NIGHT.next_end(BERLIN, local(BERLIN, "2026-07-06 07:00")) == local(BERLIN, "2026-07-07 07:00")


def test_the_departure_is_the_first_after_the_beginning() -> None:
    start = local(BERLIN, "2026-07-01 18:00")
    goal = Goal(BERLIN, departure=time(7), least_wh=1_000)
    assert look(goal, Progress(start, 0, POWER), [], start).departure == local(BERLIN, "2026-07-02 07:00")
