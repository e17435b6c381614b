"""Writing to Kafka, by confluent-kafka and a thread of its own; see `kafka`, which loads this when it is first needed.

confluent-kafka's own producer for asyncio takes no headers.
"""

import asyncio
import ipaddress
import logging
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer

from ohmstead.kit.faults import Seldom
from ohmstead.rooms.operator.outbound import IPAddress, NotPublic

log = structlog.get_logger("ohmstead")

POLL_S = 0.25  # what is reported ends it at once: it only bounds how long closing takes
ASKING_S = 0.5
CLOSING_S = 3.0
BROKEN_OFF = "broken off"

Passes = Callable[[str, Iterable[IPAddress]], None]
"""Raises NotPublic where a host may not be connected to at these addresses."""

_SILENCE = {
    KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE, KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN, KafkaError.REQUEST_TIMED_OUT,
}  # fmt: skip
_WORDS = {
    **dict.fromkeys(_SILENCE, "no broker answered"),
    KafkaError._RESOLVE: "a broker's name has no address",
    KafkaError._AUTHENTICATION: "authentication failed",
    KafkaError.SASL_AUTHENTICATION_FAILED: "authentication failed",
    KafkaError._SSL: "no TLS with a broker",
    KafkaError._UNKNOWN_TOPIC: "unknown topic",
    KafkaError.UNKNOWN_TOPIC_OR_PART: "unknown topic",
    KafkaError.TOPIC_EXCEPTION: "no name of a topic",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "no right to write to the topic",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "no right to write to the cluster",
    KafkaError.MSG_SIZE_TOO_LARGE: "longer than the brokers take",
    KafkaError.NOT_ENOUGH_REPLICAS: "too few brokers to keep it",
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND: "too few brokers to keep it",
    KafkaError._PURGE_QUEUE: BROKEN_OFF,
    KafkaError._PURGE_INFLIGHT: BROKEN_OFF,
}


def words(error: KafkaError, trouble: str | None = None) -> str:
    """Why it went wrong, without addresses. Of what only was not answered the `trouble` with brokers is the reason."""
    if error.code() == KafkaError._TRANSPORT and "SSL handshake failed" in error.str():
        return _WORDS[KafkaError._SSL]
    return (error.code() in _SILENCE and trouble) or _WORDS.get(error.code()) or KafkaError(error.code()).str()


class TopicProducer:
    """Writes to one topic. Its thread starts it and hears what the brokers report; all else is of the loop it was made
    in. `ready` has the reason why it cannot be used, if there is one; `broken` is true once it writes nothing more."""

    def __init__(
        self, settings: dict[str, Any], brokers: Sequence[tuple[str, int]], topic: str, passes: Passes, timeout_s: float
    ) -> None:
        self._settings, self._brokers, self._topic = settings, brokers, topic
        self._passes, self._timeout_s = passes, timeout_s
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[str | None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self.broken = self._closing = False
        self._trouble: str | None = None
        self._producer: Producer | None = None
        self._waiting: set[asyncio.Future[str | None]] = set()
        self._reports: list[tuple[asyncio.Future[str | None], str | None]] = []
        threading.Thread(target=self._run, name="kafka", daemon=True).start()

    def write(self, key: str, value: bytes, headers: dict[str, str]) -> "asyncio.Future[str | None]":
        """Done once the brokers have it, or with the reason why it was given up. Once `ready` only."""
        written: asyncio.Future[str | None] = self._loop.create_future()
        self._waiting.add(written)
        written.add_done_callback(self._waiting.discard)
        assert self._producer is not None
        try:
            self._producer.produce(
                self._topic, value, key, on_delivery=partial(self._reported, written), headers={**headers}
            )
        except BufferError:
            written.set_result("too many are on their way")
        except KafkaException as error:
            self._fatal(error.args[0])
            written.set_result(words(error.args[0]))
        return written

    def __len__(self) -> int:
        return len(self._producer) if self._producer is not None else 0

    async def close(self) -> None:
        """Give up what is on its way, and end."""
        self._closing = True
        await asyncio.wait({self._ended}, timeout=CLOSING_S)
        _settle([(written, BROKEN_OFF) for written in self._waiting])

    # what follows runs in the thread

    def _run(self) -> None:
        try:
            unusable = self._open()
            self._tell(_settle, [(self.ready, unusable)])
            if unusable is None:
                self._hear()
        finally:
            self._producer = None
            self._tell(_settle, [(self._ended, None)])

    def _open(self) -> str | None:
        try:
            for host, port in self._brokers:
                self._look_at(host, port)
            self._producer = Producer({**self._settings, "error_cb": self._troubled}, logger=Log())
            self._meet(self._producer)
        except KafkaException as error:
            return words(error.args[0], self._trouble)
        except (NotPublic, ValueError) as error:
            return str(error)
        return None

    def _look_at(self, host: str, port: int) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise ValueError(f"{host} has no address") from None
        try:
            self._passes(host, {ipaddress.ip_address(address[0]) for *_, address in found})
        except NotPublic as error:
            raise NotPublic(f"{host}: {error}") from None

    def _meet(self, producer: Producer) -> None:
        """Ask for the topic, so that nothing is begun to be written where nobody answers."""
        until = time.monotonic() + self._timeout_s
        while True:
            try:
                topic = producer.list_topics(self._topic, timeout=ASKING_S).topics[self._topic]
                break
            except KafkaException as error:
                producer.poll(0)  # for the trouble
                if self._closing or time.monotonic() > until or error.args[0].code() not in _SILENCE:
                    raise
        if topic.error is not None and not topic.error.retriable():
            raise KafkaException(topic.error)

    def _hear(self) -> None:
        producer = self._producer
        assert producer is not None
        while not self._closing:
            producer.poll(POLL_S)
            self._hand_over()
        producer.purge()
        producer.flush(1)
        self._hand_over()

    def _reported(self, written: "asyncio.Future[str | None]", error: KafkaError | None, _: object) -> None:
        if error is None:
            self._trouble = None
        else:
            self._fatal(error)
        self._reports.append((written, None if error is None else words(error, self._trouble)))

    def _hand_over(self) -> None:
        if self._reports:
            self._tell(_settle, self._reports)
            self._reports = []

    def _troubled(self, error: KafkaError) -> None:
        self._fatal(error)
        self._trouble = words(error, self._trouble)

    def _fatal(self, error: KafkaError) -> None:
        self.broken = self.broken or error.fatal()

    def _tell(self, function: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(function, *arguments)


def _settle(results: Iterable[tuple["asyncio.Future[Any]", Any]]) -> None:
    for future, result in results:
        if not future.done():
            future.set_result(result)


class Log:
    """What librdkafka logs, each kind seldom. Nothing of it is worse than a warning: deliveries tell their errors."""

    def __init__(self) -> None:
        self._kinds: defaultdict[str, Seldom] = defaultdict(Seldom)

    def log(self, level: int, text: str, *arguments: Any) -> None:
        said = text % arguments if arguments else text
        kind = said.partition(" ")[0]
        if self._kinds[kind].passes(kind):
            log.log(min(level, logging.WARNING), "kafka", said=said)
