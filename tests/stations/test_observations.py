"""Chargers as independent simulators of OCPP 1.6 were seen to be."""

import asyncio
from typing import Any

from tests.scenarios.waiting import becomes
from tests.stations.charger import BOOT, CARD, Error, plugged
from tests.stations.conftest import Yard


async def test_1_one_that_does_not_wait_for_the_answer_to_its_boot(yard: Yard) -> None:
    """Calls sent together are answered one by one, in their order."""
    async with plugged(yard.site) as charger:
        booted = await charger.say("BootNotification", **BOOT)
        told = [
            await charger.say("StatusNotification", connectorId=connector, errorCode="NoError", status="Available")
            for connector in (0, 1)
        ]
        answers = await asyncio.wait_for(asyncio.gather(booted, *told), 20)
        assert (answers[0]["status"], answers[1:]) == ("Accepted", [{}, {}])
        assert (await yard.evse())["hardwareStatus"] == "available"


async def test_2_one_that_offers_compression(yard: Yard) -> None:
    async with plugged(yard.site, "ocpp/16/ODD/", user="ODD", compression="deflate") as charger:
        assert (await charger.boots())["status"] == "Accepted"


async def test_4_one_that_sends_numbers_for_texts(yard: Yard) -> None:
    async with plugged(yard.site) as charger:
        number = (await charger.starts(meterStart=1000.0))["transactionId"]
        await charger.meters({"value": 1250.0, "unit": "Wh"}, at=charger.now(60), transactionId=number)
        await becomes(yard.session, lambda one: one["energy"] == 250)
        await charger.stops(number, 1300, charger.now(80))
    assert (await yard.session("finished"))["energy"] == 300


async def test_5_one_that_repeats_all_its_readings_at_the_end(yard: Yard) -> None:
    """The series comes with the stop once more, and that twice: every Wh counts once."""
    async with plugged(yard.site) as charger:
        number = (await charger.starts(1000))["transactionId"]
        series = [
            {"timestamp": charger.now(20.0 * step), "sampledValue": [{"value": str(1000 + 100 * step)}]}
            for step in range(1, 6)
        ]
        for reading in series:
            await charger.ask("MeterValues", connectorId=1, transactionId=number, meterValue=[reading])
        at = charger.now(120)
        for _ in range(2):
            await charger.stops(number, 1600, at, transactionData=series)
    session = await yard.session("finished")
    assert session["energy"] == 600


async def test_7_one_that_starts_without_asking(yard: Yard) -> None:
    """StartTransaction without Authorize authorizes by itself; a stranger's tag is told off, and its charge kept."""
    async with plugged(yard.site) as charger:
        known = await charger.starts()
        assert known["idTagInfo"]["status"] == "Accepted"
        assert (await yard.session("active"))["authorizationId"] is not None
        await charger.stops(known["transactionId"], 1100)
        stranger = await charger.starts(1100, tag="NOBODY")
        assert (stranger["idTagInfo"]["status"], stranger["transactionId"] > 0) == ("Invalid", True)


async def test_8_one_that_knows_no_charging_profiles(yard: Yard) -> None:
    """Load management tries, is told NotImplemented, and the charge goes on; so does a client, and is told the same."""
    circuit = await yard.site.given.circuit(maxCurrent=20)
    await yard.site.attach(circuit, yard.point)
    async with plugged(yard.site, script={"SetChargingProfile": Error("NotImplemented")}) as charger:
        await charger.is_in("Preparing")
        number = (await charger.starts())["transactionId"]
        await charger.hears("SetChargingProfile")
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]}
        body = {
            "stackLevel": 0, "chargingProfilePurpose": "ChargePointMaxProfile", "chargingProfileKind": "Absolute",
            "chargingSchedule": schedule,
        }  # fmt: skip
        answer = await yard.act("set-charging-profile/0", body)
        assert (answer.status, "NotImplemented" in answer.body["message"]) == (406, True)
        path = f"/resources/charge-points/v2.0/{yard.point['id']}"
        assert (await yard.site.api.get(path, "include[]=chargingProfile")).data["chargingProfile"] is None
        await charger.stops(number, 2000, charger.now(300))
    assert (await yard.session("finished"))["energy"] == 1000


