"""Sites whose stations follow limits in ways of their own, second by second: what is overloaded, and for how long."""

import math

import pytest

from ohmstead.rooms.devices.profiles.abilities import Abilities, Rounding
from tests.rooms.odd_sites import OddSite, Station


def rounds_up(amps: float) -> float:
    return float(math.ceil(amps - 1e-6))


def newcomers(site: OddSite, ids: list[int]) -> list[int]:
    """s of overload after each newcomer."""
    found = []
    for id in ids:
        site.over.clear()
        site.plugs(id)
        site.run(180)
        found.append(len(site.over))
    return found


def test_one_that_follows_late_is_known_after_its_first_newcomer() -> None:
    """libocpp #811: 48 A on 32 A at each newcomer, for as long as 5 s were a constant."""
    site = OddSite(32, [Station(lag=30) for _ in range(4)], charging=1)
    first, *later = newcomers(site, [2, 3, 4])
    assert (0 < first <= 30, later[1:]) == (True, [0])
    assert site.site.figures(site.now).counts.slow_reactions >= 1
    for id in (2, 3, 4):
        site.plugs(id, charges=False)
    site.run(120)
    assert newcomers(site, [2, 3, 4]) == [0, 0, 0]
    site.restarts()
    for id in (2, 3, 4):
        site.plugs(id, charges=False)
    site.run(120)
    assert newcomers(site, [2, 3, 4]) == [0, 0, 0]


def test_one_whose_model_says_that_it_follows_late_is_never_over() -> None:
    site = OddSite(32, [Station(lag=30) for _ in range(4)], Abilities(reaction=30.0), charging=1)
    assert newcomers(site, [2, 3, 4]) == [0, 0, 0]
    assert site.site.figures(site.now).counts.slow_reactions == 0


def test_a_late_one_is_not_taken_for_one_that_does_not_obey() -> None:
    site = OddSite(40, [Station(lag=60) for _ in range(3)], Abilities(reaction=60.0), charging=1)
    for _ in range(3):
        newcomers(site, [2, 3])
        for id in (2, 3):
            site.plugs(id, charges=False)
        site.run(200)
    assert site.site.figures(site.now).exempt == {}


def test_those_that_round_up_are_sent_whole_amperes_once_that_is_seen() -> None:
    """openWB core #1962: five at 12.6 drew 65 A on 63 A for good."""
    site = OddSite(63, [Station(keeps=rounds_up) for _ in range(5)])
    site.run(1200)
    assert len(site.over) <= 120
    assert max(seconds for seconds, _ in site.over) < 240
    limits = [site.site.envelope.highest(id, site.now) for id in site.stations]
    assert set(limits) <= {12.0, 13.0}
    assert 60 <= sum(limits) <= 63
    assert site.site.figures(site.now).counts.rounded_up == 5
    site.restarts()
    site.over.clear()
    site.run(300)
    assert site.over == []


@pytest.mark.parametrize("rounding", ["up", "nearest"])
def test_those_whose_model_rounds_are_never_over(rounding: Rounding) -> None:
    keeps = rounds_up if rounding == "up" else lambda amps: float(round(amps))
    site = OddSite(
        63, [Station(keeps=keeps) for _ in range(5)], Abilities(resolution=1.0, rounding=rounding), charging=0
    )  # type: ignore[arg-type]
    for id in range(1, 6):
        site.plugs(id)
    site.run(300)
    assert site.over == []
    assert {station.sent[-1].amps for station in site.stations.values()} == {12.0}


def test_a_model_that_turns_out_to_round_counts_at_once() -> None:
    """What was sent before counts with what it is rounded to, until whole amperes are in force."""
    site = OddSite(63, [Station(keeps=rounds_up) for _ in range(5)])
    site.is_of_model(Abilities(resolution=1.0, rounding="up"))
    assert site.site.figures(site.now).overcommitted == pytest.approx(2)
    site.run(30)
    assert site.site.figures(site.now).overcommitted == 0
    assert max(seconds for seconds, _ in site.over) < 60 + 30


