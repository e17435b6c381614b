"""Delivery to Kafka: written by librdkafka, read back by another client."""

import asyncio
import hashlib
import hmac
import json
import logging
import sys
import threading
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from confluent_kafka import KafkaError
from cryptography.fernet import Fernet

from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.notices import kafka as kafka_module
from ohmstead.rooms.notices.kafka import Cluster, Kafka, KafkaTransport, broker_address, producer_settings
from ohmstead.rooms.notices.kafka_producer import Log, words
from ohmstead.rooms.notices.transport import Message
from ohmstead.rooms.notices.transports import transports
from ohmstead.rooms.operator.admins import Vault
from ohmstead.rooms.operator.outbound import Outbound
from tests.brokers import Brokers, brokers

SECRET = "a token"
CLOCK = ManualClock(datetime(2026, 11, 30, 18, 0, 0, 123456, UTC))


@pytest.fixture
async def cluster() -> AsyncIterator[Brokers]:
    async with brokers() as made:
        yield made


@asynccontextmanager
async def transport(
    *addresses: str, private: tuple[str, ...] = ("127.0.0.1",), timeout_s: float = 5, **kafka: Any
) -> AsyncIterator[KafkaTransport]:
    wanted = {"topic": "events", "brokers": list(addresses), **kafka}
    made = Kafka(Outbound(private), "acme", timeout_s).transport(7, wanted, "secret", SECRET, CLOCK)
    yield made
    await made.close()


def message(number: int, entity: str = "evse:7", body: bytes | None = None) -> Message:
    said = body or b'{"notification": "evse.changed", "number": %d}' % number
    return Message(delivery_id=number, id=f"msg_{number}", name="evse.changed", entity=entity, body=said)


def signed(said: bytes) -> hmac.HMAC:
    return hmac.new(SECRET.encode(), said, hashlib.sha256)


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4"])
async def test_another_client_reads_what_was_written_in_every_codec(cluster: Brokers, codec: str) -> None:
    body = json.dumps({"notification": "evse.changed", "text": "ж" * 50_000}, ensure_ascii=False).encode()
    async with transport(cluster.address, compressionCodec=codec) as to:
        outcome = await to.deliver(message(1, body=body))
    assert outcome.error is None
    assert (cluster.came > len(body)) == (codec == "none")  # it really was compressed
    (record,) = await cluster.read("events", 1)
    assert (record.key, record.value) == (b"evse:7", body)
    assert dict(record.headers) == {
        "webhook-id": b"msg_1",
        "X-Webhook-Id": b"7",
        "X-Webhook-Type": b"evse.changed",
        "X-Timestamp": b"2026-11-30T18:00:00.123456Z",
        "X-Tenant": b"acme",
        "X-Signature": signed(body).hexdigest().encode(),
        "webhook-timestamp": b"1796061600",
        "webhook-signature": b"v1," + b64encode(signed(b"msg_1.1796061600." + body).digest()),
    }


async def test_an_entity_stays_in_one_partition_and_in_order(cluster: Brokers) -> None:
    async def lane(to: KafkaTransport, entity: str) -> None:
        for number in range(20):
            assert (await to.deliver(message(number, entity))).error is None

    entities = [f"evse:{number}" for number in range(30)]
    async with transport(cluster.address) as to:
        await asyncio.gather(*(lane(to, entity) for entity in entities))
    found = await cluster.read("events", 600)
    assert len({record.partition for record in found}) == 4
    for entity in entities:
        records = sorted((record for record in found if record.key == entity.encode()), key=lambda one: one.offset)
        assert len({record.partition for record in records}) == 1
        assert [dict(record.headers)["webhook-id"] for record in records] == [b"msg_%d" % n for n in range(20)]


