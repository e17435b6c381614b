"""Chargers that are odd about the line itself: how they dial, greet, prove who they are, keep silent, say too much."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from websockets.exceptions import InvalidStatus

from ohmstead.rooms.devices.communication.log import communication_log
from ohmstead.simulator.vehicle import Vehicle
from tests.live import PASSWORD
from tests.scenarios.waiting import becomes
from tests.stations.charger import BOOT, CARD, credentials, plugged
from tests.stations.conftest import Yard

HEX_KEY = "00ff10c3aabbccddeeff112233445566778899aa"


async def deviations(yard: Yard) -> list[str]:
    """All that the communication log holds against the charge point."""
    await yard.site.system.communication.flush()
    async with yard.site.system.database.read() as tx:
        rows = await tx.all(select(communication_log.c.deviations))
    return [one for row in rows for one in row["deviations"] or ()]


async def test_7_one_that_does_not_boot_again(yard: Yard) -> None:
    """evcc #25069: after a break the line is all there is; what ran goes on, and commands reach it."""
    async with plugged(yard.site) as charger:
        await charger.boots()
        number = (await charger.starts())["transactionId"]
    async with plugged(yard.site) as charger:
        await charger.meters({"value": "1400"}, at=charger.now(60), transactionId=number)
        await becomes(yard.session, lambda one: one["energy"] == 400)
        session = await yard.session("active")
        assert (await yard.act(f"stop/{session['id']}")).status == 202
        assert await charger.hears("RemoteStopTransaction") == {"transactionId": number}


async def test_9_one_that_says_little(yard: Yard) -> None:
    """evcc PR #33099: a heartbeat now and then is life enough, at an interval as long as we asked for."""
    async with plugged(yard.site) as charger:
        interval = (await charger.boots())["interval"]
        for _ in range(2):
            await charger.clock.sleep(interval)
            await charger.ask("Heartbeat")
        assert (await yard.act("reset/soft")).body == {"success": True}


@pytest.mark.parametrize("address", ["ODD/", "some/where/ODD", "%4F%44D", "a//ODD"])
async def test_10_one_that_writes_its_address_oddly(yard: Yard, address: str) -> None:
    """Free prefixes, a trailing slash, an encoded identity."""
    async with plugged(yard.site, address, user="ODD") as charger:
        assert (await charger.boots())["status"] == "Accepted"


async def test_10_one_that_names_no_subprotocol(yard: Yard) -> None:
    """steve #135, OCPP.Core #43: the line is closed at once as a breach of protocol."""
    async with plugged(yard.site, subprotocols=None) as charger:
        await asyncio.wait_for(charger.socket.wait_closed(), 20)
        assert (charger.socket.close_code, charger.heard) == (1002, [])


async def test_11_one_that_breaks_the_schema(yard: Yard) -> None:
    """lbbrhzn #213, #361, mobilityhouse #54: every deviation is put down, and each call is answered all the same."""
    async with plugged(yard.site) as charger:
        booted = await charger.boots(chargePointSerialNumber="S" * 60, chargeBoxSerialNumber=12345)
        assert booted["status"] == "Accepted"
        number = (await charger.starts())["transactionId"]
        await charger.meters(
            {"value": "3.5", "measurand": "Coffee.Level"},
            {"value": "1200", "context": "Sample.Whenever"},
            transactionId=number, at=charger.now(60),
        )  # fmt: skip
        await charger.ask("StatusNotification", connectorId=1, errorCode="Sadness", status="Charging")
        await becomes(yard.session, lambda one: one["energy"] == 200)
    told = " ".join(await deviations(yard))
    for field in ("chargePointSerialNumber", "measurand", "context", "errorCode"):
        assert field in told
    path = f"/resources/charge-points/v2.0/{yard.point['id']}"
    boot = (await yard.site.api.get(path, "include[]=lastBootNotification")).data["lastBootNotification"]
    assert boot["chargePointSerialNumber"] == "S" * 60


async def test_13_one_that_names_phases_it_does_not_use(yard: Yard) -> None:
    """lbbrhzn #2117: zeroes on L2 and L3 are no current there; L1-N is as good a name for a current as L1."""
    circuit = await yard.site.given.circuit(maxCurrent=20)
    await yard.site.attach(circuit, yard.point)

    def current(phase: str, amps: str) -> dict[str, Any]:
        return {"value": amps, "unit": "A", "measurand": "Current.Import", "phase": phase}

    async with plugged(yard.site) as charger:
        await charger.is_in("Preparing")
        number = (await charger.starts())["transactionId"]

        async def flows() -> list[float]:
            await charger.meters(*reading, transactionId=number)
            path = f"/resources/circuits/v2.0/{circuit['id']}/consumption"
            return [line["consumption"] for line in (await yard.site.api.get(path)).data]

        for names in (("L1", "L2", "L3"), ("L1-N", "L2-N", "L3-N")):
            for amps in ("10", "7"):
                reading = [current(name, amps if name.startswith("L1") else "0") for name in names]
                await becomes(flows, lambda lines, amps=amps: lines == [float(amps), 0.0, 0.0])