def test_one_that_drops_its_limits_with_its_line_counts_with_its_rating_until_it_is_told_again() -> None:
    """go-e API-v2 #217: 16 A above 32 A for as long as its line was away, and nothing said so."""
    site = OddSite(40, [Station(alone=32.0), Station()], Abilities(keeps_offline=False))
    gone, stays = site.stations[1], site.stations[2]
    gone.online = False
    site.run(60)
    assert len(site.over) <= ANSWERING
    assert site.site.envelope.may_draw(1, site.now) == 32.0
    assert stays.sent[-1].amps == 8.0
    assert site.site.figures(site.now).exempt == {"without_limits": 1}
    site.over.clear()
    site.run(1500)
    assert (site.over, site.site.envelope.may_draw(1, site.now)) == ([], 32.0)
    gone.alone, gone.limits = None, [(0, 32.0)]
    gone.online = True
    site.run(120)
    assert site.over == []
    assert (gone.sent[-1].amps, stays.sent[-1].amps, site.site.figures(site.now).exempt) == (20.0, 20.0, {})


ANSWERING = 10  # s until the neighbour was told and has followed


def test_a_restart_of_the_server_cuts_its_line_too() -> None:
    site = OddSite(40, [Station(), Station()], Abilities(keeps_offline=False))
    site.restarts()
    assert [site.site.envelope.may_draw(id, site.now) for id in (1, 2)] == [32.0, 32.0]
    site.run(60)
    assert [site.site.envelope.may_draw(id, site.now) for id in (1, 2)] == [20.0, 20.0]


def test_a_new_cable_elsewhere_in_the_tree_cuts_no_line() -> None:
    site = OddSite(40, [Station(), Station()], Abilities(keeps_offline=False))
    site.is_rated(41)
    assert [site.site.envelope.may_draw(id, site.now) for id in (1, 2)] == [20.0, 20.0]


def test_one_that_cannot_do_with_nothing_is_never_told_so() -> None:
    """sem-community #977 (Huawei): a default of 0 A ended each start after a second."""
    site = OddSite(20, [Station() for _ in range(3)], Abilities(fallback=6.0), charging=1)
    newcomers(site, [2, 3])
    told = [send for station in site.stations.values() for send in station.sent]
    assert {send.fallback for send in told} == {6.0}
    assert min(send.amps for send in told if send.reason != "first") >= 6.0
    assert site.over == []
    assert site.stations[3].sent[-1].amps >= 6.0


def test_a_fallback_that_its_model_no_longer_needs_counts_until_it_is_taken_back() -> None:
    site = OddSite(20, [Station(), Station()], Abilities(fallback=6.0), charging=1)
    site.is_of_model(Abilities())
    assert 2 not in site.site.fallbacks
    assert site.site.envelope.may_draw(2, site.now) == 6.0
    site.run(60)
    assert site.site.envelope.may_draw(2, site.now) == 0.0
    assert site.stations[2].sent[-1].fallback == 0.0


def test_a_fallback_below_the_circuit_s_minimum_is_the_minimum_and_none_above_the_rating() -> None:
    site = OddSite(20, [Station()], Abilities(fallback=6.0, resolution=4.0), charging=0)
    assert site.site.envelope.known(1).fallback == 8.0  # type: ignore[union-attr]
    small = OddSite(20, [Station()], Abilities(fallback=10.0), charging=0, rating=8.0)
    assert small.site.envelope.known(1).fallback == 0.0  # type: ignore[union-attr]


def test_one_that_takes_relative_schedules_only_holds_its_limit_for_as_long_as_it_is_away() -> None:
    """lbbrhzn #2158 (Timxon): nobody knows when a schedule began that begins when the station likes."""
    site = OddSite(40, [Station(), Station()], Abilities(kinds=frozenset({"relative"})))
    assert {send.until for station in site.stations.values() for send in station.sent} == {None}
    site.stations[1].online = False
    site.run(2000)
    assert (site.site.envelope.may_draw(1, site.now), site.over) == (20.0, [])
    assert site.stations[2].sent[-1].amps == 20.0


