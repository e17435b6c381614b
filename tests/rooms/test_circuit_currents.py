"""The currents of circuits over time: a row a minute, shown in as many steps as a chart can use."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from ohmstead.app.system import System
from ohmstead.kit.db import metadata
from ohmstead.rooms.power.circuits.table import circuit_current
from ohmstead.rooms.power.management.figures import LineLoad
from ohmstead.rooms.power.management.stored_loads import keep_currents
from tests.client import Client
from tests.given import Given

HOUR = (datetime.now(UTC) - timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)


def path(circuit: dict[str, Any]) -> str:
    return f"/internal/circuits/v1.0/{circuit['id']}/currents"


def stamped(minute: float) -> str:
    return (HOUR + timedelta(minutes=minute)).isoformat()


def window(first: float, last: float, step: int | None = None) -> str:
    """Minutes after the hour."""
    text = f"from={stamped(first)}&to={stamped(last)}".replace("+", "%2B")
    return text if step is None else f"{text}&step={step}"


async def flows(
    system: System, id: int, minute: float, *lines: tuple[float | None, float | None], limit: float = 63.0
) -> int:
    """What load management tells at a moment: A managed and unmanaged on each line, None where nobody measured."""
    now = (HOUR + timedelta(minutes=minute)).timestamp()
    each = [*lines, *[(0.0, 0.0)] * (3 - len(lines))]
    rows = [
        LineLoad(id, line, managed or 0.0, now, managed is not None, other or 0.0, now, other is not None)
        for line, (managed, other) in enumerate(each, 1)
    ]
    async with system.database.begin() as tx:
        return await keep_currents(tx, rows, {id: limit}, now)


def points(answer: Any, phase: str = "L1") -> list[dict[str, Any]]:
    assert answer.status == 200, answer.body
    return next(line["points"] for line in answer.data["lines"] if line["phase"] == phase)


async def test_each_minute_is_a_point_where_so_many_fit(api: Client, given: Given, system: System) -> None:
    circuit = await given.circuit(maxCurrent=63)
    await flows(system, circuit["id"], 1.2, (10.0, 20.0), (1.0, 2.0), (0.0, 5.0))
    await flows(system, circuit["id"], 2.0, (12.0, 30.5), (None, 2.0), (None, None), limit=50.0)
    answer = await api.get(path(circuit), window(0, 60))
    assert answer.data | {"lines": []} == {
        "startedAt": stamped(0), "endedAt": stamped(60), "step": 60, "lines": [],
    }  # fmt: skip
    assert points(answer) == [
        {"at": stamped(1), "limit": 63, "managed": 10, "unmanaged": 20, "peak": 30},
        {"at": stamped(2), "limit": 50, "managed": 12, "unmanaged": 30.5, "peak": 42.5},
    ]
    assert points(answer, "L2")[1] == {"at": stamped(2), "limit": 50, "managed": None, "unmanaged": 2, "peak": 2}
    assert points(answer, "L3")[1] == {"at": stamped(2), "limit": 50, "managed": None, "unmanaged": None, "peak": None}


async def test_a_minute_is_written_once_and_of_circuits_that_are_there(
    api: Client, given: Given, system: System
) -> None:
    circuit = await given.circuit()
    assert await flows(system, circuit["id"], 5.0, (10.0, 0.0)) == 1
    assert await flows(system, circuit["id"], 5.9, (99.0, 0.0)) == 0
    assert await flows(system, 999_999, 5.0, (10.0, 0.0)) == 0
    assert [one["managed"] for one in points(await api.get(path(circuit), window(0, 60)))] == [10]
    assert (await api.delete(f"/resources/circuits/v2.0/{circuit['id']}")).status == 204
    async with system.database.read() as tx:
        assert await tx.value(select(func.count()).select_from(circuit_current)) == 0


async def test_a_step_shows_means_the_lowest_limit_and_the_peak_of_one_minute(
    api: Client, given: Given, system: System
) -> None:
    circuit = await given.circuit()
    for minute, managed, other, limit in ((10, 10.0, 0.0, 63.0), (11, 0.0, 20.0, 40.0), (15, 7.0, None, 63.0)):
        await flows(system, circuit["id"], minute, (managed, other), limit=limit)
    assert points(await api.get(path(circuit), window(0, 60, step=300))) == [
        {"at": stamped(10), "limit": 40, "managed": 5, "unmanaged": 10, "peak": 20},
        {"at": stamped(15), "limit": 63, "managed": 7, "unmanaged": None, "peak": 7},
    ]


async def test_a_circuit_shows_the_lines_it_has(api: Client, given: Given, system: System) -> None:
    circuit = await given.circuit(phases="single_phase", maxVoltage="230")
    answer = await api.get(path(circuit))
    assert [line["phase"] for line in answer.data["lines"]] == ["L1"]
    assert answer.data["lines"][0]["points"] == []
    assert answer.data["step"] == 300  # of a day


@pytest.mark.parametrize(("days", "step"), [(0.04, 60), (1, 300), (7, 3600), (30, 10_800), (400, 86_400)])
async def test_the_step_follows_the_window(api: Client, given: Given, days: float, step: int) -> None:
    circuit = await given.circuit()
    start = (datetime.now(UTC) - timedelta(days=days)).isoformat().replace("+", "%2B")
    assert (await api.get(path(circuit), f"from={start}")).data["step"] == step


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("from=2999-01-01", "from"),
        ("from=2026-01-02&to=2026-01-01", "from"),
        ("step=5", "step"),
        ("step=many", "step"),
        ("from=2025-01-01&to=2025-03-01&step=60", "step"),
    ],
)
async def test_what_makes_no_window_is_refused(api: Client, given: Given, query: str, field: str) -> None:
    answer = await api.get(path(await given.circuit()), query)
    assert (answer.status, list(answer.body["errors"])) == (422, [field])


async def test_who_may_see_it(api: Client, given: Given) -> None:
    circuit = await given.circuit()
    assert (await api.get(path({"id": 999_999}))).status == 404
    partner, other = await given.client("*", partner_id=71), await given.client("sessions.read")
    assert [(await one.get(path(circuit))).status for one in (partner, other)] == [403, 403]


def test_it_is_kept_by_the_month() -> None:
    assert metadata.tables["circuit_current"].info == {"by": "at", "keep": timedelta(days=400)}
