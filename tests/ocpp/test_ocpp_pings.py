"""Stations that never pong (mobilityhouse #626) are alive as long as they say anything."""

import asyncio
from contextlib import suppress
from typing import Any

from websockets.frames import Frame, Opcode

from ohmstead.ocpp.connection_identity import Admitted
from tests.ocpp.conftest import House
from tests.ocpp.test_ocpp_refused_handshakes import request

PING = b"\x89\xfd\0\0\0\0" + b"p" * 125
CALL = b'\x81\x99\0\0\0\0[2,"last","Heartbeat",{}]'
MOST_PONGS = 30_000_000  # bytes; the kernel keeps some of them for us


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


async def test_who_pings_and_does_not_read_is_read_no_further(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=1)  # it stops reading at once
    writer.write(request())
    await house.until(lambda: len(house.registry) == 1)
    (held,) = house.listener._servers[0].all_connections
    pings, sent = PING * 500, 0
    while sent < MOST_PONGS and not held.paused:
        writer.write(pings)
        sent += len(pings)
        await asyncio.sleep(0)
    assert held.paused, f"{sent} bytes of pings were answered into a buffer"
    for _ in range(20):
        writer.write(pings)
        await asyncio.sleep(0)
    assert held.transport.get_write_buffer_size() < 2**19
    writer.write(CALL)
    reading = asyncio.create_task(reader.read())  # once it reads, it is read again
    await house.until(lambda: len(house.frames) == 2)  # the call, and its answer
    assert house.rooms.heartbeats == [1]
    writer.close()
    with suppress(ConnectionError):
        await reading