def test_what_may_be_drawn_beyond_a_limit_is_a_figure_and_what_is_drawn_an_alarm() -> None:
    """An envelope above the limit, 15 to 24 times a run without any overload, was an alarm."""
    site = OddSite(40, [Station(wants=8), Station(wants=8)])
    site.stations[1].online = site.stations[2].online = False
    site.is_rated(30)
    site.run(20)
    figures = site.site.figures(site.now)
    assert (figures.overcommitted, figures.overloaded, figures.overloaded_seconds) == (10.0, 0.0, 0.0)
    assert figures.counts.limit_fell == 1
    for station in site.stations.values():
        station.online, station.wants, station.keeps = True, 100, lambda _: 20.0
    site.run(75)
    figures = site.site.figures(site.now)
    assert figures.overloaded == pytest.approx(10)
    assert 0 < figures.overloaded_seconds < 75


def test_the_limit_that_falls_below_what_is_out_is_counted() -> None:
    site = OddSite(40, [Station(), Station()], electricity_meter_id=7)
    for _ in range(6):
        site.site.metered(7, site.now, (5 + sum(one.draws(site.now) for one in site.stations.values()), 0.0, 0.0))
        site.run(10)
    before = site.site.figures(site.now).counts.limit_fell
    site.site.metered(7, site.now, (75.0, 0.0, 0.0))
    site.run(10)
    assert site.site.figures(site.now).counts.limit_fell == before + 1


def test_what_was_not_measured_for_longer_than_a_lease_is_what_may_be_drawn() -> None:
    """A station cut off for 25 minutes was still shown with 32 A, "36 s ago"."""
    site = OddSite(32, [Station()])
    site.run(30)
    last = max(at for at in range(site.now - 15, site.now + 1) if (at + 4) % 15 == 0)
    (line, *_) = site.site.loads(site.now)
    assert (line.managed, line.managed_at, line.managed_is_measured) == (32.0, last, True)
    site.stations[1].online = False
    site.run(600)
    (line, *_) = site.site.loads(site.now)
    assert (line.managed, line.managed_at, line.managed_is_measured) == (32.0, last, True)
    site.run(900)
    (line, *_) = site.site.loads(site.now)
    assert (line.managed, line.managed_at, line.managed_is_measured) == (0.0, last, False)
    site.restarts()
    (line, *_) = site.site.loads(site.now)
    assert (line.managed, line.managed_is_measured) == (0.0, True)
    site.plugs(1, charges=False)
    (line, *_) = site.site.loads(site.now)
    assert (line.managed, line.managed_at, line.managed_is_measured) == (0.0, site.now, True)


def test_a_reading_that_was_kept_is_as_old_as_it_is() -> None:
    site = OddSite(32, [Station()])
    site.site.drew(1, site.now, {"L1": 30.0}, None, None, site.now - 1200)
    (line, *_) = site.site.loads(site.now)
    assert (line.managed_at, line.managed_is_measured) == (site.now - 1200, False)
    site.site.drew(1, site.now, {"L1": 30.0}, None, None, site.now + 500)
    (line, *_) = site.site.loads(site.now)
    assert (line.managed, line.managed_at, line.managed_is_measured) == (30.0, site.now, True)


def test_the_unmanaged_load_says_when_its_meter_spoke_last() -> None:
    site = OddSite(32, [Station()], charging=0, electricity_meter_id=7, offline_reserved_current=25.0)
    (line, *_) = site.site.loads(site.now)
    assert (line.unmanaged, line.unmanaged_at, line.unmanaged_is_measured) == (25.0, None, False)
    said = site.now
    site.site.metered(7, said, (12.0, 0.0, 0.0))
    site.run(10)
    (line, *_) = site.site.loads(site.now)
    assert (line.unmanaged, line.unmanaged_at, line.unmanaged_is_measured) == (12.0, said, True)
    site.run(40)
    (line, *_) = site.site.loads(site.now)
    assert (line.unmanaged, line.unmanaged_at, line.unmanaged_is_measured) == (25.0, said, False)


