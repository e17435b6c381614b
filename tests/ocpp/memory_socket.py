"""A socket in memory: plays a list of frames, keeps what is sent, then closes."""

from ohmstead.ocpp.line import SocketClosed


class MemorySocket:
    """`script` is what the station says, in order; `said` what it hears."""

    def __init__(self, script: list[bytes]) -> None:
        self._script = list(reversed(script))
        self.said: list[bytes] = []

    async def send(self, frame: bytes) -> None:
        self.said.append(frame)

    async def recv(self) -> bytes:
        if not self._script:
            raise SocketClosed("the script is over")
        return self._script.pop()

    async def close(self, code: int, reason: str) -> None:
        self._script.clear()
