"""Chargers that accept limits and draw what they like, or refuse them: found out, told on, believed again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import take
from ohmstead.rooms.power.management.tuning import Tuning
from tests.scenarios.waiting import becomes
from tests.stations.charger import Charger, plugged
from tests.stations.conftest import Yard
from tests.stations.test_limits_after_a_return import default, evse_of, passes, reserves, site_of, told


@asynccontextmanager
async def charging(yard: Yard, charger: Charger, amps: dict[str, float]) -> AsyncIterator[int]:
    """A transaction whose charger meters `amps["drawn"]` every 10 s; its number."""
    number = (await charger.starts())["transactionId"]

    async def meter() -> None:
        while True:
            drawn = str(amps["drawn"])
            phases = [{"value": drawn, "measurand": "Current.Import", "unit": "A", "phase": f"L{n}"} for n in (1, 2, 3)]
            await charger.meters(*phases, transactionId=number)
            await yard.site.clock.sleep(10)

    metering = asyncio.create_task(meter())
    try:
        yield number
    finally:
        metering.cancel()
        with suppress(asyncio.CancelledError):
            await metering


async def stands(yard: Yard, state: str, found_out: int) -> None:
    """What the API shows of it, once that is so."""

    async def shown() -> Any:
        path = f"/resources/charge-points/v2.0/{yard.point['id']}"
        return (await yard.site.api.get(path, "include[]=smartCharging")).data["smartCharging"].get("steering")

    await becomes(shown, lambda found: found == [{"evseId": evse_of(yard), "state": state, "foundOut": found_out}])


def limits(charger: Charger) -> list[float]:
    """What it may draw first, of each limit of a transaction."""
    laid = [default(payload) for payload in told(charger, "SetChargingProfile")]
    return [periods[0] for purpose, periods in laid if purpose == "TxProfile"]


async def taken_over(yard: Yard, root: int) -> Site:
    """As another node finds the tree in the database."""
    async with yard.site.system.database.read() as tx:
        snapshot = await take(tx, root)
    assert snapshot is not None
    return Site(root, snapshot, Tuning(band=EXACT))


async def test_one_that_does_not_obey(yard: Yard) -> None:
    """steve #1192. Its rating is reserved while somebody is there; a car that keeps to the least proves it mended."""
    circuit = await yard.site.given.circuit(maxCurrent=16, minChargePointCurrent=6)
    await yard.site.attach(circuit, yard.point)
    amps = {"drawn": 32.0}
    async with plugged(yard.site) as charger:
        await charger.boots()
        await charger.is_in("Charging")
        async with charging(yard, charger, amps) as number:
            await stands(yard, "disobeys", 1)
            assert limits(charger)[0] == 16
            await becomes(lambda: _now(limits(charger)[-1]), lambda amps: amps == 6)
            await reserves(yard, 32)
            assert site_of(yard).exemptions() == {evse_of(yard): "disobeys"}
            again = await taken_over(yard, int(circuit["id"]))
            assert again.exemptions() == {evse_of(yard): "disobeys"}
            assert again.envelope.may_draw(evse_of(yard), 0.0) == 32
        await charger.stops(number, 2000)
        await charger.is_in("Available")
        await reserves(yard, 0)
        assert site_of(yard).exemptions() == {evse_of(yard): "empty"}
        assert not site_of(yard).has_room(evse_of(yard), yard.site.clock.now())  # it would take 32 A of 16
        await charger.is_in("Preparing")
        await reserves(yard, 32)
        amps["drawn"] = 6.0
        async with charging(yard, charger, amps):
            await stands(yard, "obeys", 1)
            await becomes(lambda: _now(limits(charger)[-1]), lambda amps: amps == 16)
    again = await taken_over(yard, int(circuit["id"]))
    assert again.envelope.controllable(evse_of(yard))


async def test_one_that_refuses_every_limit_is_asked_on_until_it_takes_one(yard: Yard) -> None:
    circuit = await yard.site.given.circuit(maxCurrent=16)
    await yard.site.attach(circuit, yard.point)
    async with plugged(yard.site, script={"SetChargingProfile": {"status": "Rejected"}}) as charger:
        await charger.boots()
        await charger.is_in("Charging")
        async with charging(yard, charger, {"drawn": 10.0}):
            await stands(yard, "refuses", 0)
            assert (await taken_over(yard, int(circuit["id"]))).exemptions() == {evse_of(yard): "refuses"}
            charger.script["SetChargingProfile"] = {"status": "Accepted"}
            await stands(yard, "obeys", 0)
            await becomes(lambda: _now(limits(charger)[-1]), lambda amps: amps == 16)


async def test_one_that_keeps_to_its_limit_stands_well(yard: Yard) -> None:
    circuit = await yard.site.given.circuit(maxCurrent=16)
    await yard.site.attach(circuit, yard.point)
    async with plugged(yard.site) as charger:
        await charger.boots()
        async with charging(yard, charger, {"drawn": 16.0}):
            await stands(yard, "obeys", 0)
            await passes(yard, 150)
            await stands(yard, "obeys", 0)
            assert site_of(yard).exemptions() == {}


async def _now(value: Any) -> Any:
    return value
