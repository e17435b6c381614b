"""Transport: how a message reaches a subscriber, whatever it goes by."""

from typing import Protocol

from msgspec import Struct


class Message(Struct, frozen=True, kw_only=True):
    """An event on its way to one subscriber. `id` is the event's, the same at every attempt."""

    delivery_id: int
    id: str  # "msg_7"
    name: str
    entity: str  # "evse:7"
    body: bytes


class Outcome(Struct, frozen=True, kw_only=True):
    """How an attempt ended: without an `error` the subscriber has it. `gone`: it wants no more of them, ever (410)."""

    status: int | None = None  # of HTTP, where there was an answer
    error: str | None = None
    latency_ms: int = 0
    retry_after_s: float | None = None  # as the subscriber asks
    gone: bool = False


class Transport(Protocol):
    """To one subscriber. `at_once` messages, of as many entities, may be on their way at the same time."""

    at_once: int

    async def deliver(self, message: Message) -> Outcome:
        """Send it once; a failure is an outcome, nothing is raised."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
