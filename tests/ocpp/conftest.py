"""A gateway on a loopback port with rooms in memory and a clock that only the test moves."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.ocpp.connection_identity import Admitted, Refused, Tls
from ohmstead.ocpp.gateway import Gateway
from ohmstead.ocpp.listener import Listener, ListenerSettings
from ohmstead.ocpp.registry import Registry
from ohmstead.ocpp.v16.version import OCPP_1_6
from ohmstead.ocpp.v201.version import OCPP_2_0_1
from ohmstead.rooms.network.charge_points.passwords import hashed, matches
from tests.ocpp.recording_rooms import Record, RecordingRooms
from tests.ocpp.scripted_station import ScriptedStation, dial

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class House:
    """Everything between the rooms and the sockets; `known` are the identities admitted, `keys` their passwords."""

    def __init__(self) -> None:
        self._happened = asyncio.Event()
        self.rooms = RecordingRooms(self._happened)
        self.clock = ManualClock(NOW)
        self.registry = Registry(self.rooms, self.clock)
        self.gateway = Gateway(self.registry)
        self.known = {"CP1": Admitted(charge_point_id=1), "CP2": Admitted(charge_point_id=2)}
        self.keys: dict[str, bytes] = {}
        self.offers: list[Sequence[str]] = []
        self.frames: Any = Record(self._happened)
        self.refused: Any = Record(self._happened)
        self.listener = self._listener()
        self.port = 0
        self._stations = AsyncExitStack()

    def url(self, path: str = "/CP1") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    async def station(self, path: str = "/CP1", key: bytes | None = None, **options: Any) -> ScriptedStation:
        """Connect; with a key it authenticates as the last segment of the path."""
        if key is not None:
            token = base64.b64encode(path.rpartition("/")[2].encode() + b":" + key).decode()
            options["additional_headers"] = {"Authorization": f"Basic {token}"}
        return ScriptedStation(await self._stations.enter_async_context(dial(self.url(path), **options)))

    async def later_station(self, path: str = "/CP1") -> ScriptedStation:
        """One that speaks 2.0.1."""
        return await self.station(path, subprotocols=["ocpp2.0.1"])

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until facts or frames have made it true."""
        async with asyncio.timeout(5):
            while not true():
                self._happened.clear()
                await self._happened.wait()

    def deviations(self) -> list[str]:
        return [deviation for frame in self.frames for deviation in frame[-1]]

    async def start(self, **settings: Any) -> None:
        self.listener = self._listener(**settings)
        self.port = await self.listener.start()

    async def stop(self) -> None:
        await self._stations.aclose()
        await self.listener.stop()

    def _listener(self, **settings: Any) -> Listener:
        wanted = ListenerSettings(host="127.0.0.1", port=0, close_timeout_s=1, **settings)
        return Listener(
            wanted, [OCPP_2_0_1, OCPP_1_6], self.registry, self.rooms, self.clock, self._admit, self._log,
            lambda *refused: self.refused.append(refused),
        )  # fmt: skip

    async def _admit(
        self, identity: str, password: bytes | None, offered: Sequence[str], ip: str, tls: Tls | None
    ) -> Admitted | Refused:
        self.offers.append(offered)
        if identity not in self.known:
            return Refused(404, "unknown charge point")
        key = self.keys.get(identity)
        if key is not None and not matches(password or b"", hashed(key)):
            return Refused(401, "wrong password")
        return self.known[identity]

    def _log(self, *frame: Any) -> None:
        self.frames.append(frame[:8])


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    await house.start()
    yield house
    await house.stop()
