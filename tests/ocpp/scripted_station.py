"""A station that does exactly what a test tells it, right or wrong, over a bare WebSocket."""

import asyncio
import itertools
import json
from collections import deque
from typing import Any

from websockets.asyncio.client import ClientConnection, connect


class ScriptedStation:
    """One open connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._ids = itertools.count(1)
        self._calls = deque[list]()  # heard while an answer was waited for

    async def say(self, frame: Any) -> None:
        await self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def hear(self) -> list:
        """The next frame."""
        return self._calls.popleft() if self._calls else await self._received()

    async def _received(self) -> list:
        async with asyncio.timeout(5):
            return json.loads(await self.socket.recv())

    async def call(self, action: str, payload: Any) -> list:
        """The whole answering frame."""
        message_id = f"s{next(self._ids)}"
        await self.say([2, message_id, action, payload])
        while (answer := await self._received())[0] == 2:  # the server may ask at any time
            self._calls.append(answer)
        assert answer[1] == message_id
        return answer

    async def ask(self, action: str, payload: Any) -> dict:
        """The payload of the answer, which must be a result."""
        answer = await self.call(action, payload)
        assert answer[0] == 3, answer
        return answer[2]

    async def obey(self, payload: dict) -> list:
        """Answer the next call with this payload; the call."""
        call = await self.hear()
        await self.say([3, call[1], payload])
        return call


def dial(url: str, **options: Any) -> connect:
    """A handshake as a 1.6 station makes it, unless the options say otherwise."""
    return connect(url, **{"subprotocols": ["ocpp1.6"], "proxy": None, "max_size": None, **options})
