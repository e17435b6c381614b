"""Requests that nobody would think of: schemathesis against our own document, on rows that are there.

Each operation is tried by itself on the same rows (`FuzzWorld`): what the one before did is undone. Half of all ids in
paths and bodies name such rows, the others are whatever fits the schema.
"""

import asyncio
import copy
import warnings
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import schemathesis
from schemathesis import GenerationMode
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from ohmstead.app.rooms import OPERATIONS
from ohmstead.kit.db import metadata
from ohmstead.kit.operations import Operation
from ohmstead.rooms.devices.stations import stations
from ohmstead.rooms.power.management.explanation.ask import explanations
from tests.client import DOCUMENT
from tests.fuzz_world import FuzzWorld, Moody
from tests.given import Given
from tests.rooms.odd_sites import OddSite, Station, Steers

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "unsupported_method",
)  # fmt: skip
PHASES = ("examples", "coverage", "fuzzing")
_SHOWN = 600  # characters of an answer in a report


@dataclass
class Found:
    """How one operation answered: how often each status, and what was wrong, each fault with its request once."""

    name: str
    statuses: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)  # the texts of 4xx, where a request was as documented
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
        if not self.succeeded:
            lines += [f"  never succeeded: {text} ({count})" for text, count in self.refusals.most_common(3)]
        for title, request in self.faults.items():
            lines += ["  FAULT " + line if not number else "    " + line
                      for number, line in enumerate((title + "\n" + request).splitlines())]  # fmt: skip
        return "\n".join(lines)


@dataclass
class Report:
    """What was found of all that was tried."""

    found: list[Found] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return sum(len(one.faults) for one in self.found)

    @property
    def unreached(self) -> list[str]:
        return [one.name for one in self.found if not one.succeeded]

    @property
    def share(self) -> float:
        """Of requests that succeeded among those that the server read: what no route or type of body fits is none."""
        read = sum(one.requests - one.statuses[405] - one.statuses[415] for one in self.found)
        return sum(one.succeeded for one in self.found) / max(1, read)

    def __str__(self) -> str:
        statuses: Counter[int] = sum((one.statuses for one in self.found), Counter())
        total = max(1, statuses.total())
        lines = [
            f"{len(self.found)} operations, {total} requests, of which {self.share:.0%} succeeded",
            "answers: " + ", ".join(f"{status} {count / total:.1%}" for status, count in sorted(statuses.items())),
        ]
        lines += [f"never succeeded: {name}" for name in self.unreached]
        return "\n".join([*lines, f"faults: {self.faults}"])


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


def furnished(document: dict[str, Any], world: FuzzWorld) -> dict[str, Any]:
    """A document with the ids of rows that are there, and with an example of each request."""
    document = copy.deepcopy(document)
    for operation in OPERATIONS:
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


def _furnish(schema: Any, world: FuzzWorld) -> None:
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
    """Tries operations of a running system: `async with Fuzz(given, seed, examples) as fuzz`.

    `examples` is how many random requests of each operation there are, beside those that follow from its document.
    """

    def __init__(self, given: Given, seed: int, examples: int, document: dict[str, Any] = DOCUMENT) -> None:
        self._given, self._seed, self._examples, self._document = given, seed, examples, document

    async def __aenter__(self) -> "Fuzz":
        moody = Moody(self._seed)
        self._back, moody.agrees = stations.provide(moody), True
        explanations.open(Steers(OddSite(63, [Station(), Station()]).site))
        world = await FuzzWorld(self._given).make()
        moody.agrees = False
        self._rows = await Rows.kept(self._given.system.dsn)
        config = schemathesis.Config.from_dict(self._config())
        self._schema = schemathesis.openapi.from_dict(furnished(self._document, world), config=config)
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._back()
        explanations.open(None)
        await self._rows.dropped()

    def _config(self) -> dict[str, Any]:
        return {
            "seed": self._seed,
            "cache": {"enabled": False},
            "base-url": self._given.api.base,
            "headers": {"Authorization": f"Bearer {self._given.api.token}"},
            "continue-on-failure": True,
            "request-timeout": 60,
            "checks": {"enabled": False} | {name: {"enabled": True} for name in CHECKS},
            "phases": {"stateful": {"enabled": False}} | {name: {"enabled": True} for name in PHASES},
            "generation": {
                "max-examples": self._examples,
                "database": "none",
                "with-security-parameters": False,
            },
        }

    async def tried(self, operation: Operation) -> Found:
        """One operation, on the rows as they were."""
        await self._rows.back()
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
    for case_id, interaction in recorder.interactions.items():
        if (response := interaction.response) is not None:
            found.statuses[response.status_code] += 1
            meta = recorder.cases[case_id].value.meta
            if response.status_code >= 400 and (meta is None or meta.generation.mode is GenerationMode.POSITIVE):
                found.refusals[response.content.decode(errors="replace")[:_SHOWN]] += 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.status is Status.FAILURE and check.failure_info is not None:
                failure, seen = check.failure_info.failure, recorder.interactions.get(case_id)
                answer = seen and seen.response and seen.response.content.decode(errors="replace")[:_SHOWN]
                title = f"{check.name}: {failure.title}: {failure.message[:_SHOWN]}"
                found.faults.setdefault(title, f"{check.failure_info.code_sample}\n{answer}")