async def test_what_brokers_do_not_take_is_given_up_and_arrives_when_it_is_repeated(cluster: Brokers) -> None:
    async with transport(cluster.address, timeout_s=1) as to:
        assert await repeated(to, message(0)) is None
        await cluster.go_away()
        away = await asyncio.gather(*(to.deliver(message(n, f"evse:{n}")) for n in range(1, 101)))
        assert {outcome.error for outcome in away} == {"no broker answered"}
        assert all(900 < outcome.latency_ms < 10_000 for outcome in away)
        assert to.waiting == 0  # nothing of it is left in memory
        await cluster.come_back()
        for number in range(1, 101):
            outcome = await repeated(to, message(number, f"evse:{number}"))
            assert outcome is None
    found = await cluster.read("events", 101)
    assert {dict(record.headers)["webhook-id"] for record in found} == {b"msg_%d" % n for n in range(101)}


async def repeated(to: KafkaTransport, one: Message) -> str | None:
    """Deliver it as the schedule would, a few times."""
    error: str | None = "never tried"
    for _ in range(10):
        if error is not None:
            error = (await to.deliver(one)).error
    return error


async def test_who_was_not_there_in_the_beginning_is_asked_again(cluster: Brokers) -> None:
    await cluster.go_away()
    async with transport(cluster.address, timeout_s=0.5) as to:
        outcomes = await asyncio.gather(*(to.deliver(message(n)) for n in range(3)))
        assert [outcome.error for outcome in outcomes] == ["no broker answered"] * 3
        await cluster.come_back()
        assert await repeated(to, message(4)) is None
    assert len(await cluster.read("events", 1)) == 1


async def test_a_broker_that_hangs_is_an_outcome_and_closing_gives_up(cluster: Brokers) -> None:
    async with transport(cluster.address, timeout_s=1) as to:
        assert await repeated(to, message(1)) is None
        cluster.hold()
        assert (await to.deliver(message(2))).error == "no broker answered"
    async with transport(cluster.address, timeout_s=30) as to:
        cluster.let_go()
        assert (await to.deliver(message(3))).error is None
        cluster.hold()
        underway = asyncio.create_task(to.deliver(message(4)))
        await cluster.held_up.wait()
        await to.close()
        assert (await underway).error == "broken off"
        assert (await to.deliver(message(5))).error == "broken off"
    for thread in threading.enumerate():
        if thread.name == "kafka":
            thread.join(1)
            assert not thread.is_alive()


async def test_a_producer_that_lost_count_is_replaced(cluster: Brokers) -> None:
    async with transport(cluster.address) as to:
        assert (await to.deliver(message(1))).error is None
        before = cluster.connections
        assert to._producer is not None
        to._producer._fatal(KafkaError(KafkaError._FATAL, fatal=True))
        assert (await to.deliver(message(2))).error is None
        assert cluster.connections > before
    assert len(await cluster.read("events", 2)) == 2


async def test_brokers_are_looked_at_before_anybody_connects(cluster: Brokers) -> None:
    port = cluster.port
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0"):
        async with transport(f"{host}:{port}", private=()) as to:
            error = (await to.deliver(message(1))).error
        assert error is not None, host
        assert error.endswith("the address is not public"), error
    assert cluster.connections == 0


@pytest.mark.parametrize(
    "text",
    ["", "kafka:", "kafka:0", "kafka:65536", "kafka:123456", "a:1,b:2", "SSL://kafka:9092", "kafka:9092/x", "a b:1",
     "user@kafka:9092", "[kafka]:9092", "[::1%25lo]:9092", "::1", "[::1", "kafka\n:9092", "kafka:9092\n"],
)  # fmt: skip
def test_what_is_no_address_of_a_broker(text: str) -> None:
    with pytest.raises(ValueError):
        broker_address(text)


def test_addresses_of_brokers() -> None:
    assert broker_address("kafka.example.com:9094") == ("kafka.example.com", 9094)
    assert broker_address("kafka_1") == ("kafka_1", 9092)
    assert broker_address("[2001:db8::1]:9093") == ("2001:db8::1", 9093)
    settings = producer_settings(Cluster(topic="t", brokers=["a", "[2001:db8::1]:9093"]), None, 15)
    assert settings["bootstrap.servers"] == "a:9092,[2001:db8::1]:9093"


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_credentials_are_given_over_tls(mechanism: str) -> None:
    kafka = Cluster(
        topic="t", brokers=["a"], security_protocol="SASL_SSL", sasl_mechanism=mechanism, sasl_username="ann"
    )  # type: ignore[arg-type]
    settings = producer_settings(kafka, "secret", 15)
    said = {name: value for name, value in settings.items() if name.startswith(("sasl.", "security."))}
    assert said == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": mechanism,
        "sasl.username": "ann",
        "sasl.password": "secret",
    }


