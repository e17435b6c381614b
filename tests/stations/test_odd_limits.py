"""Chargers that follow limits oddly, as their model says: what load management sends them, frame by frame."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from tests.scenarios.waiting import becomes
from tests.stations.charger import CARD, Charger, plugged
from tests.stations.conftest import Yard


async def hangs_on(yard: Yard, amps: float, **quirks: Any) -> dict[str, Any]:
    """The charger is of an odd model, and on a circuit of its own; the circuit."""
    if quirks:
        await yard.is_odd(**quirks)
    circuit = await yard.site.given.circuit(maxCurrent=amps)
    await yard.site.attach(circuit, yard.point)
    return circuit


def profiles(charger: Charger, purpose: str = "") -> list[dict[str, Any]]:
    """Those it was sent, the last at the end."""
    told = [payload["csChargingProfiles"] for action, payload in charger.heard if action == "SetChargingProfile"]
    return [one for one in told if not purpose or one["chargingProfilePurpose"] == purpose]


def limits(profile: dict[str, Any]) -> list[float]:
    return [one["limit"] for one in profile["chargingSchedule"]["chargingSchedulePeriod"]]


def heard(charger: Charger) -> list[tuple[datetime, list[float]]]:
    """When it was sent which limits."""
    told = zip(charger.heard_at, charger.heard, strict=True)
    return [(at, limits(one["csChargingProfiles"])) for at, (action, one) in told if action == "SetChargingProfile"]


async def comes(charger: Charger, purpose: str, *amps: float) -> dict[str, Any]:
    """The first profile of a purpose whose periods have these limits."""

    async def sent() -> list[dict[str, Any]]:
        return [one for one in profiles(charger, purpose) if tuple(limits(one)) == amps]

    return (await becomes(sent, lambda found: len(found) > 0))[0]


async def charges(charger: Charger, tag: str = CARD) -> int:
    await charger.boots()
    await charger.is_in("Preparing")
    return (await charger.starts(tag=tag))["transactionId"]


SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9}]}
NINE = {"stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Absolute"}
NINE |= {"chargingSchedule": SCHEDULE}  # a client's
LEVEL_0 = {"configurationKey": [{"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "0"}]}


@pytest.mark.parametrize("told", [True, False])
async def test_13_one_that_knows_no_stack_level_but_0(yard: Yard, told: bool) -> None:
    """lbbrhzn #221 (EVBox): by its own word or its model's it is steered on level 0, above its default all the same,
    for each purpose has a stack of its own; a client's profile has no place there then."""
    await hangs_on(yard, 16, **({} if told else {"maxStackLevel": 0}))
    async with plugged(yard.site, script={"GetConfiguration": LEVEL_0} if told else {}) as charger:
        await charger.boots()
        if told:
            path = f"/resources/charge-points/v2.0/{yard.point['id']}/configurations"
            await becomes(lambda: yard.site.api.get(path), lambda answer: bool(answer.data))
        await charger.is_in("Preparing")
        number = (await charger.starts())["transactionId"]
        await comes(charger, "TxProfile", 16, 0)
        for level in (0, 1):
            answer = await yard.act("set-charging-profile/1", NINE | {"stackLevel": level})
            assert (answer.status, "stackLevel" in answer.body["errors"]) == (422, True)
        await charger.stops(number, 2000)
        assert {one["stackLevel"] for one in profiles(charger)} == {0}


async def test_13_one_that_takes_relative_schedules_only(yard: Yard) -> None:
    """lbbrhzn #2158 (Timxon): no start is named, and no end, for nobody knows when it begins to count."""
    await hangs_on(yard, 16, profileKinds=["Relative"])
    async with plugged(yard.site) as charger:
        await charges(charger)
        await comes(charger, "TxProfile", 16)
        await comes(charger, "TxDefaultProfile", 0)
        for one in profiles(charger):
            assert (one["chargingProfileKind"], "startSchedule" in one["chargingSchedule"]) == ("Relative", False)
        answer = await yard.act("set-charging-profile/1", NINE)
        assert (answer.status, list(answer.body["errors"])) == (422, ["chargingProfileKind"])
        assert (await yard.act("set-charging-profile/1", NINE | {"chargingProfileKind": "Relative"})).status == 202


async def test_13_one_whose_charges_end_at_0_amperes(yard: Yard) -> None:
    """sem-community #977 (Huawei): its default is 6 A, and no limit is below that."""
    await hangs_on(yard, 16, fallbackCurrent=6)
    async with plugged(yard.site) as charger:
        await charger.boots()
        await charger.is_in("Preparing")
        await comes(charger, "TxDefaultProfile", 6)
        started = await yard.site.api.post(f"/actions/evse/v1.0/{yard.point['evses'][0]['id']}/start", {})
        assert started.status == 202
        first = (await charger.hears("RemoteStartTransaction"))["chargingProfile"]
        assert limits(first) == [6]
        await charger.starts(tag=(await charger.hears("RemoteStartTransaction"))["idTag"])
        await comes(charger, "TxProfile", 16, 6)
        assert all(min(limits(one)) >= 6 for one in profiles(charger))


