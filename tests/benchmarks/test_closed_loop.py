"""The closed loop's judgement: a line above its limit is seen wherever it is, and excused by what is named alone."""

from dataclasses import replace

import pytest
from parts.site.figures import fairness, lateness, share
from parts.site.layout import BOARDS, CABLES, MAIN, OUTLETS
from parts.site.optimum import allocated, best_wh
from parts.site.record import Record, Reported, Sample, Stay
from parts.site.scenario import SCENES, Event, Scenario, Visit, scenario
from parts.site.verdict import judge

from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.simulator.station import Currents

STILL: Currents = (20.0, 20.0, 20.0)
NONE: Currents = (0.0, 0.0, 0.0)
HOUR_S = 3600.0


def plan(*visits: Visit, building: list[Currents] | None = None, **fields) -> Scenario:
    """An hour with a building that takes 20 A."""
    return Scenario("none", 1, HOUR_S, list(visits), building or [STILL] * 721, **fields)


def car(number: int, outlet: int, need_wh: float = 1e6, max_a: float = 32.0, leaves_s: float = HOUR_S) -> Visit:
    return Visit(number, outlet, 0.0, leaves_s, 3, max_a, need_wh, 1.0)


def seen(draws: dict[int, Currents], at_s: float = 100.0, **fields) -> Record:
    """Two seconds of these draws, A on the main fuse's lines by outlet."""
    every = tuple(draws.get(outlet.number, NONE) for outlet in OUTLETS)
    sample = Sample(at_s, STILL, every, NONE, **fields)
    return Record([sample, replace(sample, at_s=at_s + 2)])


def test_lines_are_turned_as_the_product_turns_them():
    tree = Tree([Circuit(cable.name, cable.parent, cable.limit_a, rotation=cable.rotation) for cable in CABLES])
    for outlet in OUTLETS:
        how = ("single_phase", None, outlet.wired) if outlet.single else ("three_phase", outlet.wired, None)
        assert tree.wiring(outlet.cable, *how).lines == outlet.lines


def test_a_line_above_its_limit_is_seen_on_its_own_circuit():
    first, second, *_ = (outlet.number for outlet in OUTLETS if outlet.cable == BOARDS[0])
    verdict = judge(plan(), seen({first: (32.0, 32.0, 0.0), second: (32.0, 30.0, 0.0)}))
    assert [(one.cable, one.line, one.for_s, one.excuse) for one in verdict.violations] == [(BOARDS[0], 0, 2.0, "none")]
    assert (verdict.seconds("none"), verdict.violations[0].amps) == (2.0, pytest.approx(1.0))


def test_the_building_counts_on_the_main_fuse():
    one_a_board = {8 * board: (30.5, 0.0, 0.0) for board in range(len(BOARDS))}
    assert not judge(plan(), seen(dict.fromkeys(one_a_board, (30.0, 0.0, 0.0)))).violations
    assert [one.cable for one in judge(plan(), seen(one_a_board)).violations] == [MAIN]


def test_a_disobeying_station_excuses_what_it_draws_too_much_and_no_more():
    draws: dict[int, Currents] = {0: (32.0, 0.0, 0.0), 1: (32.0, 0.0, 0.0), 2: (10.0, 0.0, 0.0)}
    assert judge(plan(disobeys=0), seen(draws, over=11.0)).seconds("disobeying") == 2.0
    assert judge(plan(disobeys=0), seen(draws, over=10.9)).seconds("none") == 2.0
    assert judge(plan(disobeys=9), seen(draws, over=11.0)).seconds("none") == 2.0


def test_who_has_just_come_excuses_what_it_draws():
    draws: dict[int, Currents] = {0: (32.0, 0.0, 0.0), 1: (32.0, 0.0, 0.0), 2: (10.0, 0.0, 0.0)}
    assert judge(plan(), seen(draws, fresh=(0,))).seconds("first contact") == 2.0
    assert judge(plan(), seen(draws, fresh=(2, 9))).seconds("none") == 2.0


@pytest.mark.parametrize(("rise", "excuse"), [(15.5, "building"), (14.5, "none")])
def test_the_building_excuses_the_main_fuse_where_it_rose_by_more_than_the_margin(rise: float, excuse: str):
    low: Currents = (20.0 - rise, 20.0, 20.0)
    over: dict[int, Currents] = {8 * board: (30.5, 0.0, 0.0) for board in range(len(BOARDS))}
    [violation] = judge(plan(building=[low] * 15 + [STILL] * 706), seen(over)).violations
    assert violation.excuse == excuse


def test_the_best_is_bounded_by_the_car_its_need_and_its_cables():
    assert best_wh(plan(car(0, 0))) == pytest.approx(32 * 3 * 230)
    assert best_wh(plan(car(0, 0, need_wh=5000))) == pytest.approx(5000)
    assert best_wh(plan(car(0, 0, leaves_s=1800))) == pytest.approx(16 * 3 * 230)
    assert best_wh(plan(car(0, 0), car(1, 1), car(2, 2))) == pytest.approx(63 * 3 * 230)


def test_the_allocation_alone_shares_by_weight_and_knows_no_more_than_the_moment():
    light, heavy = 0, 4  # of the same board, the second counts twice
    stays = allocated(plan(car(0, light), car(1, heavy), car(2, 1, need_wh=1.0)))
    assert stays[0].energy_wh == pytest.approx(31 * 3 * 230, rel=0.02)
    assert stays[2].energy_wh == 1.0
    visits = [car(0, light), car(1, heavy)]
    assert fairness(visits, [Stay(0, 5000, 3600), Stay(1, 10_000, 3600)]) == (pytest.approx(1), pytest.approx(1))
    assert fairness(visits, [Stay(0, 5000, 3600), Stay(1, 5000, 3600)])[0] == pytest.approx(0.9)


def test_a_decrease_is_late_from_the_report_to_what_is_offered():
    before, after = Reported(90.0, STILL, 0.1), Reported(100.0, (32.0, 20.0, 20.0), 0.1)
    offers = [(180.0, 0.0, 0.0)] * 7 + [(168.0, 0.0, 0.0)] * 5
    samples = [Sample(100.0 + n, after.building, (), offer) for n, offer in enumerate(offers)]
    record = Record(samples, reports=[before, after])
    assert lateness(plan(), record) == [7.0]
    assert lateness(plan(events=(Event(90.0, "site outage", 20.0),)), record) == []
    assert (share([3.0, 1.0, 2.0], 0.5), share([], 0.5)) == (2.0, 0.0)


def test_the_same_seed_is_the_same_day_in_every_scene():
    days = [scenario(scene, 3, 900) for scene in SCENES]
    assert len({(tuple(day.visits), tuple(day.building)) for day in days}) == 1
    assert [bool(day.events) for day in days] == [False, True, True]
    assert days[2] == scenario("all", 3, 900)
    assert days[2].visits != scenario("all", 4, 900).visits