async def test_16_one_whose_key_is_bytes(yard: Yard) -> None:
    """Java-OCA-OCPP #163, OCTT TC_085: the key set in hexadecimal comes decoded, or as it was written."""
    made = await yard.site.charge_point("KEYED", network={"id": "KEYED", "protocol": "ocpp 1.6", "password": HEX_KEY})
    assert made["id"]
    for password in (bytes.fromhex(HEX_KEY), HEX_KEY.encode()):
        async with plugged(yard.site, "KEYED", password=password) as charger:
            assert (await charger.boots())["status"] == "Accepted"
    for wrong in (b"", b"\xff\xfe", PASSWORD.encode()):
        with pytest.raises(InvalidStatus) as refused:
            async with plugged(yard.site, "KEYED", password=wrong):
                pass
        assert refused.value.response.status_code == 401
    with pytest.raises(InvalidStatus) as stranger:
        async with plugged(yard.site, "NOBODY"):
            pass
    assert stranger.value.response.status_code in (401, 404)


async def test_16_one_that_sends_no_credentials(yard: Yard) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with plugged(yard.site, additional_headers={}):
            pass
    assert refused.value.response.status_code == 401
    async with plugged(yard.site, additional_headers=credentials("ODD", PASSWORD.encode())) as charger:
        assert (await charger.ask("BootNotification", **BOOT))["status"] == "Accepted"
        assert (await charger.ask("Authorize", idTag=CARD))["idTagInfo"]["status"] == "Accepted"
        await asyncio.wait_for(charger.ask("Heartbeat"), 20)


async def test_13_one_that_takes_limits_in_watts_only(yard: Yard) -> None:
    """evcc PR #9883: what it said of its configuration is heeded; no line carries more at the lowest voltage."""
    circuit = await yard.site.given.circuit(maxCurrent=10)
    await yard.site.attach(circuit, yard.point)
    units = {"key": "ChargingScheduleAllowedChargingRateUnit", "readonly": True, "value": "Power"}
    async with plugged(yard.site, script={"GetConfiguration": {"configurationKey": [units]}}) as charger:
        await charger.boots()
        await charger.hears("GetConfiguration")
        path = f"/resources/charge-points/v2.0/{yard.point['id']}/configurations"
        await becomes(lambda: yard.site.api.get(path), lambda answer: bool(answer.data))
        await charger.is_in("Preparing")
        await charger.starts()

        async def schedule() -> Any:
            said = [told["csChargingProfiles"] for action, told in charger.heard if action == "SetChargingProfile"]
            of_session = [one["chargingSchedule"] for one in said if one["chargingProfilePurpose"] == "TxProfile"]
            return of_session[-1] if of_session else None

        told = await becomes(schedule, lambda found: found is not None and found["chargingRateUnit"] == "W")
        assert told["chargingSchedulePeriod"][0]["limit"] == 6235.3  # 10 A at 400 V less a tenth, between lines


async def test_13_one_that_accepts_limits_and_ignores_them(yard: Yard) -> None:
    """Its meter is believed, not its Accepted: after a while its rating is kept free, and the other gets the rest."""
    circuit = await yard.site.given.circuit(maxCurrent=40)
    for point in (yard.point, await yard.site.charge_point("PLAIN")):
        await yard.site.attach(circuit, point)
    other = await yard.site.station("PLAIN")
    await yard.site.driver("OTHER")
    async with plugged(yard.site) as charger:
        await charger.is_in("Preparing")
        number = (await charger.starts())["transactionId"]
        await charger.is_in("Charging")
        other.plug(1, Vehicle(3, 32, soc=10))
        assert await other.present_tag(1, "OTHER")

        async def offered() -> float:
            current = {"value": "32", "unit": "A", "measurand": "Current.Import"}
            await charger.meters(*(current | {"phase": line} for line in ("L1", "L2", "L3")), transactionId=number)
            return other.offered(1)

        await becomes(offered, lambda amps: amps == 20)  # half of the cable, as long as it is trusted
        await becomes(offered, lambda amps: amps == 8)
