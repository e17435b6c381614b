"""The product in this process with a database of its own, which it guards; its API and its stations."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from ohmstead.app.node import Node
from ohmstead.app.settings import Settings
from ohmstead.kit.clock import Clock
from tests.client import Client
from tests.given import Given
from tests.live import Live


@asynccontextmanager
async def guarded(folder: Path, clock: Clock) -> AsyncIterator[Node]:
    """A whole node over a data folder."""
    settings = Settings(data_dir=folder, port=0, ocpp_port=0, rate_limit_per_minute=10**6, rate_limit_per_day=10**9)
    running = await Node.start(settings, lambda text: None, clock)
    yield running
    await running.stop()


@asynccontextmanager
async def beside(node: Node) -> AsyncIterator[Live]:
    """Its API, and charge points at it."""
    async with AsyncExitStack() as stack:
        api = Client(node.api_url, node.first_token)
        stack.push_async_callback(api.close)
        yield Live(node.system, api, Given(node.system, api), node.ocpp_url, node.system.clock, stack)
