"""What is asked of flexibility assets as load management takes it: where, the latest first, with what flowed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from ohmstead.kit.views import stamp
from ohmstead.rooms.power.flexibility.activation_caps import ActivationCap, activations
from ohmstead.rooms.power.flexibility.table import activation_request
from ohmstead.rooms.power.management.caps import Members
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Site, energy, site, tag
from tests.rooms.test_flexibility_assets import DYNAMIC

ASSETS = "/resources/flexibility-assets/v1.0"
ACTIONS = "/actions/flexibility-asset/v1.0"


@dataclass
class Seen:
    """What load management saw: so much since whenever it is asked."""

    wh: float = 0.0
    watts: float = 0.0
    asked: list[datetime] = field(default_factory=list)

    def energy_wh(self, since: datetime) -> float:
        self.asked.append(since)
        return self.wh


@pytest.fixture
async def here(api: Client, given: Given) -> Site:
    """On circuit 1."""
    found, circuit = await site(given), await given.circuit()
    await given.made(f"/resources/charge-points/v2.0/{found.id}/smart-charging", DYNAMIC)
    attached = await api.post(f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point", {"chargePointId": found.id})
    assert (attached.status, circuit["id"]) == (202, 1)
    return found


async def asked(given: Given, asset: int, now: datetime, start: float, end: float, **target: int) -> None:
    """From and until so many minutes from now."""
    one = {"startTime": stamp(now + timedelta(minutes=start)), "endTime": stamp(now + timedelta(minutes=end)), **target}
    await given.made(f"{ACTIONS}/{asset}/create-activation-request", {"periods": [one]})


async def caps(here: Site) -> list[ActivationCap]:
    async with here.system.database.read() as tx:
        return await activations(tx, Members([1], [here.id], here.evses))


def watts(cap: ActivationCap, now: datetime, seen: Seen | None = None) -> float | None:
    limit = cap.at(now, seen or Seen())
    return None if limit is None else limit.watts


@pytest.mark.parametrize("place", ["circuit_id", "charge_point_id", "evse_id"])
async def test_a_cap_holds_where_the_asset_is(given: Given, here: Site, place: str) -> None:
    field_of = {"circuit_id": "dlmCircuitId", "charge_point_id": "chargePointId", "evse_id": "evseId"}
    where = {"circuit_id": 1, "charge_point_id": here.id, "evse_id": here.evses[0]}
    asset = await given.made(ASSETS, {field_of[place]: where[place]})
    now = given.system.clock.now()
    await asked(given, asset["id"], now, -1, 10, maxPower=5000)
    [cap] = await caps(here)
    assert {name: getattr(cap, name) for name in where} == dict.fromkeys(where) | {place: where[place]}
    assert (cap.source, cap.of_all) == (f"flexibility asset {asset['id']}", False)
    at = [watts(cap, now + timedelta(minutes=minute)) for minute in (-2, 0, 9, 11)]
    assert at == [None, 5000, 5000, None]
    async with here.system.database.read() as tx:
        assert await activations(tx, Members([2], [here.id + 1], [here.evses[0] + 1])) == []


async def test_the_latest_request_goes_first_and_disabled_assets_have_none(
    api: Client, given: Given, here: Site
) -> None:
    asset, now = await given.made(ASSETS, {"chargePointId": here.id}), given.system.clock.now()
    await asked(given, asset["id"], now, -1, 30, maxPower=9000)
    await asked(given, asset["id"], now, 5, 10, maxPower=3000)
    [cap] = await caps(here)
    assert [watts(cap, now + timedelta(minutes=minute)) for minute in (0, 6, 12)] == [9000, 3000, 9000]

    status = f"{ACTIONS}/{asset['id']}/change-status"
    end = {"status": "enabled", "endsAt": stamp(now + timedelta(minutes=20))}
    assert (await api.post(status, end)).status == 201
    [cap] = await caps(here)
    assert [watts(cap, now + timedelta(minutes=minute)) for minute in (12, 19, 21)] == [9000, 9000, None]
    await api.post(status, {"status": "disabled"})
    assert await caps(here) == []


async def charges(given: Given, here: Site, now: datetime) -> None:
    """Since 30 minutes ago: 1,000 Wh each ten minutes, told until a minute ago."""
    number, _ = await here.starts(await tag(given), now - timedelta(minutes=30), 0)
    for minute in (20, 10, 1):
        await here.meters(energy(now - timedelta(minutes=minute), (30 - minute) * 100), transaction=number)


@pytest.mark.parametrize("place", ["dlmCircuitId", "chargePointId"])
async def test_an_energy_counts_what_is_stored_and_what_was_seen_since(given: Given, here: Site, place: str) -> None:
    """As after a restart: 1,400 Wh flowed from 15 minutes ago to the last reading, a minute ago, and 100 Wh after."""
    asset = await given.made(ASSETS, {place: {"dlmCircuitId": 1, "chargePointId": here.id}[place]})
    now = given.system.clock.now()
    await charges(given, here, now)
    await asked(given, asset["id"], now, -15, 15, energy=4000)
    [cap] = await caps(here)
    [(used, until)] = cap.known.values()
    assert used == pytest.approx(1400, abs=5)  # a period begins with a whole second
    assert until == now - timedelta(minutes=1)
    seen = Seen(wh=100.0)
    assert watts(cap, now, seen) == pytest.approx((4000 - 1500) * 4, abs=200)  # by steps of 400 W
    assert seen.asked == [until]


async def test_an_energy_begins_with_nothing(given: Given, here: Site) -> None:
    asset, now = await given.made(ASSETS, {"evseId": here.evses[0]}), given.system.clock.now()
    await asked(given, asset["id"], now, -6, 24, energy=1000)
    await asked(given, asset["id"], now, 24, 54, energy=1000)
    [cap] = await caps(here)
    assert [used for used, _ in cap.known.values()] == [0.0]
    later, seen = now + timedelta(minutes=24.5), Seen()
    assert watts(cap, later, seen) == pytest.approx(2000, abs=50)
    assert seen.asked == [cap.requests[1][0].start]


async def test_what_is_over_is_no_cap(given: Given, here: Site) -> None:
    asset, now = await given.made(ASSETS, {"evseId": here.evses[0]}), given.system.clock.now()
    await asked(given, asset["id"], now, -6, 24, energy=1000)
    async with given.system.database.begin() as tx:
        await tx.run(update(activation_request).values(ends_at=now - timedelta(seconds=1)))
    assert await caps(here) == []
