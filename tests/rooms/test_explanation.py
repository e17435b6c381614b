"""Explanations: of each reason why an EVSE gets what it gets one site in which it is the reason."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ohmstead.engines.dlm.steadiness import Band
from ohmstead.rooms.devices.profiles.abilities import Abilities
from ohmstead.rooms.devices.profiles.outside_limits import Outside
from ohmstead.rooms.devices.stations import ChargingProfile, SchedulePeriod
from ohmstead.rooms.power.management.caps import Limit
from ohmstead.rooms.power.management.explanation.circuits import explained_circuit, explained_evse
from ohmstead.rooms.power.management.explanation.views import CircuitExplained, EvseExplained
from ohmstead.rooms.power.management.sharing import Sharing
from ohmstead.rooms.power.management.wishes import Wanted
from tests.rooms.odd_sites import OddSite, Station
from tests.rooms.test_caps_and_wishes import Leaves, Wants

LINE = {"circuitId": 1, "name": "Main", "phase": "L1", "rootPhase": "L1"}


def moment(site: OddSite) -> datetime:
    return datetime.fromtimestamp(site.now, UTC)


def explained(site: OddSite, id: int = 1) -> dict[str, Any]:
    """Of an EVSE; its codes are among those of the document."""
    told = explained_evse(site.site, id, moment(site))
    msgspec.convert(told, EvseExplained)
    return told


def circuit(site: OddSite) -> dict[str, Any]:
    told = explained_circuit(site.site, 1, moment(site))
    msgspec.convert(told, CircuitExplained)
    return told


def first(site: OddSite) -> dict[str, Any]:
    """The circuit's L1, on which all hangs."""
    return circuit(site)["lines"][0]


def changed(site: OddSite, id: int = 1, seconds: int = 90, **fields: Any) -> OddSite:
    """An outlet is otherwise from now on, some time ago."""
    known = dict(site.site.snapshot.outlets)
    known[id] = replace(known[id], **fields)
    site.site.refresh(replace(site.site.snapshot, outlets=known))
    site.run(seconds)
    return site


def settled(*stations: Station, limit: float = 40.0, seconds: int = 120, **fields: Any) -> OddSite:
    site = OddSite(limit, stations or [Station(), Station()], **fields)
    site.run(seconds)
    return site


