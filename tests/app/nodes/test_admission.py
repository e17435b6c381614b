"""Starts at trees of other nodes: their owner says whether there is room, and every start waits for its limit."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.db import Row
from ohmstead.rooms.charging.control.checks import place
from ohmstead.rooms.devices.stations import ChargingProfile
from ohmstead.rooms.power.management.ownership import Trees
from ohmstead.rooms.power.management.start_admission import admission, the_circuit_has_room, waits_for_its_limit
from tests.app.nodes.conftest import Made, Maker
from tests.app.nodes.test_bridge import connects
from tests.given import Given

Asked = list[tuple[int, int, int]]


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    """What this node asks of others, all of whom have no room."""
    found: Asked = []

    async def refuse(*what: int) -> bool:
        found.append(what)  # type: ignore[arg-type]
        return False

    admission.open_afar(refuse)
    yield found
    admission.open_afar(None)


@pytest.fixture
async def managed(given: Given) -> dict[str, Any]:
    """A charge point below a child circuit, seen before, with one EVSE; and `root`, the tree's."""
    root = await given.circuit(maxCurrent=32)
    child = await given.circuit(maxCurrent=16, parentCircuitId=root["id"], phaseRotation="RST")
    point = await given.charge_point()
    outlet = await given.evse(point)
    smart = {"mode": "dynamic", "defaultChargePointMaxCurrent": 32, "maxVoltage": "400", "phases": "three_phase",
             "electricalConfiguration": "star", "phaseRotation": "RST"}  # fmt: skip
    await given.made(f"/resources/charge-points/v2.0/{point['id']}/smart-charging", smart)
    path = f"/actions/circuit/v2.0/{child['id']}/attach-charge-point"
    assert (await given.api.post(path, {"chargePointId": point["id"]})).status == 202
    return {"root": int(root["id"]), "point": point["id"], "evse": int(outlet["id"])}


async def verdict(system: System, evse: int) -> tuple[bool, ChargingProfile | None]:
    """Whether it may start, and with what limit."""
    async with system.database.begin() as tx:
        there: Row | None = await place(tx, evse)
        assert there is not None
        return await the_circuit_has_room(tx, there, None, None) is None, await waits_for_its_limit(tx, there)


async def owned(system: System, one: Made, root: int) -> None:
    assert await Trees(system.database, one.members).ours({root}) == {root}


async def test_the_owner_is_asked_and_the_start_waits(
    system: System, made: Maker, managed: dict[str, Any], asked: Asked
) -> None:
    owner = await made("owner", "worker")
    await connects(system, managed["point"], owner)
    await owned(system, owner, managed["root"])
    may, profile = await verdict(system, managed["evse"])
    assert not may
    assert asked == [(owner.id, managed["point"], managed["evse"])]
    assert profile is not None
    assert [period.limit for period in profile.periods] == [0.0]


async def test_without_an_owner_the_start_still_waits(
    system: System, made: Maker, managed: dict[str, Any], asked: Asked
) -> None:
    await connects(system, managed["point"], await made("gate", "gateway"))
    may, profile = await verdict(system, managed["evse"])
    assert (may, asked) == (True, [])
    assert profile is not None


async def test_what_hangs_on_no_circuit_is_nobodys_matter(system: System, given: Given, asked: Asked) -> None:
    outlet = await given.evse(await given.charge_point())
    assert await verdict(system, int(outlet["id"])) == (True, None)
    assert asked == []
