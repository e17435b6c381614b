"""Webhooks against a receiver that does all that receivers do: what is sent, what counts as taken, and what is said of
the rest."""

import asyncio
import ssl
import subprocess
import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from ohmstead.engines.webhook_signatures import standard_secret
from ohmstead.kit.clock import Clock, ManualClock, SystemClock
from ohmstead.rooms.notices.transport import Message
from ohmstead.rooms.notices.webhook import Webhooks, WebhookTransport
from ohmstead.rooms.operator.outbound import Outbound
from tests.receiver import Answer, Receiver, answer, drip, hang, raw, receiving

HOST = "127.0.0.1"
TOKEN = "5f2c-token"
BODY = (
    '{"notification":"transaction.changed","transaction":{"id":9007199254740993,"amount":18.90,"user":"Jörg Ünal"}}'
).encode()
MESSAGE = Message(delivery_id=1, id="msg_7", name="transaction.changed", entity="transaction:7", body=BODY)
QUICK_S = 0.3


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def webhooks() -> AsyncIterator[Webhooks]:
    """To this machine."""
    made = Webhooks(Outbound([HOST]), "car-parks", within_s=5)
    yield made
    await made.close()


def to(webhooks: Webhooks, url: str, clock: Clock | None = None) -> WebhookTransport:
    return webhooks.transport(77, url, TOKEN, clock or SystemClock())


def ran(*command: str, told: bytes = b"") -> str:
    """What a program says."""
    return subprocess.run(command, input=told, check=True, capture_output=True).stdout.decode()


async def test_what_a_receiver_is_sent(receiver: Receiver, webhooks: Webhooks) -> None:
    at = datetime(2026, 11, 30, 18, 0, 0, 123, tzinfo=UTC)
    outcome = await to(webhooks, receiver.url() + "?key=a%2Fb%3D&x=1%20+~", ManualClock(at)).deliver(MESSAGE)
    assert (outcome.status, outcome.error, outcome.gone, outcome.retry_after_s) == (200, None, False, None)
    (got,) = receiver.received
    assert got.target == "POST /hook?key=a%2Fb%3D&x=1%20+~", "the query is sent as it was written"
    assert got.body == BODY
    signature = got.headers.pop("x-signature"), got.headers.pop("webhook-signature")
    assert signature[0] == ran("openssl", "dgst", "-sha256", "-hmac", TOKEN, "-r", told=got.body).split()[0]
    assert len(b64decode(signature[1].removeprefix("v1,"))) == 32
    assert got.headers.pop("user-agent").startswith("Ohmstead/")
    assert got.headers == {
        "host": f"{HOST}:{receiver.port}",
        "content-type": "application/json",
        "content-length": str(len(BODY)),
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
        "x-tenant": "car-parks",
        "x-timestamp": "2026-11-30T18:00:00.000123Z",
        "x-webhook-id": "77",
        "x-webhook-type": "transaction.changed",
        "webhook-id": "msg_7",
        "webhook-timestamp": str(int(at.timestamp())),
    }


