"""One outlet in a star that nobody can reckon with: its rating is kept free, it is shown, and the rest is steered."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.network.durable_facts import EvseChanged
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.power.management import demands as reckoning
from ohmstead.rooms.power.management.tuning import Tuning
from tests.live import Live, live
from tests.scenarios.places import fleet
from tests.scenarios.waiting import becomes
from tests.stations.charger import Charger, plugged

SPEED = 25.0  # simulated s a second
BREAKER_A = 48.0
CROSSED = {"powerOptions": {"phases": "single_phase", "connectedPhase": "L2_L3"}}


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    tuning = Tuning(tick=5.0, band=EXACT, pace=Pace(hold=10.0))
    async with live(system.dsn, tmp_path, SystemClock(SPEED), tuning) as running:
        yield running


def limits(charger: Charger) -> list[float]:
    """A the charger was told for its charges, in order."""
    profiles = [payload["csChargingProfiles"] for action, payload in charger.heard if action == "SetChargingProfile"]
    own = [one for one in profiles if one["chargingProfilePurpose"] == "TxProfile"]
    return [one["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] for one in own]


async def may_draw(charger: Charger, amps: float) -> None:
    async def latest() -> float | None:
        return next(iter(limits(charger)[-1:]), None)

    await becomes(latest, lambda found: found == amps)


async def begins(charger: Charger, card: str) -> None:
    await charger.boots()
    await charger.is_in("Preparing")
    await charger.starts(tag=card)
    await charger.is_in("Charging")


async def test_a_badly_wired_outlet_stops_nobody_else(site: Live) -> None:
    circuit = await site.given.circuit(maxCurrent=BREAKER_A)
    odd, plain = await site.charge_point("ODD"), await site.charge_point("PLAIN")
    for point in (odd, plain):
        await site.attach(circuit, point)
    card, outlet = await fleet(site), odd["evses"][0]["id"]
    path = f"/resources/evses/v2.1/{outlet}"
    refused = await site.api.patch(path, CROSSED)
    assert (refused.status, set(refused.body["errors"])) == (422, {"powerOptions.connectedPhase"})

    async with plugged(site, "ODD") as bad, plugged(site, "PLAIN") as good:
        await begins(bad, card)
        await begins(good, card)
        await may_draw(bad, 24)
        await may_draw(good, 24)
        with structlog.testing.capture_logs() as logged:
            async with site.system.database.begin() as tx:  # as it may be there from earlier days
                wired = {"phases": "single_phase", "connected_phase": "L2_L3"}
                await tx.run(update(evse).where(evse.c.id == outlet).values(**wired))
                tx.tell(EvseChanged(id=outlet, action="updated"))
            before = len(limits(bad))
            await may_draw(good, 16)  # what the rating of the other leaves
            assert await gauge(site, circuit) == 1
            assert await apart(site, odd) == [outlet]
            assert await apart(site, plain) == []
            assert (await site.api.patch(f"/resources/circuits/v2.0/{circuit['id']}", {"maxCurrent": 42})).status == 200
            await may_draw(good, 10)
        assert len(limits(bad)) == before
        assert [one["evse"] for one in logged if one["event"].startswith("set apart")] == [outlet]
        assert not [one for one in logged if "stumbled" in one["event"]]

        assert (await site.api.patch(path, {"powerOptions": {"phases": None, "connectedPhase": None}})).status == 200
        await may_draw(bad, 21)
        await may_draw(good, 21)
        assert await gauge(site, circuit) == 0
        assert await apart(site, odd) == []


async def gauge(site: Live, circuit: dict[str, Any]) -> float:
    """What Prometheus would read."""
    line = f'ohmstead_circuit_evses_set_apart{{circuit="{circuit["id"]}"}} '
    page = await site.api.text("/metrics")
    return float(next(one.removeprefix(line) for one in page.splitlines() if one.startswith(line)))


async def apart(site: Live, point: dict[str, Any]) -> list[int]:
    shown = await site.api.get(f"/resources/charge-points/v2.0/{point['id']}", "include[]=smartCharging")
    return [one["evseId"] for one in shown.data["smartCharging"].get("setApart", [])]


async def test_what_fails_while_it_is_reckoned_ends_no_turn(site: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the wiring but anything else about one outlet: the others have their limits all the same."""
    circuit = await site.given.circuit(maxCurrent=BREAKER_A)
    odd, plain = await site.charge_point("ODD"), await site.charge_point("PLAIN")
    for point in (odd, plain):
        await site.attach(circuit, point)
    card, usual, broken = await fleet(site), reckoning.ceiling, odd["id"]
    details = {"defaultChargePointMaxCurrent": 31, "mode": "dynamic", "maxVoltage": "400", "phases": "three_phase"}
    path = f"/resources/charge-points/v2.0/{broken}/smart-charging"
    await site.given.made(path, details | {"phaseRotation": "RST"})

    def ceiling(details: dict[str, Any], *rest: Any) -> float | None:
        if details["defaultChargePointMaxCurrent"] == 31:
            raise ZeroDivisionError("of all things")
        return usual(details, *rest)

    monkeypatch.setattr(reckoning, "ceiling", ceiling)
    async with plugged(site, "ODD") as bad, plugged(site, "PLAIN") as good:
        await begins(bad, card)
        await begins(good, card)
        await may_draw(good, 16)
        assert await gauge(site, circuit) == 1
