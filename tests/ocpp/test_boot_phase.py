"""How connections begin: with a boot or without (evcc #25069), and commands that wait for it (evcc PR #27309)."""

import asyncio
from typing import Any

import pytest

from ohmstead.ocpp.connection_identity import Admitted
from ohmstead.rooms.devices.facts import Connected
from ohmstead.rooms.devices.stations import Reset, StationOffline
from tests.ocpp.conftest import House
from tests.ocpp.scripted_station import ScriptedStation

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
TIMEOUT_S = 30.0


def patient(**facts: Any) -> Admitted:
    return Admitted(charge_point_id=1, boot_timeout_s=TIMEOUT_S, **facts)


async def heard(house: House, station: ScriptedStation) -> list[Any]:
    """The station's next frame, however much time passes until then."""
    hearing = asyncio.create_task(station.hear())
    while not hearing.done():
        await house.clock.advance(1)
    return hearing.result()


async def test_who_does_not_boot_is_asked_to(house: House) -> None:
    """And for its statuses; whatever it answers, it is taken as it is."""
    house.known["CP1"] = patient()
    station = await house.station()
    began = house.clock.now()
    asked = []
    for answer in ([4, "", "NotImplemented", "", {}], [3, "", {"status": "Rejected"}]):
        call = await heard(house, station)
        asked.append(call[2:])
        await station.say([answer[0], call[1], *answer[2:]])
    assert (house.clock.now() - began).total_seconds() >= TIMEOUT_S
    assert asked == [
        ["TriggerMessage", {"requestedMessage": "BootNotification"}],
        ["TriggerMessage", {"requestedMessage": "StatusNotification"}],
    ]
    resetting = asyncio.create_task(house.gateway.call(1, Reset(kind="soft")))
    await station.obey({"status": "Accepted"})
    assert (await resetting).agreed


async def test_who_boots_is_not_asked(house: House) -> None:
    house.known["CP1"] = patient()
    station = await house.station()
    assert (await station.ask("BootNotification", BOOT))["status"] == "Accepted"
    await house.clock.advance(3 * TIMEOUT_S)
    resetting = asyncio.create_task(house.gateway.call(1, Reset(kind="soft")))
    assert (await station.obey({"status": "Accepted"}))[2] == "Reset"
    assert (await resetting).agreed


async def test_a_later_station_is_asked_outlet_by_outlet(house: House) -> None:
    house.known["CP1"] = patient(evses=(1, 2))
    station = await house.later_station()
    asked = []
    for _ in range(3):
        call = await heard(house, station)
        asked.append((call[3]["requestedMessage"], call[3].get("evse")))
        await station.say([3, call[1], {"status": "Accepted"}])
    assert asked == [
        ("BootNotification", None), ("StatusNotification", {"id": 1, "connectorId": 1}),
        ("StatusNotification", {"id": 2, "connectorId": 1}),
    ]  # fmt: skip


async def test_commands_wait_for_the_answer_to_a_boot(house: House) -> None:
    """Of who would not have them before; the boot's answer goes out first."""
    house.known["CP1"] = patient(waits_for_boot=True)
    station = await house.station()
    await house.until(lambda: house.rooms.only(Connected))
    resetting = asyncio.create_task(house.gateway.call(1, Reset(kind="soft")))
    await station.say([2, "s0", "Heartbeat", {}])
    assert (await station.hear())[1] == "s0"  # and no command before
    await station.say([2, "s1", "BootNotification", BOOT])
    assert (await station.hear())[:2] == [3, "s1"]
    assert (await station.obey({"status": "Accepted"}))[2] == "Reset"
    assert (await resetting).agreed


async def test_commands_do_not_wait_for_ever(house: House) -> None:
    house.known["CP1"] = patient(waits_for_boot=True)
    station = await house.station()
    await house.until(lambda: house.rooms.only(Connected))
    resetting = asyncio.create_task(house.gateway.call(1, Reset(kind="soft")))
    began = house.clock.now()
    asked = []
    for _ in range(3):
        call = await heard(house, station)
        asked.append(call[2])
        await station.say([3, call[1], {"status": "Accepted"}])
    assert asked == ["TriggerMessage", "TriggerMessage", "Reset"]
    assert (await resetting).agreed
    assert (house.clock.now() - began).total_seconds() >= 2 * TIMEOUT_S


async def test_a_command_that_waits_fails_when_the_station_goes(house: House) -> None:
    house.known["CP1"] = patient(waits_for_boot=True)
    station = await house.station()
    await house.until(lambda: house.rooms.only(Connected))
    resetting = asyncio.create_task(house.gateway.call(1, Reset(kind="soft")))
    await station.socket.close()
    with pytest.raises(StationOffline):
        await asyncio.wait_for(resetting, 5)