async def test_9_one_that_speaks_of_connector_0(yard: Yard) -> None:
    async with plugged(yard.site) as charger:
        for status, shown in (("Faulted", "faulted"), ("Unavailable", "unavailable"), ("Available", "available")):
            await charger.is_in(status, 0)
            path = f"/resources/charge-points/v1.0/{yard.point['id']}/status"
            assert (await yard.site.api.get(path)).data["hardwareStatus"] == shown
        listed = await yard.site.api.get(f"/resources/charge-points/v2.0/{yard.point['id']}/evses")
        assert [one["networkId"] for one in listed.data] == ["1"]


async def test_10_one_that_leaves_texts_empty_and_is_in_a_hurry(yard: Yard) -> None:
    """Preparing, a start and Charging within 20 ms: the last word is what is shown."""
    async with plugged(yard.site) as charger:
        assert (await charger.boots(iccid="", imsi="", meterType=""))["status"] == "Accepted"
        hurried = [
            await charger.say("StatusNotification", connectorId=1, errorCode="NoError", status="Preparing"),
            await charger.say("StartTransaction", connectorId=1, idTag=CARD, meterStart=0, timestamp=charger.now()),
            await charger.say("StatusNotification", connectorId=1, errorCode="NoError", status="Charging"),
        ]
        await asyncio.wait_for(asyncio.gather(*hurried), 20)
        assert ((await yard.evse())["hardwareStatus"], (await yard.session("active"))["idTag"]) == ("charging", CARD)


async def test_11_one_that_vanishes_in_the_middle(yard: Yard) -> None:
    """No goodbye, a new boot, no stop: the next start ends what was open."""
    async with plugged(yard.site) as charger:
        await charger.starts(1000)
        await charger.meters({"value": "1300"}, at=charger.now(60))
        charger.socket.transport.abort()
    async with plugged(yard.site) as charger:
        await charger.boots()
        await charger.is_in("Available")
        assert (await yard.session("active"))["energy"] == 300
        await charger.starts(1300, charger.now(120))
        first, second = await becomes(yard.sessions, lambda found: len(found) == 2)
    assert (first["status"], first["reason"], first["energy"]) == ("finished", "new_start_transaction_received", 300)
    assert second["status"] == "active"


async def test_12_one_that_says_no(yard: Yard) -> None:
    """RemoteStop of what it does not know, triggers it has not, a list whose version never moves."""
    script: dict[str, Any] = {
        "RemoteStopTransaction": {"status": "Rejected"},
        "TriggerMessage": {"status": "NotImplemented"},
        "GetLocalListVersion": {"listVersion": 0},
        "GetConfiguration": {"configurationKey": [], "unknownKey": ["SendLocalListMaxLength"]},
    }
    async with plugged(yard.site, script=script) as charger:
        await charger.starts()
        session = await yard.session("active")
        refused = await yard.act(f"stop/{session['id']}")
        assert (refused.status, "Rejected" in refused.body["message"]) == (406, True)
        assert (await yard.session("active"))["id"] == session["id"]
        for _ in range(2):
            assert (await yard.act("send-local-list")).body == {"listVersion": 1, "tags": 1}
        assert (await yard.act("get-local-list-version")).body == {"listVersion": 0}
        custom = {"action": "TriggerMessage", "payload": {"requestedMessage": "Heartbeat"}}
        assert (await yard.act("send-custom-ocpp", custom)).body == {"response": {"status": "NotImplemented"}}
        said = [action for action, _ in charger.heard]
        assert said.count("SendLocalList") == 2