class TestStates:
    def test_a_full_line_is_shared(self) -> None:
        told = explained(settled())
        assert (told["state"], told["target"], told["offered"], told["binding"]) == ("line", 20, 20, LINE)
        assert told["text"] == "L1 of Main (circuit 1) is full. By its weight 20 A of it are for this one."
        assert told["pending"] is None

    def test_it_has_all_it_can_have(self) -> None:
        told = explained(settled(limit=63, rating=16))
        assert (told["state"], told["target"], told["binding"]) == ("maximum", 16, None)
        assert told["text"] == "It is to have all it can have, 16 A. It is rated for no more."

    def test_nobody_charges(self) -> None:
        told = explained(settled(charging=1), 2)
        assert (told["state"], told["target"], told["sessionId"]) == ("no_session", None, None)
        assert (told["weight"], told["minimum"], told["maximum"], told["pending"]) == (None, None, None, None)
        assert told["reserve"] == {"amps": 0, "reason": "nothing", "text": "Nothing is kept free for it."}

    def test_there_is_no_room_for_its_minimum(self) -> None:
        site = settled(*(Station() for _ in range(3)), limit=13)
        waiting = next(one for one in circuit(site)["evses"] if one["target"] == 0)
        assert (waiting["state"], waiting["binding"]) == ("no_room", LINE)
        assert waiting["text"] == "L1 of Main (circuit 1) has no room for its minimum of 6 A. It waits."
        assert waiting["evseId"] in first(site)["binds"]

    def test_it_gave_way_to_one_that_waited(self) -> None:
        site = settled(*(Station() for _ in range(3)), limit=13, seconds=1200)
        waiting = next(one for one in circuit(site)["evses"] if one["target"] == 0)
        assert (waiting["state"], waiting["binding"]) == ("gave_way", LINE)
        assert waiting["text"].endswith("It has charged, and waits while others have their turn.")

    def test_its_maximum_is_below_its_minimum(self) -> None:
        site = settled()
        site.site.refresh(replace(site.site.snapshot, caps=(Leaves(Limit(amps=5.0), evse_id=1, source="plan 7"),)))
        site.run(60)
        told = explained(site)
        assert (told["state"], told["target"], told["binding"]) == ("below_minimum", 0, None)
        assert told["text"] == (
            "It may have 5 A at the most, less than its minimum of 6 A. It is left no more for a while (plan 7)."
        )

    def test_it_cannot_be_reached(self) -> None:
        site = settled()
        site.stations[1].online = False
        site.run(30)
        told = explained(site)
        assert (told["state"], told["reserve"]["reason"], told["reserve"]["amps"]) == ("offline", "lease", 20)
        assert told["text"] == (
            "Its charge point cannot be reached. It goes on with 20 A until its lease is over, then with 0 A."
        )
        assert told["lease"]["until"] > moment(site).isoformat()
        site.run(1200)
        assert explained(site)["reserve"]["reason"] == "nothing"

    def test_out_of_reach_for_good(self) -> None:
        """A model that knows no end of a limit, and one that drops them with its line."""
        for abilities, reserve, text in (
            (Abilities(kinds=frozenset({"relative"})), ("lease", 20), "It goes on with 20 A."),
            (Abilities(keeps_offline=False), ("rating", 32), "It drops its limits meanwhile."),
        ):
            site = settled(abilities=abilities)
            site.stations[1].online = False
            site.run(1500)
            told = explained(site)
            assert (told["reserve"]["reason"], told["reserve"]["amps"]) == reserve
            assert told["text"].endswith(text)

    def test_it_does_not_obey(self) -> None:
        site = OddSite(40, [Station(keeps=lambda amps: 30.0), Station()])
        site.run(300)
        told = explained(site)
        assert (told["state"], told["target"]) == ("not_controllable", 6)
        assert told["control"]["kind"] == "C"
        assert told["control"]["standing"] == "disobeys"
        assert told["reserve"] == {
            "amps": 32, "reason": "rating", "text": "Its rating. It was found to draw more than it had accepted.",
        }  # fmt: skip

    def test_what_its_car_takes_is_kept_free_once_that_is_known(self) -> None:
        site = OddSite(24, [Station(keeps=lambda _: 99.0, wants=16.0), Station()])
        site.run(400)
        assert explained(site)["reserve"] == {
            "amps": 18, "reason": "car",
            "text": "What its car was seen to take, and 2 A. It was found to draw more than it had accepted.",
        }  # fmt: skip

    def test_it_draws_more_and_is_not_found_out_yet(self) -> None:
        site = settled()
        site.stations[1].keeps = lambda amps: 30.0
        site.stations[1].limits.insert(0, (site.now, 30.0))
        while not (told := explained(site))["control"]["standing"]:
            site.run(1)
        assert told["control"]["standing"] == "above"

    def test_it_is_set_apart(self) -> None:
        told = explained(changed(settled(), apart="a single phase lies between two lines"))
        assert (told["state"], told["target"], told["reserve"]["reason"]) == ("set_apart", None, "set_apart")
        assert "(a single phase lies between two lines)" in told["text"]

    def test_its_car_stopped_by_itself(self) -> None:
        site = settled(set_session_limit_to_zero_on_idle=True)
        since = moment(site) - timedelta(minutes=6)
        told = explained(changed(site, hardware_status="suspendedEV", status_since=since))
        assert (told["state"], told["target"]) == ("idle_car", 0)

    def test_its_car_takes_nothing(self) -> None:
        site = settled(Station(wants=0.0), Station(), seconds=700)
        told = explained(site)
        assert told["state"] == "full_car"
        assert told["text"].startswith("Its car takes nothing")

    def test_who_leaves_soon_has_more(self) -> None:
        def wish(hours: float, energy_wh: float) -> Wants:
            leaves = datetime.fromtimestamp(1_800_000_000 + hours * 3600, UTC)
            return Wants(Wanted(departure=leaves, energy_wh=energy_wh), source="booking")

        site = changed(settled(), wishes=(wish(2, 60_000),), seconds=10)
        changed(site, 2, wishes=(wish(10, 3_000),), seconds=300)
        soon, late = explained(site, 1), explained(site, 2)
        assert (soon["state"], soon["offered"], soon["departure"]) == ("maximum", 32, "2027-01-15T10:00:00+00:00")
        assert (late["state"], late["offered"], late["binding"]) == ("line", 8, LINE)
        assert late["text"].endswith("is full. By the time it has left 8 A of it are for this one.")

    def test_nothing_is_known_of_it_yet(self) -> None:
        site = OddSite(40, [Station(online=False), Station()])
        told = explained(site)
        assert (told["state"], told["offered"], told["lease"]) == ("offline", None, None)
        assert (told["control"]["standing"], told["reserve"]["amps"]) == ("unknown", 32)


