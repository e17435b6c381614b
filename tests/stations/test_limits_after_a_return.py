"""Chargers that come back to a circuit: what holds between sessions is laid again and asked for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ohmstead.rooms.power.management.site import Site
from tests.scenarios.waiting import becomes
from tests.stations.charger import Charger, Error, plugged
from tests.stations.conftest import Yard

ACCEPTED = {"status": "Accepted"}


def composite(amps: float, unit: str = "A") -> dict[str, Any]:
    """The charger's answer: what a start could take there."""
    period = {"startPeriod": 0, "limit": amps}
    schedule = {"chargingRateUnit": unit, "chargingSchedulePeriod": [period]}
    return ACCEPTED | {"connectorId": 1, "chargingSchedule": schedule}


@pytest.fixture
async def circuit(yard: Yard) -> dict[str, Any]:
    made = await yard.site.given.circuit(maxCurrent=32)
    await yard.site.attach(made, yard.point)
    return made


@asynccontextmanager
async def comes(yard: Yard, script: dict[str, Any] | None = None) -> AsyncIterator[Charger]:
    """It connects, boots and is free."""
    async with plugged(yard.site, script=script) as charger:
        await charger.boots()
        await charger.is_in("Available")
        yield charger


def told(charger: Charger, action: str) -> list[Any]:
    return [payload for said, payload in charger.heard if said == action]


async def hears(charger: Charger, action: str, count: int) -> list[Any]:
    """What it was told, once that is so many."""

    async def found() -> list[Any]:
        return told(charger, action)

    return await becomes(found, lambda payloads: len(payloads) >= count)


def evse_of(yard: Yard) -> int:
    return int(yard.point["evses"][0]["id"])


def site_of(yard: Yard) -> Site:
    site = yard.site.system.load_management.site_of(yard.point["id"])
    assert site is not None
    return site


def reserved(yard: Yard) -> float:
    return site_of(yard).envelope.may_draw(evse_of(yard), yard.site.clock.now().timestamp())


async def reserves(yard: Yard, amps: float) -> None:
    async def found() -> float:
        return reserved(yard)

    await becomes(found, lambda seen: seen == amps)


async def passes(yard: Yard, seconds: float) -> None:
    """So much of the clock's time, in which what should not be said could be."""
    until = yard.site.clock.now().timestamp() + seconds

    async def now() -> float:
        return yard.site.clock.now().timestamp()

    await becomes(now, lambda found: found >= until)


async def is_gone(yard: Yard) -> None:
    """Load management knows by now that its line is down."""

    async def online() -> bool:
        return site_of(yard).envelope.online(evse_of(yard))

    await becomes(online, lambda found: not found)


def default(payload: dict[str, Any]) -> tuple[str, list[float]]:
    profile = payload["csChargingProfiles"]
    periods = profile["chargingSchedule"]["chargingSchedulePeriod"]
    return profile["chargingProfilePurpose"], [period["limit"] for period in periods]


async def test_an_idle_one_is_told_its_fallback_once_at_each_return(yard: Yard, circuit: dict[str, Any]) -> None:
    """MicroOcpp #332, steve #1352: it may have lost it, and a card start would run at its rating."""
    for _ in range(2):
        async with comes(yard, {"GetCompositeSchedule": composite(0)}) as charger:
            (laid,) = await hears(charger, "SetChargingProfile", 1)
            assert default(laid) == ("TxDefaultProfile", [0])
            (asked,) = await hears(charger, "GetCompositeSchedule", 1)
            assert asked["connectorId"] == 1
            await reserves(yard, 0)
            await passes(yard, 40)
            assert len(told(charger, "SetChargingProfile")) == 1
            assert len(told(charger, "GetCompositeSchedule")) == 1
        await is_gone(yard)


