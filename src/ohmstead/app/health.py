"""What every node answers on the API's port: whether it lives, whether it can serve, and its figures."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import falcon
import msgspec
import structlog
from sqlalchemy import func, select

from ohmstead.app.metrics import CONTENT_TYPE, Metrics
from ohmstead.kit.clock import Clock, SetClock
from ohmstead.kit.db import Database, DatabaseUnavailable
from ohmstead.kit.facts import outbox
from ohmstead.kit.faults import Seldom
from ohmstead.kit.operations import JSON
from ohmstead.rooms.notices.backlog import Backlog, backlog
from ohmstead.store.readiness import AtMostOne, can_store

log = structlog.get_logger("ohmstead")


class Live:
    """Whether the process answers at all."""

    async def on_get(self, req: Any, resp: Any) -> None:
        resp.data, resp.content_type = b'{"status":"live"}', JSON


class Ready:
    """Whether the process can serve: its database answers, and has room. Why not is told in full in the log, for who
    asks here needs no token."""

    def __init__(self, database: Database, connected: Callable[[], int], clock: Clock) -> None:
        self._connected, self._clock, self._seldom = connected, clock, Seldom()
        self._storing = AtMostOne(lambda: can_store(database))

    async def on_get(self, req: Any, resp: Any) -> None:
        try:
            await self._storing.answer()
            answer: dict[str, Any] = {"status": "ready", "chargePoints": self._connected()}
        except Exception as error:
            if self._seldom.passes(repr(error)):
                log.warning("not ready", why=repr(error))
            resp.status = falcon.HTTP_503
            resp.set_header("Retry-After", "2")
            answer = {"status": "not ready", "database": _in_short(error)}
        if isinstance(clock := self._clock, SetClock):
            answer["clock"] = {"now": clock.now(), "speed": clock.speed}
        resp.data, resp.content_type = msgspec.json.encode(answer), JSON


def _in_short(error: BaseException) -> str:
    """What kept the database from answering, in the words of its driver: `DiskFullError`, `ConnectionRefusedError`;
    DatabaseUnavailable itself where it was nothing but late or read-only, in ours."""
    cause = error.__cause__
    return str(error) if cause is None and isinstance(error, DatabaseUnavailable) else type(cause or error).__name__


class MetricsPage:
    """The figures, for Prometheus."""

    def __init__(self, database: Database, metrics: Metrics, connected: Callable[[], int]) -> None:
        self._database, self._metrics, self._connected = database, metrics, connected
        self._waiting = AtMostOne(self._count)

    async def on_get(self, req: Any, resp: Any) -> None:
        self._metrics.stations.set(self._connected())
        with suppress(DatabaseUnavailable):  # while the database is away the other figures matter all the more
            facts, deliveries = await self._waiting.answer()
            self._metrics.outbox.set(facts)
            self._metrics.notices.waiting(deliveries)
        resp.data, resp.content_type = self._metrics.page(), CONTENT_TYPE

    async def _count(self) -> tuple[int, Mapping[str, Backlog]]:
        async with self._database.read() as tx:
            return await tx.value(select(func.count()).select_from(outbox)), await backlog(tx)


def add_health(app: Any, database: Database, metrics: Metrics, connected: Callable[[], int], clock: Clock) -> None:
    """Route it; `connected` is how many charge points hold a socket here."""
    ready = Ready(database, connected, clock)
    app.add_route("/health/live", Live())
    app.add_route("/health/ready", ready)
    app.add_route("/health", ready)
    app.add_route("/metrics", MetricsPage(database, metrics, connected))