class TestBounds:
    def bounds(self, told: dict[str, Any]) -> list[tuple[str, str | None, float]]:
        return [(one["reason"], one["source"], one["amps"]) for one in told["maximum"]["bounds"]]

    def test_the_rating(self) -> None:
        told = explained(settled(limit=63))
        assert self.bounds(told) == [("rating", None, 32)]
        assert (told["maximum"]["amps"], told["maximum"]["reason"]) == (32, "rating")

    def test_the_hour(self) -> None:
        told = explained(changed(settled(), details={"defaultChargePointMaxCurrent": 10.0}))
        assert self.bounds(told) == [("hour", None, 10), ("rating", None, 32)]

    def test_the_profile_of_an_operator(self) -> None:
        told = explained(changed(settled(), caps=(profile(11.0),)))
        assert (told["maximum"]["reason"], told["offered"]) == ("profile", 11)

    def test_limits_of_others(self) -> None:
        told = explained(changed(settled(), outside=Outside(own=(profile(12.0),))))
        assert (told["maximum"]["reason"], told["offered"]) == ("outside", 12)
        told = explained(changed(settled(), outside=Outside(whole=(profile(14.0),))))
        assert self.bounds(told) == [("outside", None, 14), ("rating", None, 32)]

    def test_what_its_car_takes(self) -> None:
        told = explained(settled(Station(wants=8.0), Station(), seconds=400))
        assert (told["maximum"]["reason"], told["offered"]) == ("usage", 10)

    def test_caps_and_wishes_say_whose_they_are(self) -> None:
        wish = Wants(Wanted(cap=9.0, departure=datetime(2030, 1, 1, tzinfo=UTC)), source="schedule of the driver")
        site = changed(settled(), wishes=(wish,))
        caps = (Leaves(Limit(amps=15.0), evse_id=1, source="activation 7"),)
        site.site.refresh(replace(site.site.snapshot, caps=caps))
        site.run(60)
        told = explained(site)
        assert self.bounds(told) == [
            ("wish", "schedule of the driver", 9), ("cap", "activation 7", 15), ("rating", None, 32),
        ]  # fmt: skip
        assert told["maximum"]["bounds"][0]["text"] == (
            "No more is wished of its session now (schedule of the driver)."
        )
        assert (told["wishes"], told["departure"]) == (["schedule of the driver"], "2030-01-01T00:00:00+00:00")

    @pytest.mark.parametrize(
        ("fields", "row", "abilities", "found"),
        [
            ({}, {}, Abilities(), (6, "car")),
            ({"least": 8.0}, {"min_charge_point_current": 8.0}, Abilities(), (8, "circuit")),
            ({"least": 9.0, "details": {"minCurrent": 9.0}}, {}, Abilities(), (9, "charge_point")),
            ({"wishes": (Wants(Wanted(least=10.0)),)}, {}, Abilities(), (10, "wish")),
            ({"least": 6.5}, {}, Abilities(resolution=1.0), (7, "resolution")),
        ],
    )
    def test_the_minimum_has_a_reason(
        self, fields: dict[str, Any], row: dict[str, Any], abilities: Abilities, found: tuple[float, str]
    ) -> None:
        told = explained(changed(settled(abilities=abilities, **row), **fields))
        assert (told["minimum"]["amps"], told["minimum"]["reason"]) == found

    def test_the_weight_is_the_product_of_its_factors(self) -> None:
        site = settled()
        charge = replace(site.site.outlets[1].charge, weight=3.0, user_weights=(0.5, 2.0))  # type: ignore[type-var]
        told = explained(changed(site, point_weight=1.5, charge=charge))
        assert told["weight"]["product"] == 9
        assert told["weight"]["factors"] == {
            "charge_point": 1.5, "evse": 1, "user": 2, "session": 3, "soc": 1, "wish": 1,
        }  # fmt: skip
        assert told["offered"] == 32
        assert explained(site, 2)["offered"] == 8


def profile(amps: float) -> ChargingProfile:
    return ChargingProfile(
        id=1,
        stack_level=0,
        purpose="transaction_default",
        kind="relative",
        unit="A",
        periods=(SchedulePeriod(0, amps),),
    )


