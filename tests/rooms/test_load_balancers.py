"""Third parties that own the limits of a circuit: what they are told, what is believed of them, and what holds when
they fail."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import falcon.asgi
import pytest
import structlog
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.operator.outbound import Outbound
from ohmstead.rooms.power.integrations import HTTP, Balancing, HttpBalancer, http_balancer, register
from ohmstead.rooms.power.integrations.stored_limits import BalancedCap
from ohmstead.rooms.power.management.caps import EnergyCounter, Limit
from ohmstead.rooms.power.management.snapshot import Snapshot, take
from tests.conftest import served
from tests.given import Given
from tests.rooms.odd_sites import OddSite, Station

HOST = "127.0.0.1"
MINUTE = timedelta(minutes=1)
Say = Callable[[Any], Awaitable[None]]


@dataclass
class Service:
    """A load balancer; `say` makes of its answer what it says."""

    clock: ManualClock
    limits: dict[int, float] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    valid_for: timedelta = 10 * MINUTE
    say: Say | None = None
    told: list[dict[str, Any]] = field(default_factory=list)

    async def on_post(self, req: Any, resp: Any) -> None:
        self.told.append(json.loads(await req.stream.read()))
        evses = [{"evseId": id, "maxCurrent": amps} for id, amps in self.limits.items()]
        resp.media = {"validUntil": (self.clock.now() + self.valid_for).isoformat(), "evses": evses} | self.more
        if self.say is not None:
            await self.say(resp)


@pytest.fixture
def clock(system: System) -> ManualClock:
    return ManualClock(system.clock.now())


@pytest.fixture
async def service(clock: ManualClock) -> AsyncIterator[Service]:
    """Asked of the circuits with integration 3."""
    found, app = Service(clock), falcon.asgi.App()
    app.add_route("/", found)
    async with served(app) as base:
        end = register(HTTP, HttpBalancer(Outbound([HOST]), base + "/"))
        yield found
        end()


@dataclass
class Place:
    """A circuit that somebody else balances, with a charge point of one EVSE."""

    system: System
    circuit: int
    point: int
    evse: int
    balancing: Balancing
    clock: ManualClock

    async def snapshot(self) -> Snapshot:
        async with self.system.database.read() as tx:
            found = await take(tx, self.circuit)
        assert found is not None
        return found

    async def leaves(self) -> list[tuple[str, Limit | None]]:
        """What is left of the EVSE, by the caps of its tree at this moment."""
        caps = (await self.snapshot()).caps
        return [(cap.source, cap.at(self.clock.now(), EnergyCounter())) for cap in caps if cap.evse_id == self.evse]


@pytest.fixture
async def place(system: System, given: Given, clock: ManualClock) -> Place:
    circuit = await given.circuit(maxCurrent=40, loadBalancingIntegration={"id": HTTP})
    point = await given.managed_charge_point()
    path = f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point"
    assert (await given.api.post(path, {"chargePointId": point["id"]})).status == 202
    async with system.database.begin() as tx:
        await tx.run(text("UPDATE charge_point SET first_contact_at = now()"))
    balancing = Balancing(system.database, clock)
    return Place(system, circuit["id"], point["id"], int(point["evses"][0]["id"]), balancing, clock)


async def test_it_is_told_how_the_circuit_stands(place: Place, service: Service) -> None:
    await place.balancing.ask_all()
    [told] = service.told
    assert (told["circuitId"], told["maxCurrent"], told["integration"]) == (place.circuit, 40.0, {"id": HTTP})
    assert [line["line"] for line in told["lines"]] == [1, 2, 3]
    [evse] = told["evses"]
    assert (evse["evseId"], evse["chargePointId"], evse["lines"]) == (place.evse, place.point, [1, 2, 3])
    assert (evse["minCurrent"], evse["maxCurrent"], evse["session"]) == (6.0, 32.0, None)


async def test_its_limits_hold_until_they_expire(place: Place, service: Service) -> None:
    service.limits = {place.evse: 10.0}
    await place.balancing.ask_all()
    assert await place.leaves() == [("load balancer", Limit(10.0))]
    await place.clock.advance(9 * 60 + 59)
    assert await place.leaves() == [("load balancer", Limit(10.0))]
    await place.clock.advance(1)
    assert await place.leaves() == [("load balancer", None)], "our own allocation, within the breaker's limit"


async def test_a_safe_current_takes_over_where_it_declared_one(place: Place, service: Service) -> None:
    service.limits, service.more = {place.evse: 10.0}, {"safeCurrent": 6}
    await place.balancing.ask_all()
    assert await place.leaves() == [("load balancer", Limit(10.0))]
    await place.clock.advance(600)
    assert await place.leaves() == [("load balancer", Limit(6.0))]
    service.limits = {}
    await place.balancing.ask_all()
    assert await place.leaves() == [("load balancer", None)], "what it does not name it does not limit"


async def test_a_whole_charge_point_is_limited_and_of_two_limits_the_lower_counts(
    place: Place, service: Service
) -> None:
    service.more = {"chargePoints": [{"chargePointId": place.point, "maxCurrent": amps} for amps in (20, 16, 18)]}
    await place.balancing.ask_all()
    [cap] = (await place.snapshot()).caps
    assert (cap.charge_point_id, cap.at(place.clock.now(), EnergyCounter())) == (place.point, Limit(16.0))


async def test_a_limit_of_zero_is_one(place: Place, service: Service) -> None:
    service.limits = {place.evse: 0}
    await place.balancing.ask_all()
    assert await place.leaves() == [("load balancer", Limit(0.0))]


def answers(**change: Any) -> Say:
    async def say(resp: Any) -> None:
        resp.media |= change

    return say


async def slow(resp: Any) -> None:
    await asyncio.sleep(1)


async def fails(resp: Any) -> None:
    resp.status = 500


async def garbage(resp: Any) -> None:
    resp.data, resp.media = b"\xff not JSON", None


async def nothing(resp: Any) -> None:
    resp.data, resp.media = b"", None


async def endless(resp: Any) -> None:
    resp.data, resp.media = b" " * 1_000_001, None


FAULTS: dict[str, Say] = {
    "slow": slow, "status 500": fails, "garbage": garbage, "nothing": nothing, "endless": endless,
    "a list": answers(evses={}), "negative": answers(evses=[{"evseId": 1, "maxCurrent": -1}]),
    "of another circuit": answers(evses=[{"evseId": 999_999, "maxCurrent": 1}]),
    "of another charge point": answers(chargePoints=[{"chargePointId": 999_999, "maxCurrent": 1}]),
    "no number": answers(evses=[{"evseId": 1, "maxCurrent": "10 A"}]), "no end": answers(validUntil=None),
    "long over": answers(validUntil="2020-01-01T00:00:00Z"), "for ever": answers(validUntil="2999-01-01T00:00:00Z"),
    "at no clear moment": answers(validUntil="2026-11-30T12:00:00"), "unsafe": answers(safeCurrent=-6),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_whatever_goes_wrong_its_last_limits_hold_and_then_ours(
    place: Place, service: Service, fault: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_balancer, "WITHIN_S", 0.3)
    service.limits = {place.evse: 10.0}
    await place.balancing.ask_all()
    service.limits, service.say = {place.evse: 32.0}, fault
    with structlog.testing.capture_logs() as logged:
        for _ in range(2):
            await place.clock.advance(30)
            await place.balancing.ask_all()
            assert await place.leaves() == [("load balancer", Limit(10.0))]
    told = [one for one in logged if one["event"] == "load balancer not heeded"]
    assert [one["circuit"] for one in told] == [place.circuit], "once"
    await place.clock.advance(600)
    await place.balancing.ask_all()
    assert await place.leaves() == [("load balancer", None)]
    service.say = None
    await place.balancing.ask_all()
    assert await place.leaves() == [("load balancer", Limit(32.0))]


async def test_one_that_is_dead_or_at_no_public_address_is_as_one_that_says_nothing(
    place: Place, service: Service
) -> None:
    service.limits = {place.evse: 10.0}
    await place.balancing.ask_all()
    for outbound, url in ((Outbound([HOST]), f"http://{HOST}:1/"), (Outbound(), f"http://{HOST}:1/"),
                          (Outbound(), "file:///etc/passwd")):  # fmt: skip
        end = register(HTTP, HttpBalancer(outbound, url))
        await place.balancing.ask_all()
        end()
        assert await place.leaves() == [("load balancer", Limit(10.0))]


async def test_who_never_answered_limits_nothing_and_one_that_hangs_holds_up_no_other(
    place: Place, service: Service, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_balancer, "WITHIN_S", 0.3)
    other = await given.circuit(loadBalancingIntegration={"id": HTTP})

    async def hangs_for_the_first(resp: Any) -> None:
        if service.told[-1]["circuitId"] == other["id"]:
            await asyncio.sleep(1)

    service.limits, service.say = {place.evse: 10.0}, hangs_for_the_first
    await place.balancing.ask_all()
    assert await place.leaves() == [("load balancer", Limit(10.0))]


@pytest.mark.parametrize(
    "chosen", [{"id": 1}, {"id": 2, "fields": {"installationId": "5a1d0aa2-0c3c-4c1b-9d5e-0d2a8f6a7b11"}}]
)
async def test_where_nobody_speaks_for_a_third_party_the_circuit_is_held_by_our_own_allocation(
    place: Place, service: Service, given: Given, chosen: dict[str, Any]
) -> None:
    service.limits = {place.evse: 10.0}
    await place.balancing.ask_all()
    path = f"/resources/circuits/v2.0/{place.circuit}"
    assert (await given.api.patch(path, {"loadBalancingIntegration": chosen})).status == 200
    await place.balancing.ask_all()
    assert len(service.told) == 1
    snapshot = await place.snapshot()
    assert (set(snapshot.outlets), snapshot.caps) == ({place.evse}, ()), "what another said holds no longer"
    assert (await given.api.patch(path, {"loadBalancingIntegration": None})).status == 200
    assert (await place.snapshot()).caps == ()


async def test_limits_that_come_after_the_circuit_was_taken_away_are_not_kept(
    place: Place, service: Service, given: Given
) -> None:
    async def taken_away(resp: Any) -> None:
        path = f"/resources/circuits/v2.0/{place.circuit}"
        assert (await given.api.patch(path, {"loadBalancingIntegration": {"id": 1}})).status == 200

    service.limits, service.say = {place.evse: 10.0}, taken_away
    await place.balancing.ask_all()
    path = f"/resources/circuits/v2.0/{place.circuit}"
    assert (await given.api.patch(path, {"loadBalancingIntegration": {"id": HTTP}})).status == 200
    assert await place.leaves() == []


async def test_nobody_is_asked_before_its_schedules_apply(place: Place, service: Service, given: Given) -> None:
    tomorrow = (place.clock.now() + timedelta(days=1)).date()
    chosen = {"id": HTTP, "fields": {"startDate": tomorrow.isoformat()}}
    path = f"/resources/circuits/v2.0/{place.circuit}"
    assert (await given.api.patch(path, {"loadBalancingIntegration": chosen})).status == 200
    await place.balancing.ask_all()
    assert service.told == []
    await place.clock.advance(24 * 3600)
    await place.balancing.ask_all()
    assert [one["integration"] for one in service.told] == [chosen]


async def test_an_operators_profile_stays_below_on_such_a_circuit_too(place: Place, given: Given) -> None:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]}
    body = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute"}
    path = f"/actions/charge-point/v1.0/{place.point}/set-charging-profile/1"
    answer = await given.api.post(path, body | {"chargingSchedule": schedule})
    assert (answer.status, list(answer.body["errors"])) == (422, ["chargingProfilePurpose"])


def test_limits_above_the_breaker_raise_nothing() -> None:
    site = OddSite(40.0, [Station(), Station()])
    for amps, offered in ((1000.0, 40.0), (8.0, 16.0)):
        until = datetime.fromtimestamp(site.now + 3600, UTC)
        caps = tuple(BalancedCap("load balancer", until, amps, evse_id=id) for id in site.stations)
        site.site.refresh(replace(site.site.snapshot, caps=caps))
        site.run(90)
        assert sum(site.site.envelope.offered(id, site.now) or 0.0 for id in site.stations) == pytest.approx(offered)
