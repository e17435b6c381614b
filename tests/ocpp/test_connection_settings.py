"""How a line is treated may change while it is open: what its model says by now counts from then on."""

import asyncio
from typing import Any

from websockets.frames import Frame, Opcode

from ohmstead.ocpp.connection_identity import Admitted
from ohmstead.ocpp.connection_settings import ConnectionSettings
from ohmstead.ocpp.units import units_of
from ohmstead.rooms.charging.facts import ChargeStarted
from ohmstead.rooms.devices.facts import Connected
from ohmstead.rooms.devices.stations import ChangeConfiguration, RefreshQuirks, Reset
from tests.ocpp.conftest import House
from tests.ocpp.scripted_station import ScriptedStation
from tests.ocpp.test_boot_phase import BOOT, heard

START = {"connectorId": 1, "idTag": "CARD", "meterStart": 10, "timestamp": "2026-03-01T12:00:00Z"}


async def treated(house: House, **settings: Any) -> None:
    """The first station is treated so from now on."""
    house.rooms.treated[1] = ConnectionSettings(**settings)
    assert (await house.gateway.call(1, RefreshQuirks())).agreed


def pings_of(station: ScriptedStation) -> asyncio.Semaphore:
    """Released whenever the station answers a ping."""
    pinged, send = asyncio.Semaphore(0), station.socket.protocol.send_frame

    def hear(frame: Frame) -> None:
        if frame.opcode is Opcode.PONG:
            pinged.release()
        send(frame)

    station.socket.protocol.send_frame = hear  # type: ignore[method-assign]
    return pinged


async def test_numbers_and_passwords_are_taken_as_the_model_says_by_now(house: House) -> None:
    station = await house.station()
    await station.ask("StartTransaction", START)
    await treated(house, units=units_of(1, 1, 1000), password_as_hex=True)
    await station.ask("StartTransaction", START | {"meterStart": 12})
    assert [fact.meter_wh for fact in house.rooms.only(ChargeStarted)] == [10, 12_000]
    command = ChangeConfiguration(key="AuthorizationKey", value="not hexadecimal")
    writing = asyncio.create_task(house.gateway.call(1, command))
    assert (await station.obey({"status": "Accepted"}))[3]["value"] == b"not hexadecimal".hex()
    assert (await writing).agreed


async def test_silence_counts_as_the_model_says_by_now(house: House) -> None:
    station = await house.station()
    await treated(house, silence_limit_s=20)
    await house.clock.advance(60)
    await asyncio.wait_for(station.socket.wait_closed(), 5)
    assert station.socket.close_code == 1001


async def test_pings_begin_and_end_as_the_model_says_by_now(house: House) -> None:
    house.known["CP1"] = Admitted(charge_point_id=1, ping_interval_s=0)
    station, other = await house.station(), await house.station("/CP2")
    pinged = pings_of(station)
    await treated(house, ping_interval_s=0.02)
    async with asyncio.timeout(5):
        for _ in range(3):
            await pinged.acquire()
    await treated(house, ping_interval_s=0)
    house.rooms.treated[2] = ConnectionSettings(ping_interval_s=0.01)
    await house.gateway.call(2, RefreshQuirks())
    pinged, elsewhere = pings_of(station), pings_of(other)
    async with asyncio.timeout(5):
        for _ in range(10):
            await elsewhere.acquire()
    assert pinged.locked()


async def test_who_is_waited_for_is_waited_for_as_long_as_the_model_says_by_now(house: House) -> None:
    house.known["CP1"] = Admitted(charge_point_id=1, boot_timeout_s=1000)
    station = await house.station()
    await house.until(lambda: house.rooms.only(Connected))
    began = house.clock.now()
    await treated(house, boot_timeout_s=30, waits_for_boot=True)
    resetting = asyncio.create_task(house.gateway.call(1, Reset(kind="soft")))
    trigger = await heard(house, station)
    assert trigger[2:] == ["TriggerMessage", {"requestedMessage": "BootNotification"}]
    assert (house.clock.now() - began).total_seconds() < 60
    await treated(house, boot_timeout_s=30, waits_for_boot=False)
    await station.say([3, trigger[1], {"status": "Rejected"}])
    assert (await station.obey({"status": "Accepted"}))[2] == "Reset"
    assert (await resetting).agreed


async def test_who_has_booted_waits_for_nothing_more(house: House) -> None:
    house.known["CP1"] = Admitted(charge_point_id=1, boot_timeout_s=30)
    station = await house.station()
    assert (await station.ask("BootNotification", BOOT))["status"] == "Accepted"
    await treated(house, boot_timeout_s=30, waits_for_boot=True)
    resetting = asyncio.create_task(house.gateway.call(1, Reset(kind="soft")))
    assert (await station.obey({"status": "Accepted"}))[2] == "Reset"
    assert (await resetting).agreed