class TestDelays:
    def test_a_limit_that_is_not_answered_counts(self) -> None:
        site = settled(limit=32, charging=1)
        site.plugs(2)
        while not site.answers:
            site.run(1)
        lowered, started = explained(site, 1), explained(site, 2)
        assert (lowered["target"], lowered["offered"], lowered["pending"]["reason"]) == (16, 32, "unanswered")
        assert (started["state"], started["target"], started["offered"]) == ("line", 16, 0)
        assert started["pending"]["reason"] == "raise_waits"
        site.run(3)
        lowered = explained(site, 1)
        assert (lowered["offered"], lowered["reserve"]["amps"], lowered["reserve"]["reason"]) == (16, 32, "follows")

    def test_a_raise_on_its_way_is_kept_free_already(self) -> None:
        site = settled(charging=1)
        site.plugs(2, charges=False)
        site.plugs(1, charges=False)
        site.plugs(1)
        while not site.answers:
            site.run(1)
        told = explained(site)
        assert (told["offered"], told["reserve"]["amps"], told["reserve"]["reason"]) == (0, 32, "unanswered")

    def test_a_small_difference_is_not_worth_a_message(self) -> None:
        site = settled()
        site.is_rated(41)
        site.run(60)
        told = explained(site)
        assert (told["target"], told["offered"], told["pending"]["reason"]) == (20.5, 20, "deadband")

    def test_a_fallback_is_kept_free_for_who_cannot_do_with_nothing(self) -> None:
        told = explained(settled(abilities=Abilities(fallback=6.0), charging=1), 2)
        assert (told["reserve"]["amps"], told["reserve"]["reason"]) == (6, "fallback")

    def test_what_it_rounds_to_is_kept_free(self) -> None:
        site = settled(Station(), Station(), Station(), limit=38)
        known = replace(site.site.envelope.known(1), resolution=1.0, rounding="up")  # type: ignore[type-var]
        site.site.envelope.attached(known)
        told = explained(site)
        assert (told["offered"], told["reserve"]["amps"], told["reserve"]["reason"]) == (12.6, 13, "rounding")


def test_a_share_that_is_near_enough_is_left_as_it_is() -> None:
    site = settled()
    site.site.sharing = Sharing(math.inf, Band())
    site.is_rated(45)
    site.run(120)
    told = [explained(site, id) for id in (1, 2)]
    assert [one["fair"] for one in told] == [22.5, 22.5]
    assert sorted(one["target"] for one in told) == [20, 25]
    for one in told:
        assert one["offered"] == one["target"]
        assert one["pending"] is None
        assert one["text"].endswith(f" It is left with {one['target']:.0f} A, which is near enough.")


class TestLines:
    def test_what_is_left_adds_up(self) -> None:
        site = settled(electricity_meter_id=7, offline_reserved_current=20.0, limit=63)
        for _ in range(6):
            site.meters(12.0)
            site.run(10)
        line = first(site)
        assert (line["limit"], line["unmanaged"], line["unmanagedIsMeasured"], line["margin"]) == (63, 12, True, 15)
        assert line["left"] == line["limit"] - line["unmanaged"] - line["margin"] == 36
        assert (line["reserved"], line["drawn"], line["exceeds"], line["binds"]) == (36, 36, 0, [1, 2])
        site.run(60)
        line = first(site)
        assert (line["unmanaged"], line["unmanagedIsMeasured"], line["margin"], line["left"]) == (20, False, 0, 43)

    def test_what_cars_draw_adds_up_to_what_is_drawn(self) -> None:
        site = settled(Station(wants=7.0), Station(), Station(), seconds=300)
        told = circuit(site)
        drawn = [sum(one["amps"] for one in each["drawn"]) for each in told["evses"]]
        assert told["lines"][0]["drawn"] == pytest.approx(sum(drawn)) == pytest.approx(40, abs=3)
        assert told["lines"][1]["drawn"] == 0

    def test_caps_of_the_circuit_are_in_force(self) -> None:
        site = settled(electricity_meter_id=7, offline_reserved_current=10.0, limit=63)
        caps = (Leaves(Limit(amps=40.0), circuit_id=1, of_all=True, source="schedule"),
                Leaves(Limit(amps=25.0), circuit_id=1, source="activation 7"))  # fmt: skip
        site.site.refresh(replace(site.site.snapshot, caps=caps))
        site.run(60)
        line = first(site)
        assert (line["limit"], line["left"]) == (63, 25)
        assert line["caps"] == [
            {"source": "schedule", "amps": 40, "ofAll": True}, {"source": "activation 7", "amps": 25, "ofAll": False},
        ]  # fmt: skip

    def test_more_may_be_reserved_than_is_left(self) -> None:
        site = settled()
        site.is_rated(30)
        line = first(site)
        assert (line["left"], line["reserved"], line["exceeds"]) == (30, 40, 10)
