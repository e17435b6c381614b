"""Who is let in: identities, passwords, subprotocols."""

import pytest
from msgspec import structs
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from ohmstead.ocpp.connection_identity import Admitted
from ohmstead.ocpp.credentials import credentials
from tests.ocpp.conftest import House
from tests.ocpp.scripted_station import dial


async def refusal(house: House, path: str, **options):
    with pytest.raises(InvalidStatus) as caught:
        await house.station(path, **options)
    return caught.value.response


@pytest.mark.parametrize("path", ["/CP1", "/CP1/", "/ocpp/v1/CP1", "/a/b/c/CP1//", "/CP%31", "/ws/CP1?token=x"])
async def test_the_last_segment_is_the_identity(house: House, path: str):
    station = await house.station(path)
    assert await station.ask("Heartbeat", {}) == {"currentTime": "2026-03-01T12:00:00Z"}
    assert house.rooms.heartbeats == [1]


async def test_an_identity_may_hold_encoded_slashes_and_spaces(house: House):
    house.known["Bay 4/left"] = Admitted(charge_point_id=4)
    await (await house.station("/x/Bay%204%2Fleft")).ask("Heartbeat", {})
    assert house.rooms.heartbeats == [4]


@pytest.mark.parametrize("path", ["/NOBODY", "/", ""])
async def test_an_unknown_identity_is_not_found(house: House, path: str):
    response = await refusal(house, path)
    assert response.status_code == 404
    assert len(response.body) < 80
    assert response.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("key", [None, b"wrong", b""])
async def test_a_wrong_or_missing_password_is_challenged(house: House, key: bytes | None):
    house.keys["CP1"] = b"right"
    response = await refusal(house, "/CP1", key=key)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


async def test_the_user_must_be_the_identity(house: House):
    house.keys["CP1"] = b"right"
    response = await refusal(house, "/CP1", additional_headers={"Authorization": "Basic Q1AyOnJpZ2h0"})
    assert response.status_code == 401


@pytest.mark.parametrize("presented", [b"\xff\x00\xfe:k", b"ff00fe3a6b", b"FF00FE3A6B"])
async def test_a_key_is_bytes_and_may_come_in_hexadecimal(house: House, presented: bytes):
    house.keys["CP1"] = b"\xff\x00\xfe:k"
    station = await house.station(key=presented)
    assert (await station.call("Heartbeat", {}))[0] == 3


@pytest.mark.parametrize("header", [None, "", "Bearer abc", "Basic", "Basic ???", "Basic Q1Ax"])
def test_what_is_no_basic_authentication_gives_no_credentials(header: str | None):
    assert credentials(header) is None


async def test_the_subprotocol_is_ours_not_the_first_offered(house: House):
    station = await house.station(subprotocols=["ocpp1.6", "ocpp2.0.1"])
    assert station.socket.subprotocol == "ocpp2.0.1"
    assert house.offers == [["ocpp1.6", "ocpp2.0.1"]]


@pytest.mark.parametrize("offered", [None, ["ocpp1.5"], ["soap"]])
async def test_without_a_common_subprotocol_the_connection_is_closed(house: House, offered: list[str] | None):
    station = await house.station(subprotocols=offered)
    with pytest.raises(ConnectionClosedError) as caught:
        await station.hear()
    assert caught.value.rcvd.code == 1002
    assert not house.rooms.facts


async def test_a_version_the_charge_point_may_not_speak_is_no_common_one(house: House):
    house.known["CP1"] = Admitted(charge_point_id=1, versions=frozenset({"2.0.1"}))
    station = await house.station()
    with pytest.raises(ConnectionClosedError):
        await station.hear()


@pytest.mark.parametrize("offered", [None, ["OCPP16"]])
async def test_a_station_marked_to_assume_1_6_needs_no_subprotocol(house: House, offered: list[str] | None):
    house.known["CP1"] = structs.replace(house.known["CP1"], assume_version="1.6")
    station = await house.station(subprotocols=offered)
    assert station.socket.subprotocol is None
    assert (await station.call("Heartbeat", {}))[0] == 3


async def test_deflate_is_off_unless_wanted(house: House):
    assert not (await house.station()).socket.protocol.extensions
    await house.stop()
    await house.start(deflate=True)
    async with dial(house.url()) as socket:
        assert [extension.name for extension in socket.protocol.extensions] == ["permessage-deflate"]


async def test_stopping_sends_everybody_away(house: House):
    stations = [await house.station("/CP1"), await house.station("/CP2")]
    await house.listener.stop()
    for station in stations:
        with pytest.raises(Exception, match="1001"):
            await station.hear()
    assert not len(house.registry)
