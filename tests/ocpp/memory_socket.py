"""A socket in memory: plays a list of frames, keeps what is sent, then closes."""

import asyncio
from collections.abc import Callable


class MemorySocket:
    """`script` is what the station says, in order; `said` what it hears."""

    def __init__(self, script: list[bytes]) -> None:
        self._script = list(reversed(script))
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.said: list[bytes] = []

    async def listen(self, take: Callable[[bytes], None]) -> str:
        while self._script:
            take(self._script.pop())
            await self._flowing.wait()
        return "the script is over"

    def hold(self) -> None:
        self._flowing.clear()

    def go_on(self) -> None:
        self._flowing.set()

    def write(self, frame: bytes) -> bool:
        self.said.append(frame)
        return True

    async def send(self, frame: bytes) -> None:
        self.write(frame)

    def ping_every(self, interval_s: float | None) -> None:
        """There is no line that could die."""
        self.pings_s = interval_s

    async def close(self, code: int, reason: str) -> None:
        self._script.clear()
