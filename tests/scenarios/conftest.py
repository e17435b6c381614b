"""Fixtures of the scenarios: folders for whole servers, and how to reach the `server` of a module."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest

from ohmstead.app.following import followed
from ohmstead.app.system import System
from tests.client import Client
from tests.given import Given
from tests.live import Live
from tests.prepared import emptied
from tests.scenarios.server import Server


@pytest.fixture
def folder() -> Iterator[Path]:
    with emptied() as made:
        yield made


@pytest.fixture
async def far(server: Server) -> AsyncIterator[Live]:
    """The server and stations that follow its clock; its inside is out of reach."""
    async with AsyncExitStack() as stack:
        api = Client(server.api_url, server.token)
        stack.push_async_callback(api.close)
        inside = cast(System, None)
        clock = await asyncio.to_thread(followed, server.api_url)
        yield Live(inside, api, Given(inside, api), server.ocpp_url, clock, stack)
