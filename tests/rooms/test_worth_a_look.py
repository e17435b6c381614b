"""A draw is worth a look at once only where something follows from it; all others wait for the tick."""

from tests.rooms.odd_sites import OddSite, Station


def drew(site: OddSite, id: int, amps: float) -> bool:
    return site.site.drew(id, site.now, {"L1": amps}, None, None, site.now)


def test_a_car_that_takes_what_it_may_changes_nothing():
    site = OddSite(20.0, [Station(), Station()])
    site.run(60)
    for _ in range(8):
        site.now += 15
        assert not drew(site, 1, 10.0)


def test_a_car_that_leaves_something_is_looked_at_once_that_is_known():
    site = OddSite(40.0, [Station(), Station()])
    site.run(60)
    found = []
    for _ in range(8):
        site.now += 15
        found.append(drew(site, 1, 8.0))
    assert found.count(True) == 1


def test_one_that_draws_too_much_is_looked_at_when_it_is_first_seen():
    site = OddSite(20.0, [Station(), Station()])
    site.run(60)
    site.now += 15
    assert drew(site, 1, 30.0)


def test_a_current_where_nobody_is_said_to_be_is_looked_at_each_time():
    site = OddSite(20.0, [Station(), Station()], charging=1)
    assert drew(site, 2, 3.0)
    assert not drew(site, 2, 0.2)


def test_what_is_not_told_and_who_is_not_there_is_worth_none():
    site = OddSite(20.0, [Station()])
    assert not site.site.drew(1, site.now, {}, None, None)
    assert not drew(site, 99, 10.0)