@pytest.mark.parametrize(
    ("quirks", "amps"), [({}, 12.6), ({"resolution": 1, "rounding": "up"}, 12), ({"resolution": 4}, 12)]
)
async def test_13_one_that_rounds(yard: Yard, quirks: dict[str, Any], amps: float) -> None:
    """openWB core #1962: it is sent multiples of what it keeps."""
    await hangs_on(yard, 12.6, **quirks)
    async with plugged(yard.site) as charger:
        await charges(charger)
        await comes(charger, "TxProfile", amps, 0)


async def test_13_one_that_follows_late(yard: Yard) -> None:
    """libocpp #811: what it gives up is given to another after as long as its model says."""
    circuit = await hangs_on(yard, 20, reaction=60)
    await yard.site.driver("OTHER")
    other = await yard.site.charge_point("OTHER")
    await yard.site.attach(circuit, other)
    async with plugged(yard.site) as late, plugged(yard.site, "OTHER") as second:
        await second.boots()
        await comes(second, "TxDefaultProfile", 0)
        await charges(late)
        await comes(late, "TxProfile", 20, 0)
        await charges(second, "OTHER")
        await comes(second, "TxProfile", 10, 0)
        (lowered,) = (at for at, amps in heard(late) if amps == [10, 0])
        raised = next(at for at, amps in heard(second) if amps == [10, 0])
        assert (raised - lowered).total_seconds() >= 55


async def test_13_one_that_drops_its_limits_with_its_line(yard: Yard) -> None:
    """go-e API-v2 #217: while it is away its rating counts, and it is told all anew when it is back."""
    circuit = await hangs_on(yard, 40, dropsLimitsOffline=True)
    await yard.site.driver("OTHER")
    other = await yard.site.charge_point("OTHER")
    await yard.site.attach(circuit, other)
    async with plugged(yard.site, "OTHER") as stays:
        async with plugged(yard.site) as goes:
            await charges(goes)
            await charges(stays, "OTHER")
            await comes(stays, "TxProfile", 20, 0)
            await comes(goes, "TxProfile", 20, 0)
        figure = f'ohmstead_circuit_evses_without_limits{{circuit="{circuit["id"]}"}} 1.0'
        await becomes(lambda: yard.site.api.text("/metrics"), lambda page: figure in page)
        await comes(stays, "TxProfile", 8, 0)
        async with plugged(yard.site) as back:
            await back.boots()
            told = await comes(back, "TxProfile", 20, 0)
            assert told["stackLevel"] == 1
            await comes(back, "TxDefaultProfile", 0)


async def test_13_one_that_tells_one_line_of_three(yard: Yard) -> None:
    """evcc #16523 (Enercab), lbbrhzn #2082 (Autel): what it does not tell, or tells as a third, flows all the same."""
    circuit = await hangs_on(yard, 20)

    def current(phase: str, amps: float) -> dict[str, Any]:
        return {"value": str(amps), "unit": "A", "measurand": "Current.Import", "phase": phase}

    async with plugged(yard.site) as charger:
        number = await charges(charger)

        async def flows() -> list[float]:
            await charger.meters(*reading, transactionId=number)
            path = f"/resources/circuits/v2.0/{circuit['id']}/consumption"
            return [line["consumption"] for line in (await yard.site.api.get(path)).data]

        reading = [current("L1", 9)]
        await becomes(flows, lambda lines: lines == [9.0, 9.0, 9.0])
        reading = [current(line, 3) for line in ("L1", "L2", "L3")]
        reading.append({"value": "6.9", "unit": "kW", "measurand": "Power.Active.Import"})
        await becomes(flows, lambda lines: lines == [10.0, 10.0, 10.0])


async def test_13_one_that_rounds_and_tells_nobody_is_found_out(yard: Yard) -> None:
    """openWB core #1962: from its draws, for good; the lesson outlives the server."""
    await hangs_on(yard, 12.6)
    async with plugged(yard.site) as charger:
        number = await charges(charger)
        await comes(charger, "TxProfile", 12.6, 0)
        reading = [{"value": "13.0", "unit": "A", "measurand": "Current.Import", "phase": f"L{n}"} for n in (1, 2, 3)]
        for _ in range(8):
            await charger.meters(*reading, transactionId=number)
            await yard.site.clock.sleep(15)
        await comes(charger, "TxProfile", 12, 0)
        await asyncio.wait_for(charger.ask("Heartbeat"), 10)
    assert 'ohmstead_circuit_rounded_up_total{circuit="' in await yard.site.api.text("/metrics")
