"""Fixtures: several nodes of one database in this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from ohmstead.app.nodes.membership import Membership
from ohmstead.app.nodes.message_bus import MessageBus
from ohmstead.app.system import System


@dataclass
class Made:
    """A node: its membership and its post; `alive` are the tasks that make it one."""

    members: Membership
    post: MessageBus
    alive: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def id(self) -> int:
        assert self.members.id is not None
        return self.members.id

    async def live(self) -> None:
        self.alive = [asyncio.create_task(self.members.run()), asyncio.create_task(self.post.run())]

    async def freeze(self) -> None:
        """Neither beat nor read, and let go of every lock, as a node does that is cut off."""
        for task in self.alive:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self.alive = []


Maker = Callable[..., Awaitable[Made]]


@pytest.fixture
async def made(system: System) -> AsyncIterator[Maker]:
    """`await made("name", role)`: joined and alive."""
    every: list[Made] = []

    async def make(name: str, role: str = "all") -> Made:
        members = Membership(system.database, name, role)
        one = Made(members, MessageBus(system.database, members))
        every.append(one)
        await members.join()
        await one.live()
        return one

    yield make
    for one in every:
        await one.freeze()
        await one.post.stop()
        await one.members.leave()
