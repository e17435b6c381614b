"""The communication log: every frame to and from a charge point, kept three months for whoever has to find a fault."""

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import ARRAY, BigInteger, Column, Double, Index, Text

from ohmstead.kit.db import Database, moment
from ohmstead.store.partitions import partitioned

log = structlog.get_logger("ohmstead.communication")

communication_log = partitioned(
    "communication_log",
    moment("at", nullable=False),
    Column("charge_point_id", BigInteger, nullable=False),
    Column("direction", Text, nullable=False),  # in: from the charge point
    Column("action", Text),
    Column("message_id", Text),
    Column("latency_ms", Double),  # from the call to this answer
    Column("deviations", ARRAY(Text)),  # where the frame was not as OCPP wants it
    Column("raw", Text, nullable=False),
    Index(None, "charge_point_id", "at"),
    Index(None, "at"),
    by="at",
    keep=timedelta(days=90),
)

EVERY_S = 0.5
BATCH = 500  # frames in one COPY
MOST = 50_000  # frames that wait while the database is away; further ones are not logged
_PATIENCE_S = (0.5, 1.0, 2.0, 4.0)  # the pauses before a batch is tried again, and then given up
_HARMLESS = frozenset({"Heartbeat", "MeterValues", "StatusNotification", "TransactionEvent"})  # carry no password
_FLAT_OBJECT = re.compile(r'\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}')
_VALUE, _STARS = re.compile(r'("(?:value|attributeValue)"\s*:\s*")(?:[^"\\]|\\.)*'), r"\1***"
_COLUMNS = list(communication_log.c.keys())


class CommunicationLog:
    """Gathers frames and writes them together, twice a second or when 500 wait. It never makes the gateway wait: what
    cannot be written is given up, and said so."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._frames: deque[tuple[Any, ...]] = deque()
        self._full = asyncio.Event()
        self._turn = asyncio.Lock()  # two that write at once would write the same frames
        self.lost = 0  # frames, since the start

    def frame(
        self,
        charge_point_id: int,
        at: datetime,
        direction: str,
        raw: bytes,
        action: str | None,
        message_id: str | None,
        latency_s: float | None,
        deviations: tuple[str, ...],
    ) -> None:
        """Take one frame; `latency_s` is since the call it answers."""
        if len(self._frames) >= MOST:
            self.lost += 1
            return
        self._frames.append((charge_point_id, at, direction, raw, action, message_id, latency_s, deviations))
        if len(self._frames) >= BATCH:
            self._full.set()

    async def run(self) -> None:
        """Write for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):  # `wait_for` of Python 3.11 can swallow a cancellation
                    await self._full.wait()
            self._full.clear()
            await self.flush()

    async def flush(self, pauses: Sequence[float] = _PATIENCE_S) -> None:
        """Write what waits by now; a batch that cannot be written, with `pauses` (s) between attempts, is given up."""
        async with self._turn:
            waiting = len(self._frames)
            while waiting:
                batch = list(islice(self._frames, min(BATCH, waiting)))
                if not await self._written([_row(*frame) for frame in batch], pauses):
                    self.lost += len(batch)
                    log.error("frames lost", frames=len(batch), in_all=self.lost)
                for _ in batch:
                    self._frames.popleft()
                waiting -= len(batch)

    async def close(self) -> None:
        """Write what waits, in one attempt; `run` has ended."""
        await self.flush(())

    async def _written(self, batch: list[tuple[Any, ...]], pauses: Sequence[float]) -> bool:
        for pause in pauses:
            if await self._copied(batch):
                return True
            await asyncio.sleep(pause)
        return await self._copied(batch)

    async def _copied(self, batch: list[tuple[Any, ...]]) -> bool:
        try:
            async with self._database.begin() as tx:
                await tx.copy(communication_log.name, _COLUMNS, batch)
        except Exception as error:  # whatever it is, charge points are served on
            log.warning("frames not written", why=repr(error))
            return False
        return True


def _row(
    charge_point_id: int,
    at: datetime,
    direction: str,
    raw: bytes,
    action: str | None,
    message_id: str | None,
    latency_s: float | None,
    deviations: tuple[str, ...],
) -> tuple[Any, ...]:
    """A frame as it is stored: passwords masked, and without what PostgreSQL has no place for."""
    latency_ms = None if latency_s is None else latency_s * 1000
    odd, text = list(deviations) or None, raw.decode(errors="replace")
    if action not in _HARMLESS:
        text = _masked(text)
    if b"\0" in raw or b"\\" in raw:  # nearly no frame escapes anything
        action, message_id, text = _clean(action), _clean(message_id), _clean(text)
        odd = odd and [_clean(one) for one in odd]
    return at, charge_point_id, direction, action, message_id, latency_ms, odd, text


def _masked(frame: str) -> str:
    """The frame without a station's password: 1.6 writes it in an object of its own, 2.x beside other values."""
    if "AuthorizationKey" in frame:
        frame = _FLAT_OBJECT.sub(_without_key, frame)
    return _VALUE.sub(_STARS, frame) if "BasicAuthPassword" in frame else frame


def _without_key(found: re.Match[str]) -> str:
    return _VALUE.sub(_STARS, found[0]) if '"AuthorizationKey"' in found[0] else found[0]


def _clean(text: str | None) -> Any:
    """The text without what PostgreSQL has no place for."""
    return text.replace("\0", "") if text else text
