"""Handshakes that are wrong, byte by byte: each is refused with a 4xx, told of and counted, unless it is made good."""

import asyncio
from typing import Any

import pytest

from tests.ocpp.conftest import House
from tests.ocpp.test_ocpp_handshake import refusal

WANTED = {
    "Host": "a", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "ocpp1.6",
}  # fmt: skip


def request(target: str = "/ocpp/CP1", line: str = "GET {} HTTP/1.1", **headers: str | None) -> bytes:
    """A handshake as it should be, but for the headers named (None: left out)."""
    changed = WANTED | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [line.format(target), *(f"{name}: {value}" for name, value in changed.items() if value is not None), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def answered(house: House, raw: bytes) -> bytes:
    """What comes back until the other side closes or has agreed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(raw)
    try:
        async with asyncio.timeout(5):
            found = b""
            while b"\r\n\r\n" not in found and (part := await reader.read(4096)):
                found += part
            return found
    finally:
        writer.close()


async def status(house: House, raw: bytes) -> int:
    return int((await answered(house, raw)).split()[1])


@pytest.mark.parametrize("upgrade", ["websocket", "WebSocket"])
async def test_a_missing_connection_header_is_made_good(house: House, upgrade: str) -> None:
    """Autel MaxiCharger (lbbrhzn/ocpp #1933)."""
    answer = await answered(house, request(Connection=None, Upgrade=upgrade))
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Protocol: ocpp1.6" in answer
    await house.until(lambda: house.frames)
    charge_point, _, direction, raw, *_ = house.frames[0]
    assert (charge_point, direction, raw) == (1, "in", b"GET /ocpp/CP1 HTTP/1.1")
    assert house.deviations() == ["the handshake has no Connection header"]
    assert not house.refused


@pytest.mark.parametrize(
    ("headers", "code", "reason"),
    [
        ({"Connection": "keep-alive"}, 426, "Connection"),
        ({"Connection": None, "Upgrade": None}, 426, "Connection"),
        ({"Upgrade": "h2c"}, 426, "Upgrade"),
        ({"Sec_WebSocket_Key": None}, 400, "Sec-WebSocket-Key"),
        ({"Sec_WebSocket_Key": "short"}, 400, "Sec-WebSocket-Key"),
        ({"Sec_WebSocket_Key": "AAAA"}, 400, "Sec-WebSocket-Key"),
        ({"Sec_WebSocket_Version": None}, 400, "Sec-WebSocket-Version"),
        ({"Sec_WebSocket_Version": "8"}, 400, "Sec-WebSocket-Version"),
        ({"line": "POST {} HTTP/1.1"}, 405, "POST"),
        ({"line": "GET {} HTTP/1.0"}, 505, "HTTP/1.0"),
    ],
    ids=str,
)
async def test_what_the_library_refuses_is_told(house: House, headers: Any, code: int, reason: str) -> None:
    assert await status(house, request(**headers)) == code
    ((identity, remote_ip, why),) = house.refused
    assert (identity, remote_ip) == ("CP1", "127.0.0.1")
    assert reason in why
    assert not house.rooms.facts


@pytest.mark.parametrize(
    ("headers", "code", "identity"),
    [
        ({"target": "/ocpp/a%00b"}, 404, ""),
        ({"target": "/ocpp/a%0Ab"}, 404, ""),
        ({"target": "/"}, 404, ""),
        ({"target": "http://[::1/ocpp/x"}, 404, ""),
        ({"target": "//[/x"}, 404, ""),
        ({"Authorization": "Basic \xe9"}, 401, None),
        ({"Authorization": "Basic Q1AyOng="}, 401, "CP1"),
        ({"Authorization": "Basic Q1AxOng=\r\nAuthorization: Basic Q1AxOng="}, 400, "CP1"),
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_a_4xx(house: House, headers: Any, code: int, identity: str | None) -> None:
    """`identity` is None where the charge point was asked about, and refused by whoever was asked."""
    house.keys["CP1"] = b"right"
    assert await status(house, request(**headers)) == code
    assert [one[0] for one in house.refused] == ([] if identity is None else [identity])


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_WebSocket_Key": None},
        {"target": "/ocpp/a%00b"},
        {"target": "/"},
        {"Authorization": "Basic Q1AyOng="},
        {"Authorization": "Basic \xe9"},
    ],
    ids=str,
)
async def test_each_is_counted_by_the_throttle(house: House, headers: Any) -> None:
    house.keys["CP1"] = b"right"
    await house.stop()
    await house.start(refusals_per_minute=3)
    right = {"Authorization": "Basic Q1AxOnJpZ2h0"}
    codes = [await status(house, request(**right | headers)) for _ in range(4)]
    assert codes[-1] == 429
    assert 429 not in codes[:3]


async def test_who_looks_at_the_port_is_neither_told_of_nor_counted(house: House) -> None:
    await house.stop()
    await house.start(refusals_per_minute=3)
    for _ in range(5):
        assert await status(house, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == 404
    _, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.close()
    assert await status(house, request()) == 101
    assert not house.refused


async def test_a_browser_at_the_address_of_a_charge_point_is_told_of(house: House) -> None:
    assert await status(house, b"GET /ocpp/CP1 HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n") == 426
    assert [one[0] for one in house.refused] == ["CP1"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03", "TLS, on the port that does not speak it"),
        (b"HELLO\r\n\r\n", "invalid HTTP request line: HELLO"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", "a header is too long"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", "the request line is too long"),
        (b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 200 + b"\r\n", "there are too many headers"),
    ],
    ids=["TLS", "no HTTP", "a large header", "a long line", "many headers"],
)
async def test_what_is_no_request_is_told_too(house: House, raw: bytes, reason: str) -> None:
    await answered(house, raw)
    await house.until(lambda: house.refused)
    ((identity, remote_ip, why),) = house.refused
    assert (identity, remote_ip) == ("", "127.0.0.1")
    assert reason in why


async def test_nobody_is_asked_about_who_is_held_back(house: House) -> None:
    await house.stop()
    await house.start(refusals_per_minute=2)
    for _ in range(2):
        assert (await refusal(house, "/NOBODY")).status_code == 404
    asked = len(house.offers)
    assert (await refusal(house, "/NOBODY")).status_code == 429
    assert (await refusal(house, "/CP1")).status_code == 429
    assert len(house.offers) == asked
    await house.clock.advance(60)
    await (await house.station("/CP1")).ask("Heartbeat", {})
