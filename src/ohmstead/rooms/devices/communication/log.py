"""The communication log: every frame to and from a charge point, kept three months for whoever has to find a fault."""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import structlog
from sqlalchemy import ARRAY, BigInteger, Column, Double, Index, Text

from ohmstead.kit.db import Database, DatabaseUnavailable, timestamp
from ohmstead.store.partitions import partitioned

log = structlog.get_logger("ohmstead.communication")

communication_log = partitioned(
    "communication_log",
    timestamp("at", nullable=False),
    Column("charge_point_id", BigInteger, nullable=False),
    Column("direction", Text, nullable=False),  # in: from the charge point
    Column("action", Text),
    Column("message_id", Text),
    Column("latency_ms", Double),  # of an answer in a row of its own, since the call
    Column("deviations", ARRAY(Text)),  # where the frame was not as OCPP wants it
    Column("raw", Text, nullable=False),
    timestamp("answered_at"),
    Column("answer", Text),  # ours to a call, where it went out before the call was written
    Index(None, "charge_point_id", "at"),
    Index(None, "charge_point_id", "answered_at"),
    Index(None, "at"),
    Index(None, "answered_at"),
    by="at",
    keep=timedelta(days=90),
)

Entry = list[Any]
"""A row to be: the columns in their order, the texts still bytes. One that was written is empty."""

EVERY_S = 0.25
BATCH = 500  # rows in one COPY
MOST = 50_000  # rows that wait while the database is away; further frames are not logged
_PATIENCE_S = (0.5, 1.0, 2.0, 4.0)  # the pauses before a batch is tried again, and then given up
_HARMLESS = frozenset({"Heartbeat", "MeterValues", "StatusNotification", "TransactionEvent"})  # carry no password
_FLAT_OBJECT = re.compile(r'\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}')
_VALUE, _STARS = re.compile(r'("(?:value|attributeValue)"\s*:\s*")(?:[^"\\]|\\.)*'), r"\1***"
_COLUMNS = list(communication_log.c.keys())
_ANSWERED_AT, _ANSWER = _COLUMNS.index("answered_at"), _COLUMNS.index("answer")
_DEVIATIONS = _COLUMNS.index("deviations")
_KIND = itemgetter(_COLUMNS.index("direction"), _COLUMNS.index("action"))
_ANSWERED = itemgetter(_COLUMNS.index("action"), _ANSWER)


def _uncounted(direction: str, action: str | None, frames: int) -> None:
    return None


class CommunicationLog:
    """Gathers frames, and writes them together when they have waited for a quarter of a second: nearly every call has
    its answer by then, and both are one row. It never makes the gateway wait: what cannot be written is given up, and
    said so."""

    def __init__(self, database: Database, count: Callable[[str, str | None, int], None] = _uncounted) -> None:
        """`count` is told how many frames there were by direction and action, a batch at a time."""
        self._database, self._count = database, count
        self._waiting: deque[Entry] = deque()
        self._taken: list[tuple[Any, ...]] = []  # rows under way; who is canceled leaves them to the next
        self._turn = asyncio.Lock()
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
        call: Entry | None = None,
    ) -> Entry | None:
        """Take one frame; `latency_s` is since the call it answers, `call` what this call's frame returned."""
        if call:
            call[_ANSWERED_AT], call[_ANSWER] = at, raw
            if deviations:
                call[_DEVIATIONS] = (*(call[_DEVIATIONS] or ()), *deviations)
            return None
        if len(self._waiting) >= MOST:
            self.lost += 1
            return None
        latency_ms = None if latency_s is None else latency_s * 1000
        entry = [at, charge_point_id, direction, action, message_id, latency_ms, deviations or None, raw, None, None]
        self._waiting.append(entry)
        return entry

    async def run(self) -> None:
        """Write for ever what has waited long enough."""
        ripe = 0
        while True:
            await asyncio.sleep(EVERY_S)
            ripe, done = len(self._waiting), ripe
            await self.flush(done)
            ripe -= done

    async def flush(self, most: int = MOST, pauses: Sequence[float] = _PATIENCE_S) -> None:
        """Write the oldest that wait by now; a batch that cannot be written, with `pauses` (s) between attempts, is
        given up."""
        async with self._turn:
            waiting = min(most, len(self._waiting))
            while self._taken or waiting:
                if not self._taken:
                    waiting -= self._take(min(BATCH, waiting))
                error = await self._written(self._taken, pauses)
                if error is not None:
                    await self._give_up(error)
                self._taken = []

    async def _give_up(self, error: Exception) -> None:
        """What cannot be stored of one row takes no other with it: each has a last attempt by itself."""
        alone = not isinstance(error, DatabaseUnavailable | OSError) and len(self._taken) > 1
        lost = [row for row in self._taken if not alone or await self._copied([row]) is not None]
        self.lost += len(lost)
        log.error("frames lost", frames=len(lost), in_all=self.lost)

    def _take(self, entries: int) -> int:
        """Make rows of the oldest: from now on answers to them have rows of their own."""
        batch = [self._waiting.popleft() for _ in range(entries)]
        self._tell(batch)
        self._taken = [_row(*entry) for entry in batch]
        for entry in batch:
            entry.clear()
        return entries

    def _tell(self, batch: list[Entry]) -> None:
        for (direction, action), frames in Counter(map(_KIND, batch)).items():
            self._count(direction, action, frames)
        for action, frames in Counter([action for action, answer in map(_ANSWERED, batch) if answer]).items():
            self._count("out", action, frames)

    async def close(self) -> None:
        """Write what waits, in one attempt; `run` has ended."""
        await self.flush(pauses=())

    async def _written(self, batch: list[tuple[Any, ...]], pauses: Sequence[float]) -> Exception | None:
        """Why it could not be."""
        for pause in pauses:
            if await self._copied(batch) is None:
                return None
            await asyncio.sleep(pause)
        return await self._copied(batch)

    async def _copied(self, batch: list[tuple[Any, ...]]) -> Exception | None:
        try:
            async with self._database.begin() as tx:
                await tx.copy(communication_log.name, _COLUMNS, batch)
        except Exception as error:  # whatever it is, charge points are served on
            log.warning("frames not written", why=repr(error))
            return error
        return None


def _row(
    at: datetime,
    charge_point_id: int,
    direction: str,
    action: str | None,
    message_id: str | None,
    latency_ms: float | None,
    deviations: tuple[str, ...] | None,
    raw: bytes,
    answered_at: datetime | None,
    answer: bytes | None,
) -> tuple[Any, ...]:
    """A frame as it is stored: passwords masked, and without what PostgreSQL has no place for."""
    text, answered = raw.decode(errors="replace"), None if answer is None else answer.decode(errors="replace")
    if action not in _HARMLESS:
        text = _masked(text)
    if b"\0" in raw or b"\\" in raw:  # nearly no frame escapes anything
        action, message_id, text, answered = _clean(action), _clean(message_id), _clean(text), _clean(answered)
        deviations = deviations and tuple(map(_clean, deviations))
    return at, charge_point_id, direction, action, message_id, latency_ms, deviations, text, answered_at, answered


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
