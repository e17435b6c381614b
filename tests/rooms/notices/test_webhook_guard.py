"""No webhook leads into a network that is not public, whatever its URL says and whatever its name means by then."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.notices.transport import Message, Outcome
from ohmstead.rooms.notices.webhook import Webhooks
from ohmstead.rooms.operator.outbound import Outbound
from tests.receiver import Receiver, answer, receiving
from tests.rooms.ways_home import WAYS_HOME

MESSAGE = Message(delivery_id=1, id="msg_7", name="user.changed", entity="user:7", body=b"{}")
NOT_PUBLIC = "the address is not public"
PUBLIC = "8.8.8.8"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def told(url: str, *attempts: Message, private_hosts: tuple[str, ...] = ()) -> list[Outcome]:
    """What becomes of the attempts, one after the other."""
    transport = Webhooks(Outbound(private_hosts), "t", within_s=5).transport(1, url, "token", SystemClock())
    try:
        return [await transport.deliver(message) for message in attempts or (MESSAGE,)]
    finally:
        await transport.close()


class Names:
    """A name service: what it says of `victim.example`, in turn, the last of it from then on. Everything else is asked
    of the machine's."""

    def __init__(self, *says: list[str]) -> None:
        self.says, self.asked = list(says), 0
        self._machine = socket.getaddrinfo

    def __call__(self, host: Any, port: Any, *more: Any, **named: Any) -> list[Any]:
        if host != "victim.example":
            return self._machine(host, port, *more, **named)
        self.asked += 1
        addresses = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        return [one for address in addresses for one in self._machine(address, port, type=socket.SOCK_STREAM)]


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that somebody wanted to connect to: nobody may, so that no test leaves this machine."""
    seen: list[str] = []

    async def start(addr_infos: Any, **more: Any) -> socket.socket:
        seen.extend(info[4][0] for info in addr_infos)
        raise ConnectionRefusedError

    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", start)
    return seen


@pytest.mark.parametrize("address", WAYS_HOME)
async def test_no_url_leads_home(receiver: Receiver, address: str) -> None:
    outcomes = await told(address.format(port=receiver.port), MESSAGE, MESSAGE)
    assert all(one.error and one.status is None for one in outcomes)
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "means",
    [
        ["127.0.0.1"], ["::1"], ["::"], ["0.0.0.0"], ["10.0.0.1"], ["169.254.169.254"], ["fd00:ec2::254"],
        ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["fe80::1"], ["224.0.0.1"],
        [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, "::1"], ["2606:4700::1111", "10.0.0.1"],
    ],
)  # fmt: skip
async def test_no_name_leads_home(
    receiver: Receiver, dialled: list[str], monkeypatch: pytest.MonkeyPatch, means: list[str]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(means))
    (outcome,) = await told(f"http://victim.example:{receiver.port}/")
    assert outcome.error == NOT_PUBLIC
    assert (dialled, receiver.connections) == ([], 0)


async def test_a_name_that_changes_its_meaning_gains_nothing(
    receiver: Receiver, dialled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked once for each connection, and the connection goes to what was looked at."""
    names = Names([PUBLIC], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    first, second = await told(f"http://victim.example:{receiver.port}/", MESSAGE, MESSAGE)
    assert (first.error, second.error) == ("no connection", NOT_PUBLIC)
    assert (names.asked, dialled, receiver.connections) == (2, [PUBLIC], 0)


async def test_no_redirect_leads_home(receiver: Receiver) -> None:
    async with receiving() as home:
        for status in (301, 302, 303, 307, 308):
            receiver.answers = [answer(status, f"Location: {home.url()}")]
            (outcome,) = await told(receiver.url(), private_hosts=("127.0.0.1",))
            assert outcome.status == status
            assert outcome.error
        assert home.connections == 0


async def test_a_host_that_is_listed_is_told(receiver: Receiver) -> None:
    assert [one.status for one in await told(receiver.url(), private_hosts=("127.0.0.1",))] == [200]
    assert [one.status for one in await told(receiver.url("LOCALHOST"), private_hosts=("localhost",))] == [200]
    assert [one.error for one in await told(receiver.url("localhost"), private_hosts=("127.0.0.1",))] == [NOT_PUBLIC]


async def test_a_name_that_nobody_answers_for_holds_up_nobody_else(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All who ask for it wait for one thread."""
    asked, said = asyncio.Event(), Names([PUBLIC])
    loop, counted = asyncio.get_running_loop(), []

    def names(host: Any, *more: Any, **named: Any) -> list[Any]:
        if host == "victim.example":
            counted.append(host)
            loop.call_soon_threadsafe(asked.set)
            asyncio.run_coroutine_threadsafe(released.wait(), loop).result()
        return said(host, *more, **named)

    released = asyncio.Event()
    monkeypatch.setattr(socket, "getaddrinfo", names)
    webhooks = Webhooks(Outbound(["localhost"]), "t", within_s=5, connected_within_s=0.3)
    waiting = [
        asyncio.create_task(webhooks.transport(1, "http://victim.example/", "token", SystemClock()).deliver(MESSAGE))
        for _ in range(40)
    ]
    try:
        await asked.wait()
        other = webhooks.transport(1, receiver.url("localhost"), "token", SystemClock())
        assert (await other.deliver(MESSAGE)).status == 200
        assert {one.error for one in await asyncio.gather(*waiting)} == {"no connection within 0.3 s"}
        assert len(counted) == 1
    finally:
        released.set()
        await webhooks.close()
