"""Kafka's brokers in the process of a test: librdkafka's mock cluster, behind a relay that can be cut and held up.

The cluster names its broker's own port to clients; the relay puts its own port there, so that all go through it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord
from confluent_kafka import Producer

_HOST = "127.0.0.1"


class Brokers:
    """A cluster of one broker; topics come to be when they are asked for, with four partitions."""

    def __init__(self) -> None:
        settings = {"bootstrap.servers": f"{_HOST}:1", "test.mock.num.brokers": 1}
        self._cluster = Producer(settings, logger=_Silence())
        self._own = next(iter(self._cluster.list_topics(timeout=10).brokers.values())).port
        self.port = 0
        self.connections = 0
        self.came = 0  # bytes that clients sent
        self.held_up = asyncio.Event()  # since `hold` somebody asked for something
        self._through = asyncio.Event()
        self._through.set()
        self._server: asyncio.Server | None = None
        self._at_work: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"{_HOST}:{self.port}"

    async def come_back(self) -> None:
        """Take connections, at the same port as before."""
        self._server = await asyncio.start_server(self._serve, _HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def go_away(self) -> None:
        """End all connections and take no more. What was written stays."""
        assert self._server is not None
        self._server.close()
        for work in self._at_work:
            work.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)

    def hold(self) -> None:
        """Answer nobody until `let_go`."""
        self.held_up.clear()
        self._through.clear()

    def let_go(self) -> None:
        self._through.set()

    async def read(self, topic: str, count: int) -> list[ConsumerRecord]:
        """All that is in a topic, by a client of another make, past the relay; the test fails if less than `count`."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=f"{_HOST}:{self._own}", enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            consumer.assign([TopicPartition(topic, partition) for partition in range(4)])
            found: list[ConsumerRecord] = []
            async with asyncio.timeout(10):
                ends = await consumer.end_offsets(consumer.assignment())
                while len(found) < max(count, sum(ends.values())):
                    for records in (await consumer.getmany(timeout_ms=100)).values():
                        found += records
            return found
        finally:
            await consumer.stop()

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        work = asyncio.create_task(self._relay(reader, writer))
        self._at_work.add(work)
        work.add_done_callback(self._at_work.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own_reader, own_writer = await asyncio.open_connection(_HOST, self._own)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._requests(reader, own_writer))
                both.create_task(self._answers(own_reader, writer))
        except* (OSError, EOFError):
            """One of the two went."""
        finally:
            own_writer.transport.abort()
            writer.transport.abort()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.came += len(data)
            if not self._through.is_set():
                self.held_up.set()
                await self._through.wait()
            writer.write(data)
        raise EOFError

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own, shown = (_HOST.encode() + port.to_bytes(4, "big") for port in (self._own, self.port))
        while True:
            size = await reader.readexactly(4)
            answer = await reader.readexactly(int.from_bytes(size, "big"))
            writer.write(size + answer.replace(own, shown))


class _Silence:
    def log(self, *_: object) -> None:
        """Nothing is to be said of a cluster that is a mock."""


@asynccontextmanager
async def brokers() -> AsyncIterator[Brokers]:
    """A cluster that takes connections."""
    made = await asyncio.to_thread(Brokers)
    await made.come_back()
    yield made
    await made.go_away()