async def test_a_subscriptions_password_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(cluster: Cluster, password: str | None, timeout_s: float) -> Any:
        raise ValueError(f"{cluster.topic} with {password} in {timeout_s:g} s")

    monkeypatch.setattr(kafka_module, "producer_settings", seen)
    vault = Vault(Fernet.generate_key())
    make = transports(Outbound(), vault, "acme", CLOCK)["kafka"]
    kafka = {"topic": "events", "brokers": ["a"], "saslMechanism": None, "saslPassword": None}
    for sealed, shown in ((vault.close("secret"), "secret"), (None, "None")):
        to = make({"id": 7, "kafka": kafka, "kafka_password": sealed}, SECRET)
        assert (await to.deliver(message(1))).error == f"events with {shown} in 15 s"


def test_what_is_written_is_acknowledged_by_all_once_and_in_time() -> None:
    settings = producer_settings(Cluster(topic="t", brokers=["a"]), "left aside", 15)
    assert not [name for name in settings if name.startswith("sasl.")]
    assert (settings["enable.idempotence"], settings["acks"], settings["message.timeout.ms"]) == (True, "all", 15000)
    assert settings["compression.type"] == "gzip"


async def test_a_broker_without_tls_gets_no_password(cluster: Brokers) -> None:
    asked = {"securityProtocol": "SASL_SSL", "saslMechanism": "SCRAM-SHA-512", "saslUsername": "ann"}
    async with transport(cluster.address, timeout_s=1, **asked) as to:
        assert (await to.deliver(message(1))).error == "no TLS with a broker"


def test_errors_in_plain_words() -> None:
    timed_out = KafkaError(KafkaError._MSG_TIMED_OUT)
    assert words(timed_out) == "no broker answered"
    assert words(timed_out, words(KafkaError(KafkaError._AUTHENTICATION))) == "authentication failed"
    assert words(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)) == "unknown topic"
    assert words(KafkaError(KafkaError._UNKNOWN_TOPIC), "no broker answered") == "unknown topic"
    assert "10.0.0.1" not in words(KafkaError(KafkaError.INVALID_RECORD, "10.0.0.1 says no"))


async def test_a_broker_without_an_address() -> None:
    async with transport("kafka:99999") as to:
        assert (await to.deliver(message(1))).error == "There is no such port."
    async with transport("nowhere.invalid:9092") as to:
        assert (await to.deliver(message(1))).error == "nowhere.invalid has no address"


async def test_a_message_longer_than_a_client_sends(cluster: Brokers) -> None:
    async with transport(cluster.address) as to:
        assert (await to.deliver(message(1, body=b"x" * 1_100_000))).error == "longer than the brokers take"


async def test_without_the_package_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ohmstead.rooms.notices.kafka_producer")
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    async with transport("kafka.example.com:9092") as to:
        error = (await to.deliver(message(1))).error
    assert error == "confluent-kafka is not installed: pip install 'ohmstead[kafka]'"


async def test_what_librdkafka_says_is_logged_and_seldom(capfd: pytest.CaptureFixture[str], cluster: Brokers) -> None:
    await cluster.go_away()
    with structlog.testing.capture_logs() as logs:
        async with transport(cluster.address, timeout_s=0.6) as to:
            await to.deliver(message(1))
        said = Log()
        for kind in ("FAIL", "FAIL", "FETCH", "FAIL"):
            said.log(logging.CRITICAL, "%s [%s] %s", kind, "producer-1", "text")
    assert [line["said"].partition(" ")[0] for line in logs] == ["FAIL", "FAIL", "FETCH"]
    assert {(line["event"], line["log_level"]) for line in logs} == {("kafka", "warning")}
    assert capfd.readouterr().err == ""
