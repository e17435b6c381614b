"""Requests that nobody would think of: schemathesis against our own document, on rows that are there.

Each operation is tried by itself on the same rows (`World`): what the one before did is undone. Half of all ids in paths
and bodies name such rows, the others are whatever fits the schema.
"""

import asyncio
import copy
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import schemathesis
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from ohmstead.kit.db import metadata
from ohmstead.kit.operations import Operation
from ohmstead.rooms.devices.stations import Command, Outcome, StationOffline
from tests.client import DOCUMENT
from tests.rooms.partner_walk import World

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "unsupported_method",
)  # fmt: skip
_PHASES = ("examples", "coverage", "fuzzing")
_SHOWN = 600  # characters of an answer in a report


@dataclass
class Found:
    """How one operation answered: how often each status, and what was wrong, each fault with its request once."""

    name: str
    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def requests(self) -> int:
        return self.statuses.total()

    @property
    def succeeded(self) -> int:
        return sum(count for status, count in self.statuses.items() if status < 300)

    def __str__(self) -> str:
        told = " ".join(f"{status}:{count}" for status, count in sorted(self.statuses.items()))
        lines = [f"{self.name}  {told}  {self.seconds:.1f} s"]
        for title, request in self.faults.items():
            lines += ["  FAULT " + line if not number else "    " + line
                      for number, line in enumerate((title + "\n" + request).splitlines())]  # fmt: skip
        return "\n".join(lines)


@dataclass
class Rows:
    """What is in the database now, to come back to."""

    dsn: str
    names: list[str]

    @classmethod
    async def kept(cls, dsn: str) -> "Rows":
        """Copy every row beside its table, and each sequence's place."""
        found = cls(dsn, [])
        async for connection in found._connected():
            await connection.execute("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
            for name in metadata.tables:
                if await connection.fetchval(f'SELECT EXISTS (SELECT FROM "{name}")'):
                    await connection.execute(f'CREATE TABLE kept."{name}" AS SELECT * FROM "{name}"')
                    found.names.append(name)
            await connection.execute(
                "CREATE TABLE kept.places AS SELECT format('%I.%I', schemaname, sequencename) AS name,"
                " coalesce(last_value, 1) AS place, last_value IS NOT NULL AS used FROM pg_sequences"
                " WHERE schemaname = 'public'"
            )
        return found

    async def back(self) -> None:
        """Take away what came since, and put back what changed or went."""
        async for connection in self._connected():
            async with connection.transaction():
                await connection.execute("SET LOCAL session_replication_role = replica")  # in no order
                for name in metadata.tables:
                    if name in self.names or await connection.fetchval(f'SELECT EXISTS (SELECT FROM "{name}")'):
                        await connection.execute(f'DELETE FROM "{name}"')
                for name in self.names:
                    await connection.execute(f'INSERT INTO "{name}" SELECT * FROM kept."{name}"')
                await connection.execute("SELECT setval(name::regclass, place, used) FROM kept.places")

    async def dropped(self) -> None:
        """Forget it all."""
        async for connection in self._connected():
            await connection.execute("DROP SCHEMA kept CASCADE")

    async def _connected(self) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(self.dsn)
        try:
            yield connection
        finally:
            await connection.close()


@dataclass
class Moody:
    """A station's answers in turn: it agrees, agrees, is not there, will not."""

    asked: int = 0

    async def answer(self, command: Command) -> Outcome:
        self.asked += 1
        if self.asked % 4 == 3:
            raise StationOffline
        return Outcome(status="Rejected" if self.asked % 4 == 0 else "Accepted", payload={}, list_version=1)


def furnished(world: World, operations: Iterable[Operation]) -> dict[str, Any]:
    """Our document, with the ids of rows that are there and with an example of each request."""
    document = copy.deepcopy(DOCUMENT)
    for operation in operations:
        described = document["paths"][operation.path][operation.method.lower()]
        names = world.names(operation)
        for parameter in described["parameters"]:
            if parameter["in"] == "path" and (key := names.get(parameter["name"])) is not None:
                parameter["example"] = key
                parameter["schema"] = _or(parameter["schema"], key)
        if (content := described.get("requestBody", {}).get("content", {}).get("application/json")) is not None:
            content["example"] = world.body(operation)
            _furnish(content["schema"], world)
    for schema in document["components"]["schemas"].values():
        _furnish(schema, world)
    return document


def _or(schema: dict[str, Any], key: Any) -> dict[str, Any]:
    return schema if "enum" in schema else {"anyOf": [{"enum": [key]}, schema]}


def _furnish(schema: Any, world: World) -> None:
    """Let every property that names a row name one that is there, too."""
    if isinstance(schema, list):
        for part in schema:
            _furnish(part, world)
    elif isinstance(schema, dict):
        for name, one in schema.get("properties", {}).items():
            if (key := world.key(name)) is not None and one.get("type") != "array":
                schema["properties"][name] = _or(one, key)
        for part in schema.values():
            _furnish(part, world)


class Fuzz:
    """Tries operations of a running API."""

    def __init__(self, document: dict[str, Any], base: str, token: str, seed: int, examples: int) -> None:
        off = {name: {"enabled": False} for name in ("probing",)} and {}
        config = {
            "seed": seed,
            "base-url": base,
            "headers": {"Authorization": f"Bearer {token}"},
            "continue-on-failure": True,
            "request-timeout": 60,
            "checks": {"enabled": False} | {name: {"enabled": True} for name in CHECKS},
            "phases": {"stateful": {"enabled": False}} | {name: {"enabled": True} for name in _PHASES} | off,
            "generation": {"max-examples": examples, "database": "none", "with-security-parameters": False},
        }
        self._schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(config))

    async def tried(self, operation: Operation, rows: Rows) -> Found:
        """One operation, on the rows as they were."""
        await rows.back()
        return await asyncio.to_thread(self._tried, operation)

    def _tried(self, operation: Operation) -> Found:
        found = Found(f"{operation.method} {operation.path}")
        schema = self._schema.include(method=operation.method, path=operation.path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for event in from_schema(schema).execute():
                if isinstance(event, events.ScenarioFinished):
                    _note(found, event.recorder)
                    found.seconds += event.elapsed_time
                elif isinstance(event, events.NonFatalError):
                    found.faults.setdefault(f"{event.phase}: {event.info.title}", str(event.value))
                elif isinstance(event, events.FatalError):
                    raise event.exception
        return found


def _note(found: Found, recorder: ScenarioRecorder) -> None:
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            found.statuses[interaction.response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.status is Status.FAILURE and check.failure_info is not None:
                failure, seen = check.failure_info.failure, recorder.interactions.get(case_id)
                answer = seen and seen.response and seen.response.content.decode(errors="replace")[:_SHOWN]
                title = f"{check.name}: {failure.title}: {failure.message[:_SHOWN]}"
                found.faults.setdefault(title, f"{check.failure_info.code_sample}\n{answer}")
