"""The guard of requests to addresses that strangers name: none of them leads into a network that is not public."""

import ipaddress
from collections.abc import AsyncIterator

import pytest

from ohmstead.rooms.operator.outbound import NoAnswer, NotPublic, Outbound, is_public
from tests.receiver import Receiver, hang, receiving
from tests.rooms.ways_home import WAYS_HOME

HOST = "127.0.0.1"
JSON = "application/json"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.mark.parametrize("address", WAYS_HOME)
async def test_no_stranger_sends_us_home(receiver: Receiver, address: str) -> None:
    with pytest.raises((NotPublic, NoAnswer)):
        await Outbound().post(address.format(port=receiver.port), b"", JSON, 100, 5)
    assert receiver.connections == 0


async def test_a_private_host_is_asked_where_it_is_listed(receiver: Receiver) -> None:
    for listed, host in ((HOST, HOST), ("Localhost", "localhost")):
        assert await Outbound([listed]).post(receiver.url(host), b"", JSON, 100, 5) == b""
        with pytest.raises(NotPublic):
            await Outbound(["other"]).post(receiver.url(host), b"", JSON, 100, 5)
    assert receiver.connections == 2


def test_a_setting_that_lists_nobody_lets_nobody_pass() -> None:
    with pytest.raises(NotPublic):
        Outbound([""]).passes("", [ipaddress.ip_address(HOST)])


async def test_nobody_is_waited_for_long(receiver: Receiver) -> None:
    receiver.answers = [hang]
    with pytest.raises(NoAnswer):
        await Outbound([HOST]).post(receiver.url(), b"", JSON, 100, 0.2)
    assert receiver.connections == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("64:ff9b::808:808", True), ("::ffff:8.8.8.8", True),
        ("127.0.0.1", False), ("10.1.2.3", False), ("100.64.0.1", False), ("169.254.169.254", False),
        ("192.0.0.8", False), ("224.0.0.1", False), ("255.255.255.255", False), ("0.0.0.0", False),
        ("::1", False), ("::", False), ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False), ("fe80::1", False),
        ("64:ff9b:1::1", False), ("2002:7f00:1::", False), ("2001:0:1::1", False), ("fc00::1", False),
        ("fec0::1", False), ("ff02::1", False), ("::127.0.0.1", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
