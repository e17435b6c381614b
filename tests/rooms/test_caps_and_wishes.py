"""Caps and wishes in a site: what somebody leaves a circuit, a charge point, an EVSE; what is wanted of a session."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from ohmstead.engines.dlm.allocate import Demand
from ohmstead.engines.dlm.envelope import Envelope
from ohmstead.engines.dlm.holding import Evse
from ohmstead.engines.dlm.steadiness import Band
from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.rooms.power.management.caps import CapSources, EnergyCounter, Limit, Members
from ohmstead.rooms.power.management.demands import Bound, Need
from ohmstead.rooms.power.management.sharing import Sharing
from ohmstead.rooms.power.management.wishes import SessionState, Wanted, WishSources, together
from tests.rooms.odd_sites import START, OddSite, Station

HOUR = timedelta(hours=1)
TREE = Tree([Circuit(1, None, 40.0)])


@dataclass
class Leaves:
    """A cap on one place."""

    limit: Limit | None
    circuit_id: int | None = None
    charge_point_id: int | None = None
    evse_id: int | None = None
    of_all: bool = False
    source: str = "test"
    energy: float = 0.0

    def at(self, now: datetime, seen) -> Limit | None:
        self.energy = seen.energy_wh(datetime.fromtimestamp(START, now.tzinfo))
        return self.limit


@dataclass
class Wants:
    """A wish that is always the same."""

    wanted: Wanted
    by_surplus: bool = False
    source: str = "test"
    seen: SessionState | None = None

    def at(self, now: datetime, session: SessionState) -> Wanted:
        self.seen = session
        if self.by_surplus:
            return Wanted(cap=session.surplus if session.surplus is None or session.surplus >= 6 else 0.0)
        return self.wanted


def offers(site: OddSite) -> list[float]:
    return [site.site.envelope.offered(id, site.now) or 0.0 for id in site.stations]


def capped(site: OddSite, *caps: Leaves) -> OddSite:
    site.site.refresh(replace(site.site.snapshot, caps=caps))
    site.run(90)
    return site


def test_a_cap_on_a_circuit_is_shared_by_its_sessions():
    site = capped(OddSite(63.0, [Station(), Station()]), Leaves(Limit(amps=20.0), circuit_id=1))
    assert offers(site) == [10.0, 10.0]
    assert sum(offers(capped(site))) > 60


def test_a_cap_of_all_leaves_less_where_more_flows_besides():
    site = OddSite(63.0, [Station(), Station()], electricity_meter_id=7, offline_reserved_current=10.0)
    capped(site, Leaves(Limit(amps=30.0), circuit_id=1, of_all=True))
    assert sum(offers(site)) == pytest.approx(20.0)
    capped(site, Leaves(Limit(amps=30.0), circuit_id=1))
    assert sum(offers(site)) == pytest.approx(30.0)


def test_watts_are_shared_by_the_lines():
    site = capped(OddSite(63.0, [Station()]), Leaves(Limit(watts=3 * 230 * 10.0), circuit_id=1))
    assert offers(site) == [10.0]
    assert offers(capped(site, Leaves(Limit(watts=230 * 10.0), evse_id=1))) == [10.0]
    assert offers(capped(site, Leaves(Limit(watts=230 * 12.0), charge_point_id=1))) == [12.0]


def test_a_cap_of_an_evse_binds_that_one_alone_and_the_bound_says_who():
    site = capped(OddSite(63.0, [Station(), Station()]), Leaves(Limit(amps=8.0), evse_id=2, source="activation 7"))
    assert offers(site) == [32.0, 8.0]
    assert ("activation 7", 8.0) in [(one.source, one.amps) for one in site.site.needs[2].bounds]


def test_below_the_least_current_a_car_waits_and_a_cap_that_does_not_hold_is_none():
    site = capped(OddSite(63.0, [Station()]), Leaves(Limit(amps=5.0), evse_id=1))
    assert offers(site) == [0.0]
    assert offers(capped(site, Leaves(None, evse_id=1))) == [32.0]


def test_a_cap_sees_the_energy_that_flowed():
    cap = Leaves(Limit(amps=10.0), circuit_id=1)
    site = capped(OddSite(63.0, [Station()]), cap)
    before = cap.energy
    site.run(360)
    assert cap.energy - before == pytest.approx(230.0, rel=0.15)


def test_one_that_fails_is_passed_over(capsys):
    class Broken(Leaves):
        def at(self, now, seen):
            raise ZeroDivisionError

    site = capped(OddSite(63.0, [Station()]), Broken(None, circuit_id=1), Leaves(Limit(amps=9.0), circuit_id=1))
    assert offers(site) == [9.0]


async def test_a_source_that_fails_does_not_keep_the_others_from_being_heard():
    sources, wishes = CapSources(), WishSources()
    cap, wish = Leaves(None, circuit_id=1), Wants(Wanted())

    @sources.load
    async def broken(tx, there):
        raise KeyError

    @sources.load
    async def works(tx, there):
        return [cap]

    @wishes.load
    async def broken_too(tx, evses):
        raise KeyError

    @wishes.load
    async def works_too(tx, evses):
        return {1: wish}

    assert await sources.of(None, Members([], [], [])) == (cap,)  # type: ignore[arg-type]
    assert await wishes.of(None, [1]) == {1: (wish,)}  # type: ignore[arg-type]


def test_energy_is_counted_from_a_moment_on():
    counter, now = EnergyCounter(), datetime.fromisoformat("2026-06-01T12:00:00+00:00")
    assert counter.energy_wh(now) == 0.0
    for hours in range(4):
        counter.look(now + hours * HOUR, 1000.0)
    assert counter.energy_wh(now + 2 * HOUR) == pytest.approx(1000.0)
    assert counter.energy_wh(now) == pytest.approx(1000.0), "an hour is remembered"


def wished(site: OddSite, id: int, *wishes: Wants) -> OddSite:
    known = dict(site.site.snapshot.outlets)
    known[id] = replace(known[id], wishes=wishes)
    site.site.refresh(replace(site.site.snapshot, outlets=known))
    site.run(90)
    return site


def test_a_wish_caps_raises_the_least_and_weighs():
    site = OddSite(63.0, [Station(), Station(), Station()])
    assert offers(wished(site, 1, Wants(Wanted(cap=10.0)))) == [10.0, 26.5, 26.5]
    assert offers(wished(site, 1, Wants(Wanted(cap=10.0, least=12.0)))) == [0.0, 31.5, 31.5]
    assert offers(wished(site, 1, Wants(Wanted(weight=3.0)))) == [32.0, 15.5, 15.5]


def test_a_full_car_that_is_to_stay_awake_keeps_its_least() -> None:
    """Of what others leave, for its weight is 0."""
    awake, full = OddSite(40.0, [Station(wants=0.0), Station()]), OddSite(40.0, [Station(wants=0.0), Station()])
    wished(awake, 1, Wants(Wanted(cap=6.0, least=6.0, weight=0.0)))
    for site in (awake, full):
        site.run(1000)
    assert (offers(awake), offers(full)) == ([6.0, 32.0], [0.0, 32.0])


def test_who_was_never_told_anything_holds_nothing_that_could_be_kept():
    """It counts with its rating, but that is no share it has."""
    sharing, envelope = Sharing(900.0, Band()), Envelope(TREE)
    for id in (1, 2):
        envelope.attached(Evse(id, 1, (1, 0, 0), rating=32.0))
        envelope.came_online(id)
    needs = [Need(Demand(id, 1, (1, 0, 0), 6.0, 32.0), (Bound("rating", 32.0),), {}, Wanted()) for id in (1, 2)]
    sharing.share(0.0, needs, envelope)
    assert sharing.amps == {1: 20.0, 2: 20.0}


def test_wishes_together():
    soon, later = datetime.fromisoformat("2026-06-01T12:00:00+00:00"), datetime.fromisoformat("2026-06-01T13:00:00Z")
    every = [Wanted(10.0, None, later, None, 2.0), Wanted(8.0, 7.0, soon, 500.0, 3.0), Wanted(energy_wh=900.0)]
    assert together(every) == Wanted(8.0, 7.0, soon, 500.0, 6.0)
    assert together([]) == Wanted()


def test_a_session_that_follows_the_surplus_is_told_what_would_flow_back():
    site = OddSite(63.0, [Station(), Station()], electricity_meter_id=7)
    sun = Wants(Wanted(), by_surplus=True)
    wished(site, 1, sun)
    for _ in range(30):
        site.meters(-14.0)
        site.run(10)
    assert sun.seen is not None
    assert sun.seen.surplus == pytest.approx(0.0), "the other car takes it all"
    site.stations[2].wants = 0.0
    for _ in range(30):
        site.meters(-14.0)
        site.run(10)
    assert offers(site)[0] == pytest.approx(14.0, abs=2.5)