async def test_what_is_signed_is_what_is_sent_at_every_attempt(receiver: Receiver, webhooks: Webhooks) -> None:
    """The library needs the real time, for it refuses what is old."""
    receiver.answers = [answer(500)]
    clock = ManualClock(datetime.now(UTC))
    transport = to(webhooks, receiver.url(), clock)
    assert (await transport.deliver(MESSAGE)).status == 500
    await clock.advance(5)
    assert (await transport.deliver(MESSAGE)).status == 200
    first, second = receiver.received
    assert first.body == second.body == BODY
    assert first.headers["x-signature"] == second.headers["x-signature"]
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "msg_7"
    assert first.headers["x-timestamp"] != second.headers["x-timestamp"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 5
    for got in (first, second):
        known = Webhook(standard_secret(TOKEN)).verify(got.body, got.headers)
        assert known["transaction"]["id"] == 9007199254740993


async def test_connections_are_kept(receiver: Receiver, webhooks: Webhooks) -> None:
    one, other = to(webhooks, receiver.url()), to(webhooks, receiver.url() + "/other")
    receiver.answers = [answer(200, body=b"x" * 19_000), answer(500, body=b"no"), answer(204)]
    for transport in (one, other, one, other):
        await transport.deliver(MESSAGE)
    assert receiver.connections == 1
    await one.close()
    await other.deliver(MESSAGE)
    assert receiver.connections == 1, "what others use stays open"
    await other.close()
    assert (await to(webhooks, receiver.url()).deliver(MESSAGE)).error is None
    assert receiver.connections == 2


async def test_a_connection_that_the_receiver_closed_is_not_used(receiver: Receiver, webhooks: Webhooks) -> None:
    transport = to(webhooks, receiver.url())
    receiver.answers = [answer(200, "Connection: close", body=b"bye"), raw(b"HTTP/1.0 200 OK\r\n\r\nbye", close=True)]
    for _ in range(3):
        assert (await transport.deliver(MESSAGE)).error is None
    assert receiver.connections == 3


TRUNCATED = b"HTTP/1.1 %d Said\r\nContent-Length: 100\r\n\r\nhalf"
NOT_HTTP = "the answer is not HTTP"
CLOSED = "the connection was closed without an answer"
LATE = f"no answer within {QUICK_S} s"
MOVED = ", a redirect, which is not followed"


@pytest.mark.parametrize(
    ("say", "status", "error"),
    [
        (answer(202, body=b"webhook accepted"), 202, None),
        (answer(299), 299, None),
        (answer(200, "Content-Encoding: gzip", body=b"not gzip"), 200, None),
        (answer(200, "Set-Cookie: a=b"), 200, None),
        (answer(200, body=b"x" * 10_000_000), 200, None),
        (raw(TRUNCATED % 200, close=True), 200, None),
        (raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n"), 204, None),
        (answer(400, body=b"no"), 400, "status 400"),
        (raw(TRUNCATED % 400, close=True), 400, "status 400"),
        (answer(301, "Location: /elsewhere"), 301, "status 301" + MOVED),
        (answer(307, "Location: http://127.0.0.1/"), 307, "status 307" + MOVED),
        (answer(304), 304, "status 304" + MOVED),
        (answer(410), 410, "status 410"),
        (raw(b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", close=True), 101, "status 101"),
        (raw(b"", close=True), None, CLOSED),
        (raw(b"HTTP/1.1 200 O", close=True), None, CLOSED),
        (raw(b"\x16\x03\x01 garbage\r\n\r\n", close=True), None, NOT_HTTP),
        (raw(b"SSH-2.0-OpenSSH_9.6\r\n", close=True), None, NOT_HTTP),
        (raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000, close=True), None, NOT_HTTP),
        (raw(b"HTTP/1.1 9999 No\r\n\r\n", close=True), None, NOT_HTTP),
    ],
)  # fmt: skip
async def test_what_becomes_of_an_answer(
    receiver: Receiver, webhooks: Webhooks, say: Answer, status: int | None, error: str | None
) -> None:
    receiver.answers = [say]
    transport = to(webhooks, receiver.url())
    outcome = await transport.deliver(MESSAGE)
    assert (outcome.status, outcome.error, outcome.gone) == (status, error, status == 410)
    assert len(receiver.received) == 1, "nothing is sent again, and no redirect is followed"
    assert (await transport.deliver(MESSAGE)).error is None, "the next attempt is not harmed"
    assert "cookie" not in receiver.received[-1].headers


@pytest.mark.parametrize(
    ("say", "status", "error"),
    [
        (drip(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", b"."), 200, None),
        (drip(b"HTTP/1.1 500 No\r\nContent-Length: 10000\r\n\r\n", b"."), 500, "status 500"),
        (drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"."), None, LATE),
        (drip(b"", b"HTTP/1.1 200 OK and so on and on and on"), None, LATE),
        (drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), None, LATE),
        (hang, None, LATE),
    ],
)  # fmt: skip
async def test_nobody_is_waited_for_long(
    receiver: Receiver, say: Answer, status: int | None, error: str | None
) -> None:
    """What was said before the time was over counts: with a status of 2xx the receiver has the message."""
    receiver.answers = [say]
    transport = to(Webhooks(Outbound([HOST]), "t", within_s=QUICK_S), receiver.url())
    outcome = await transport.deliver(MESSAGE)
    assert (outcome.status, outcome.error) == (status, error)
    assert QUICK_S * 1000 <= outcome.latency_ms < 5_000
    assert receiver.connections == 1
    await transport.close()


async def test_an_answer_that_is_too_long_is_let_go(receiver: Receiver, webhooks: Webhooks) -> None:
    transport = to(webhooks, receiver.url())
    for length in (20_000, 2_000_000):
        receiver.answers = [answer(200, body=b"x" * length)]
        await transport.deliver(MESSAGE)
    assert receiver.connections == 1
    await transport.deliver(MESSAGE)
    assert receiver.connections == 2


async def test_retry_after_is_given_back(receiver: Receiver, webhooks: Webhooks) -> None:
    now = datetime.now(UTC)
    transport = to(webhooks, receiver.url(), ManualClock(now))
    at = now.replace(microsecond=0) + timedelta(minutes=2)

    async def said(status: int, *headers: str) -> float | None:
        receiver.answers = [answer(status, *headers)]
        return (await transport.deliver(MESSAGE)).retry_after_s

    assert await said(429, "Retry-After: 120") == 120
    assert await said(503, f"Retry-After: {format_datetime(at, usegmt=True)}") == (at - now).total_seconds()
    assert await said(500, "Retry-After: 7") == 7
    assert await said(429, "Retry-After: 99999999") == 86_400
    assert await said(429, "Retry-After: whenever") is None
    assert await said(429) is None
    assert await said(200, "Retry-After: 7") is None


async def test_latency_is_measured(receiver: Receiver, webhooks: Webhooks) -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        await answer(200)(writer)

    receiver.answers = [late]
    assert 50 <= (await to(webhooks, receiver.url()).deliver(MESSAGE)).latency_ms < 1_000


async def test_who_does_not_listen(receiver: Receiver, webhooks: Webhooks) -> None:
    async def error(url: str) -> str | None:
        outcome = await to(webhooks, url).deliver(MESSAGE)
        assert outcome.status is None
        return outcome.error

    async with receiving() as gone:
        pass
    assert await error(gone.url()) == "no connection"
    assert await error("http://nobody.invalid/") == "the name of the host is not known"
    receiver.greeting = b"SSH-2.0-OpenSSH_9.6\r\n"
    assert await error(receiver.url()) == NOT_HTTP
    assert await error(receiver.url().replace("http", "https")) == "TLS failed"


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    ran(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"),
        *("-subj", "/CN=us", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate),
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    webhooks = Webhooks(Outbound([HOST]), "t", within_s=5)
    async with receiving(tls) as receiver:
        outcome = await to(webhooks, f"https://{HOST}:{receiver.port}/").deliver(MESSAGE)
        assert outcome.error == "the certificate of the host is not valid"
        assert not receiver.received
    await webhooks.close()


async def test_a_connection_has_a_time_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*given: Any, **named: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", never)
    webhooks = Webhooks(Outbound([HOST]), "t", within_s=5, connected_within_s=0.05)
    outcome = await to(webhooks, f"http://{HOST}:1/").deliver(MESSAGE)
    assert outcome.error == "no connection within 0.05 s"
    await webhooks.close()


async def test_a_slow_receiver_delays_nobody_else(receiver: Receiver, webhooks: Webhooks) -> None:
    slow = Webhooks(Outbound([HOST]), "t", within_s=5)
    receiver.answers = [hang] * 8
    hanging = to(slow, receiver.url())
    waiting = [asyncio.create_task(hanging.deliver(MESSAGE)) for _ in range(8)]
    await receiver.has(8)
    assert (await to(slow, receiver.url() + "/other").deliver(MESSAGE)).error is None
    for task in waiting:
        task.cancel()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in outcomes), "whoever stops it is obeyed"
    await slow.close()


async def test_no_proxy_is_used(receiver: Receiver, webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    assert (await to(webhooks, receiver.url()).deliver(MESSAGE)).error is None


async def test_the_client_is_loaded_with_the_first_message() -> None:
    program = """if True:
        import sys
        from ohmstead.kit.clock import SystemClock
        from ohmstead.rooms.notices.webhook import Webhooks
        from ohmstead.rooms.operator.outbound import Outbound
        Webhooks(Outbound(), "t").transport(1, "http://127.0.0.1/", "token", SystemClock())
        print("aiohttp" in sys.modules)"""
    assert ran(sys.executable, "-c", program) == "False\n"
