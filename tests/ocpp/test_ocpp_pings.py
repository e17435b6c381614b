"""Stations that never pong (mobilityhouse #626) are alive as long as they say anything."""

import asyncio
from typing import Any

from websockets.frames import Frame, Opcode

from ohmstead.ocpp.admission import Admitted
from tests.ocpp.conftest import House


async def test_a_station_that_never_pongs_stays(house: House) -> None:
    house.known["CP1"] = Admitted(charge_point_id=1, ping_interval_s=0.02)
    station = await house.station()
    protocol, pinged = station.socket.protocol, asyncio.Semaphore(0)
    send: Any = protocol.send_frame

    def mute(frame: Frame) -> None:
        if frame.opcode is Opcode.PONG:
            pinged.release()
        else:
            send(frame)

    protocol.send_frame = mute  # type: ignore[method-assign]
    async with asyncio.timeout(5):
        for _ in range(5):
            await pinged.acquire()
    assert await station.ask("Heartbeat", {}) != {}


async def test_a_station_may_be_spared_pings(house: House) -> None:
    await house.stop()
    await house.start(ping_interval_s=0.02)
    house.known["CP1"] = Admitted(charge_point_id=1, ping_interval_s=0)
    spared, other = await house.station(), await house.station("/CP2")
    pings: list[str] = []
    for name, station in (("spared", spared), ("other", other)):
        send: Any = station.socket.protocol.send_frame

        def hear(frame: Frame, name: str = name, send: Any = send) -> None:
            if frame.opcode is Opcode.PONG:
                pings.append(name)
            send(frame)

        station.socket.protocol.send_frame = hear  # type: ignore[method-assign]
    async with asyncio.timeout(5):
        while len(pings) < 5:
            await spared.ask("Heartbeat", {})
    assert set(pings) == {"other"}
