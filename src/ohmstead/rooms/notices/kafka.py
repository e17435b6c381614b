"""Kafka: messages are written to a topic, by their entity, and have arrived once the brokers said so.

What writes them is `kafka_producer`, one for each subscription. It is loaded with the first: it needs the package
confluent-kafka, which comes with `pip install ohmstead[kafka]`.
"""

import asyncio
import importlib
import ipaddress
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, convert

from ohmstead.kit.clock import Clock
from ohmstead.rooms.notices.signed_headers import SignedHeaders
from ohmstead.rooms.notices.transport import Message, Outcome
from ohmstead.rooms.operator.outbound import Outbound

if TYPE_CHECKING:
    from ohmstead.rooms.notices.kafka_producer import TopicProducer

TIMEOUT_S = 15.0
AT_ONCE = 100
_WRITING = "ohmstead.rooms.notices.kafka_producer"
_CLOSED = "broken off"
_MISSING = "confluent-kafka is not installed: pip install 'ohmstead[kafka]'"

_NAMED = re.compile(r"(?P<host>[\w.-]+)(:(?P<port>\d{1,5}))?", re.ASCII)
_NUMBERED = re.compile(r"\[(?P<host>[\da-fA-F:.]+)](:(?P<port>\d{1,5}))?", re.ASCII)


class Cluster(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whom to write to, and how: what a subscription says of it."""

    topic: str
    brokers: list[str]
    compression_codec: Literal["none", "gzip", "snappy", "lz4"] = "gzip"
    security_protocol: Literal["PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None


def broker_address(text: str) -> tuple[str, int]:
    """Host and port of a broker: "kafka.example.com:9092", "[2001:db8::1]:9092"; 9092 is the port of those who name
    none. ValueError where it is none: librdkafka would read more into such a text, schemes and commas."""
    found = _NAMED.fullmatch(text) or _NUMBERED.fullmatch(text)
    if found is None:
        raise ValueError("A broker is given as host:port.")
    host, port = found["host"], int(found["port"] or 9092)
    if text.startswith("["):
        ipaddress.IPv6Address(host)
    if not 1 <= port <= 65535:
        raise ValueError("There is no such port.")
    return host, port


def producer_settings(cluster: Cluster, password: str | None, timeout_s: float) -> dict[str, Any]:
    """What librdkafka is told. Order holds by idempotence; the partition of a key is the one that Java's clients
    choose. What is not written within `timeout_s` s is given up here, and left to the schedule of deliveries."""
    addresses = (broker_address(broker) for broker in cluster.brokers)
    settings: dict[str, Any] = {
        "bootstrap.servers": ",".join(
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in addresses
        ),
        "client.id": "ohmstead",
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "compression.type": cluster.compression_codec,
        "message.timeout.ms": round(timeout_s * 1000),
        "topic.metadata.propagation.max.ms": round(timeout_s * 1000 / 3),
        "linger.ms": 1,
        "reconnect.backoff.ms": 500,
        "reconnect.backoff.max.ms": 5000,
        "log.connection.close": False,
        "security.protocol": cluster.security_protocol,
    }
    if cluster.security_protocol == "SASL_SSL":
        settings["sasl.mechanism"] = cluster.sasl_mechanism or "PLAIN"
        settings["sasl.username"] = cluster.sasl_username or ""
        settings["sasl.password"] = password or ""
    return settings


class Kafka:
    """Makes transports to topics. `tenant` is told with each message."""

    def __init__(self, outbound: Outbound, tenant: str, timeout_s: float = TIMEOUT_S) -> None:
        self._outbound, self._tenant, self._timeout_s = outbound, tenant, timeout_s

    def transport(
        self, subscription_id: int, kafka: dict[str, Any], password: str | None, secret: str, clock: Clock
    ) -> "KafkaTransport":
        """To the topic that the subscription names, signed with `secret`."""
        open_producer = partial(self._open, convert(kafka, Cluster), password)
        return KafkaTransport(open_producer, SignedHeaders(subscription_id, self._tenant, secret), clock.real)

    async def _open(self, cluster: Cluster, password: str | None) -> "TopicProducer":
        """ImportError without the package; ValueError where a broker's address is none."""
        settings = producer_settings(cluster, password, self._timeout_s)
        brokers = [broker_address(broker) for broker in cluster.brokers]
        writing = await asyncio.to_thread(importlib.import_module, _WRITING)
        return writing.TopicProducer(settings, brokers, cluster.topic, self._outbound.passes, self._timeout_s)


class KafkaTransport:
    """To one topic, by a producer that is made with the first message, and anew when it cannot be used."""

    at_once = AT_ONCE

    def __init__(
        self, open_producer: Callable[[], Awaitable["TopicProducer"]], headers: SignedHeaders, clock: Clock
    ) -> None:
        self._open, self._headers, self._clock = open_producer, headers, clock
        self._producer: TopicProducer | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    async def deliver(self, message: Message) -> Outcome:
        began = time.monotonic()
        error = await self._error(message)
        return Outcome(error=error, latency_ms=round((time.monotonic() - began) * 1000))

    @property
    def waiting(self) -> int:
        """How many messages librdkafka holds."""
        return len(self._producer) if self._producer is not None else 0

    async def close(self) -> None:
        """What is on its way is given up, and nothing more is taken."""
        self._closed = True
        async with self._opening:
            if self._producer is not None:
                await self._producer.close()
                self._producer = None

    async def _error(self, message: Message) -> str | None:
        try:
            producer = await self._usable()
        except ImportError:
            return _MISSING
        except ValueError as error:
            return str(error)
        reason = _CLOSED if producer is None else await asyncio.shield(producer.ready)
        if producer is None or reason is not None or self._closed:
            return reason or _CLOSED
        return await producer.write(message.entity, message.body, self._headers.of(message, self._clock.now()))

    async def _usable(self) -> "TopicProducer | None":
        async with self._opening:
            if (old := self._producer) is not None and _spent(old):
                self._producer = None
                await old.close()
            if self._producer is None and not self._closed:
                self._producer = await self._open()
            return self._producer


def _spent(producer: "TopicProducer") -> bool:
    """Whether it failed for good: nobody was there when it began, or it lost count of what it wrote."""
    return producer.broken or (producer.ready.done() and producer.ready.result() is not None)