async def test_until_it_took_it_its_rating_is_reserved(yard: Yard, circuit: dict[str, Any]) -> None:
    async with comes(yard) as charger:
        await hears(charger, "SetChargingProfile", 1)
        await reserves(yard, 0)
    await is_gone(yard)
    assert reserved(yard) == 0
    async with comes(yard, {"SetChargingProfile": None}) as charger:
        await hears(charger, "SetChargingProfile", 1)
        assert reserved(yard) == 32
    await is_gone(yard)
    assert reserved(yard) == 32  # whoever starts there now is limited by nobody


async def test_one_that_boots_while_its_line_holds_is_told_again(yard: Yard, circuit: dict[str, Any]) -> None:
    async with comes(yard) as charger:
        await hears(charger, "SetChargingProfile", 1)
        await passes(yard, 70)
        await charger.boots()
        laid = await hears(charger, "SetChargingProfile", 2)
        assert default(laid[1]) == ("TxDefaultProfile", [0])
        await reserves(yard, 0)


@pytest.mark.parametrize("answer", [composite(32), composite(22_080, "W")])
async def test_one_that_reckons_with_more_is_told_again_and_reserved(
    yard: Yard, circuit: dict[str, Any], answer: dict[str, Any]
) -> None:
    async with comes(yard, {"GetCompositeSchedule": answer}) as charger:
        await charger.is_in("Preparing")  # somebody is there, who may start
        await hears(charger, "SetChargingProfile", 2)
        await hears(charger, "GetCompositeSchedule", 2)
        await reserves(yard, 32)
        path = f"/resources/charge-points/v2.0/{yard.point['id']}"

        async def standing() -> Any:
            return (await yard.site.api.get(path, "include[]=smartCharging")).data["smartCharging"].get("steering")

        shown = [{"evseId": evse_of(yard), "state": "forgets", "foundOut": 0}]
        await becomes(standing, lambda found: found == shown)
        charger.script["GetCompositeSchedule"] = composite(0)
        await reserves(yard, 0)
        await becomes(standing, lambda found: found[0]["state"] == "obeys")


async def test_it_is_not_asked_for_ever(yard: Yard, circuit: dict[str, Any]) -> None:
    """Back-off, and an end: four questions in a row, then one at each return."""
    async with comes(yard, {"GetCompositeSchedule": composite(32)}) as charger:
        await hears(charger, "GetCompositeSchedule", 4)
        await passes(yard, 170)
        assert len(told(charger, "GetCompositeSchedule")) == 4
        assert len(told(charger, "SetChargingProfile")) <= 5


@pytest.mark.parametrize("answer", [Error("NotSupported"), Error("NotImplemented"), {"status": "Rejected"}, ACCEPTED])
async def test_one_that_cannot_say_is_taken_at_its_word(
    yard: Yard, circuit: dict[str, Any], answer: dict[str, Any] | Error
) -> None:
    async with comes(yard, {"GetCompositeSchedule": answer}) as charger:
        await hears(charger, "GetCompositeSchedule", 1)
        await reserves(yard, 0)
        await passes(yard, 30)
        assert len(told(charger, "GetCompositeSchedule")) == 1
    await is_gone(yard)
    async with comes(yard, {"GetCompositeSchedule": answer}) as charger:
        await hears(charger, "SetChargingProfile", 1)
        await reserves(yard, 0)
        await passes(yard, 30)
        assert len(told(charger, "GetCompositeSchedule")) == (0 if isinstance(answer, Error) else 1)


async def test_one_that_is_silent_when_asked_keeps_nobody_waiting(yard: Yard, circuit: dict[str, Any]) -> None:
    """A start while the question is open has its limit at once."""
    async with comes(yard, {"GetCompositeSchedule": None}) as charger:
        await hears(charger, "GetCompositeSchedule", 1)
        await charger.starts()

        async def limits() -> list[float]:
            return [limit for payload in told(charger, "SetChargingProfile") for limit in default(payload)[1]]

        await asyncio.wait_for(becomes(limits, lambda found: 32 in found), 5)