def test_of_a_meter_that_never_spoke_all_may_flow() -> None:
    site = OddSite(32, [Station()], charging=0, electricity_meter_id=7)
    (line, *_) = site.site.loads(site.now)
    assert (line.unmanaged, line.unmanaged_at, line.unmanaged_is_measured) == (32.0, None, False)


def test_what_a_station_draws_that_fell_silent_is_no_load_of_the_building() -> None:
    """It is kept free for it already."""
    site = OddSite(63, [Station(), Station()], electricity_meter_id=7)
    for second in range(300):
        site.stations[1].online = second < 100
        site.meters(5.0)
        site.run(1)
    assert site.stations[1].draws(site.now) > 10
    assert site.unmanaged()[0] == pytest.approx(5, abs=0.1)
    site.stations[2].online = False
    for _ in range(120):
        site.meters(40.0)
        site.run(1)
    assert site.unmanaged()[0] >= 40 - 2.5  # what flows beyond all that both may draw is the building's


def test_a_server_that_starts_again_knows_what_flowed_besides() -> None:
    site = OddSite(63, [Station(), Station()], electricity_meter_id=7)
    for _ in range(120):
        site.meters(5.0)
        site.run(1)
    site.restarts()
    site.run(3)
    site.meters(5.0)
    assert site.unmanaged()[0] == pytest.approx(5, abs=0.1)
    site.run(60)
    assert sum(station.draws(site.now) for station in site.stations.values()) > 30
    assert site.over == []


def test_who_does_not_obey_counts_with_what_its_car_takes_once_it_was_watched() -> None:
    """A rating of 32 A that was kept free for a car of 16 A cost the others 16 A for as long as it stayed."""
    site = OddSite(24, [Station(keeps=lambda _: 99.0, wants=16.0), Station()])
    site.run(220)
    assert site.site.envelope.may_draw(1, site.now) == 32.0
    site.run(120)
    assert site.site.envelope.may_draw(1, site.now) == 18.0
    site.run(60)
    assert site.stations[2].limits[0][1] == 6.0
    assert site.over[-1][0] < 200
    site.stations[1].wants = 20.0
    site.run(30)
    assert site.site.envelope.may_draw(1, site.now) == 22.0, "it drew more than ever before"
    site.stations[1].online = False
    site.run(2)
    assert site.site.envelope.may_draw(1, site.now) == 32.0
    site.stations[1].online = True
    site.plugs(1, charges=False)
    site.plugs(1)
    site.run(20)
    assert site.site.envelope.may_draw(1, site.now) == 32.0, "another car"


def test_a_full_car_keeps_nothing_that_another_needs_and_is_tried_again() -> None:
    site = OddSite(16, [Station(wants=0.0), Station()])
    site.run(120)
    assert site.site.envelope.highest(1, site.now) == 6.0
    site.run(240)
    assert site.site.envelope.highest(1, site.now) == 0.0
    assert site.stations[2].limits[0][1] == 16.0
    site.stations[1].wants = 32.0
    site.run(1200)
    assert site.stations[1].limits[0][1] == 8.0, "it was tried again, and wanted"


def test_nothing_is_sent_for_a_full_car_while_nobody_needs_what_it_holds() -> None:
    site = OddSite(63, [Station(wants=0.0), Station()])
    site.run(60)
    before = len(site.stations[1].sent)
    site.run(1040)
    assert len(site.stations[1].sent) == before
    assert site.site.envelope.highest(1, site.now) == 0.0, "its lease ran out"
    site.run(300)
    assert len(site.stations[1].sent) == before + 1, "it was tried again"
    assert site.stations[2].limits[0][1] >= 31.0
