"""Chargers that differ from the standard in a way their model says: each quirk is a field of the model, no code."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.scenarios.waiting import becomes
from tests.stations.charger import Error, plugged
from tests.stations.conftest import Yard


def limit(schedule: dict[str, Any]) -> dict[str, Any]:
    """A client's default for what charges at an EVSE."""
    kind = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute"}
    return kind | {"chargingSchedule": schedule}


@pytest.mark.parametrize("offered", [None, ["OCPP16"]])
async def test_10_one_that_names_no_subprotocol_but_is_known_to(yard: Yard, offered: list[str] | None) -> None:
    """steve #135, #1109, lbbrhzn #442: what it speaks is taken for granted, and nothing it did not offer is chosen."""
    await yard.is_odd(assumeProtocol="ocpp 1.6")
    async with plugged(yard.site, subprotocols=offered) as charger:
        assert charger.socket.subprotocol is None
        assert (await charger.boots())["status"] == "Accepted"
        assert (await yard.act("reset/soft")).body == {"success": True}


async def test_7_one_that_says_nothing_until_it_is_asked(yard: Yard) -> None:
    """evcc #25069: without a boot it is asked for one and for its statuses, and is taken as it is whatever it says."""
    await yard.is_odd(bootTimeout=5)
    async with plugged(yard.site, script={"TriggerMessage": Error("NotSupported")}) as charger:

        async def asked() -> list[str]:
            return [told["requestedMessage"] for action, told in charger.heard if action == "TriggerMessage"]

        assert await becomes(asked, lambda found: len(found) == 2) == ["BootNotification", "StatusNotification"]
        assert (await yard.act("reset/soft")).body == {"success": True}


async def test_7_one_that_hangs_up_when_told_anything_before_its_boot(yard: Yard) -> None:
    """evcc PR #27309: the command waits for the boot."""
    await yard.is_odd(waitsForBoot=True, bootTimeout=60)
    async with plugged(yard.site) as charger:
        await charger.is_in("Available")
        resetting = asyncio.create_task(yard.act("reset/soft"))
        await charger.ask("Heartbeat")
        assert charger.heard == []
        assert (await charger.boots())["status"] == "Accepted"
        assert await charger.hears("Reset") == {"type": "Soft"}
        assert (await resetting).body == {"success": True}


async def test_9_one_that_answers_late(yard: Yard) -> None:
    """evcc #26837: how long an answer may take is a matter of the model."""
    await yard.is_odd(callTimeout=10)
    async with plugged(yard.site, script={"UnlockConnector": None}) as charger:
        answer = await yard.act("unlock/1")
        assert (answer.status, "within 10 seconds" in answer.body["message"]) == (406, True)
        assert await charger.hears("UnlockConnector") == {"connectorId": 1}


async def test_9_one_that_is_given_up_after_a_short_silence(yard: Yard) -> None:
    await yard.is_odd(silenceLimit=20)
    async with plugged(yard.site) as charger:
        await charger.boots()
        await asyncio.wait_for(charger.socket.wait_closed(), 20)
        assert charger.socket.close_code == 1001


async def test_12_one_that_counts_in_kwh_and_says_wh(yard: Yard) -> None:
    """OpenEVSE #703: its numbers mean what its model says; what is labelled kWh is kWh anyway."""
    await yard.is_odd(meterEnergyUnit="kWh", meterPowerUnit="kW")
    async with plugged(yard.site) as charger:
        number = (await charger.starts(10_000))["transactionId"]
        await charger.meters({"value": "10.2", "unit": "Wh"},
                             {"value": "7.4", "unit": "W", "measurand": "Power.Active.Import"},
                             at=charger.now(120), transactionId=number)  # fmt: skip
        session = await becomes(yard.session, lambda one: one["energy"] == 200)
        assert session["power"]["latest"] == 7400
        await charger.meters({"value": "10.5", "unit": "kWh"}, at=charger.now(240), transactionId=number)
        await charger.stops(number, 10_600, charger.now(300))
    assert (await yard.session("finished"))["energy"] == 600


async def test_12_one_that_starts_and_stops_in_kwh(yard: Yard) -> None:
    await yard.is_odd(transactionEnergyUnit="kWh")
    async with plugged(yard.site) as charger:
        number = (await charger.starts(10, charger.now(-3600)))["transactionId"]
        await charger.stops(number, 12)
    assert (await yard.session("finished"))["energy"] == 2000


async def test_13_one_that_takes_limits_in_amperes_only(yard: Yard) -> None:
    """go-e #190: a client's W are worked out."""
    await yard.is_odd(chargingRateUnit="A")
    async with plugged(yard.site) as charger:
        schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11_000}]}
        assert (await yard.act("set-charging-profile/1", limit(schedule))).status == 202
        told = (await charger.hears("SetChargingProfile"))["csChargingProfiles"]["chargingSchedule"]
        assert (told["chargingRateUnit"], told["chargingSchedulePeriod"][0]["limit"]) == ("A", 15.8)


async def test_13_one_that_hangs_up_on_large_profiles(yard: Yard) -> None:
    """steve #129: what it cannot take is never sent."""
    await yard.is_odd(maxSchedulePeriods=6)
    async with plugged(yard.site) as charger:
        for count, status in ((24, 422), (6, 202)):
            periods = [{"startPeriod": 3600 * hour, "limit": 6 + hour} for hour in range(count)]
            schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
            assert (await yard.act("set-charging-profile/1", limit(schedule))).status == status
        told = (await charger.hears("SetChargingProfile"))["csChargingProfiles"]["chargingSchedule"]
        assert len(told["chargingSchedulePeriod"]) == 6


async def test_16_one_whose_password_is_set_in_hexadecimal(yard: Yard) -> None:
    """OCTT TC_085, steve PR #1899: it is written in hexadecimal, and presented decoded."""
    await yard.is_odd(passwordAsHex=True)
    path = f"/actions/charge-point/v2.0/{yard.point['id']}/set-configuration"
    body = {"name": "AuthorizationKey", "value": "a new password, long"}
    async with plugged(yard.site) as charger:
        assert (await yard.site.api.post(path, body)).status == 202
        assert await charger.hears("ChangeConfiguration") == {
            "key": body["name"],
            "value": body["value"].encode().hex(),
        }
    async with plugged(yard.site, password=body["value"].encode()) as charger:
        await charger.boots()
        assert (
            await yard.site.api.post(path, {"name": "AuthorizationKey", "value": "00ff10c3aabbccddeeff"})
        ).status == 202
        assert (await charger.hears("ChangeConfiguration"))["value"] == "00ff10c3aabbccddeeff"
    with pytest.raises(InvalidStatus):
        async with plugged(yard.site, password=body["value"].encode()):
            pass


async def becomes_patient(yard: Yard, seconds: int) -> None:
    """Wait until the line is treated so, by asking what is never answered."""

    async def unlocked() -> str:
        return (await yard.act("unlock/1")).body["message"]

    await becomes(unlocked, lambda text: f"within {seconds} seconds" in text)


async def test_a_boot_brings_the_quirks_of_the_model_it_names(yard: Yard) -> None:
    vendor = await yard.site.given.vendor(name="Odd")
    quirks = {"transactionEnergyUnit": "kWh", "callTimeout": 3}
    await yard.site.given.model(name="Charger", vendorId=vendor["id"], quirks=quirks)
    async with plugged(yard.site, script={"UnlockConnector": None}) as charger:
        await charger.boots()
        await becomes_patient(yard, 3)
        number: Any = (await charger.starts(10, charger.now(-3600)))["transactionId"]
        await charger.stops(number, 12)
    assert (await yard.session("finished"))["energy"] == 2000


async def test_one_that_is_connected_is_treated_as_its_model_says_by_now(yard: Yard) -> None:
    model = await yard.is_odd(callTimeout=5)
    async with plugged(yard.site, script={"UnlockConnector": None}) as charger:
        await charger.boots()
        await becomes_patient(yard, 5)
        path = f"/resources/charge-point-models/v1.0/{model['id']}"
        changed = await yard.site.api.patch(path, {"quirks": {"callTimeout": 2, "meterEnergyUnit": "kWh"}})
        assert changed.status == 200, changed.body
        await becomes_patient(yard, 2)
        number = (await charger.starts(10_000))["transactionId"]
        await charger.meters({"value": "10.2", "unit": "Wh"}, at=charger.now(120), transactionId=number)
        await becomes(yard.session, lambda one: one["energy"] == 200)
        await yard.is_odd(callTimeout=4)
        await becomes_patient(yard, 4)


async def test_one_that_speaks_what_its_model_said_comes_anew_when_the_model_says_otherwise(yard: Yard) -> None:
    model = await yard.is_odd(assumeProtocol="ocpp 1.6")
    async with plugged(yard.site, subprotocols=None) as charger:
        await charger.boots()
        path = f"/resources/charge-point-models/v1.0/{model['id']}"
        assert (await yard.site.api.patch(path, {"quirks": {"assumeProtocol": "ocpp 2.0.1"}})).status == 200
        await asyncio.wait_for(charger.socket.wait_closed(), 20)
        assert (charger.socket.close_code, "another version" in str(charger.socket.close_reason)) == (1008, True)
