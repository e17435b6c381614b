"""Explanations by the API: who may see them, and what is said where nobody steers."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.power.circuits.table import circuit
from ohmstead.rooms.power.management.explanation.ask import Kind, explanations
from tests.client import Client
from tests.given import Given
from tests.rooms.odd_sites import OddSite, Station, Steers

SMART = {"mode": "dynamic", "defaultChargePointMaxCurrent": 32, "maxVoltage": "400", "phases": "three_phase",
         "electricalConfiguration": "star", "phaseRotation": "RST"}  # fmt: skip


def of_circuit(id: Any) -> str:
    return f"/internal/circuits/v1.0/{id}/explanation"


def of_evse(id: Any) -> str:
    return f"/internal/evses/v1.0/{id}/explanation"


@pytest.fixture
def here() -> Iterator[Steers]:
    """A circuit of the id 1 with two EVSEs, 1 and 2, of which one charges."""
    found = Steers(OddSite(40, [Station(), Station()], charging=1).site)
    explanations.open(found)
    yield found
    explanations.open(None)


@pytest.fixture
async def point(given: Given) -> dict[str, Any]:
    """A charge point with an EVSE on a circuit; it never connected."""
    above, made = await given.circuit(), await given.charge_point(name="Left")
    outlet = await given.evse(made, physicalReference="AT-7")
    await given.made(f"/resources/charge-points/v2.0/{made['id']}/smart-charging", SMART)
    hung = {"chargePointId": made["id"]}
    assert (await given.api.post(f"/actions/circuit/v2.0/{above['id']}/attach-charge-point", hung)).status == 202
    return made | {"circuit": above["id"], "evse": outlet["id"]}


async def connected(system: System, point: dict[str, Any]) -> None:
    async with system.database.begin() as tx:
        this = charge_point.c.id == point["id"]
        await tx.run(update(charge_point).where(this).values(first_contact_at=tx.now))


async def test_a_circuit_and_an_evse_are_explained(
    api: Client, system: System, here: Steers, point: dict[str, Any]
) -> None:
    await connected(system, point)
    answer = await api.get(of_circuit(point["circuit"]))
    assert answer.status == 200, answer.body
    told = answer.data
    assert (told["name"], [line["phase"] for line in told["lines"]]) == ("Main", ["L1", "L2", "L3"])
    assert [(one["evseId"], one["name"], one["state"]) for one in told["evses"]] == [
        (1, "Left / AT-7", "maximum"), (2, "", "no_session"),
    ]  # fmt: skip
    alone = await api.get(of_evse(point["evse"]))
    assert alone.data == told["evses"][0]
    assert here.asked == [("circuit", point["circuit"]), ("evse", point["evse"])]


async def test_where_nobody_steers_it_is_said_why(api: Client, system: System, point: dict[str, Any]) -> None:
    async def answered(path: str) -> tuple[int, str]:
        answer = await api.get(path)
        return answer.status, answer.body["message"]

    for path in (of_circuit(999), of_evse(999)):
        assert (await answered(path))[0] == 404
    never = "The charge point of the EVSE has never connected: nothing is reserved for it."
    assert await answered(of_evse(point["evse"])) == (409, never)
    await connected(system, point)
    for path in (of_circuit(point["circuit"]), of_evse(point["evse"])):
        assert await answered(path) == (409, "Nobody steers the circuit's tree at this moment.")
    third = {"loadBalancingIntegration": {"id": 1, "fields": {"startDate": "2026-01-01"}}}
    assert (await api.patch(f"/resources/circuits/v2.0/{point['circuit']}", third)).status == 200
    for path in (of_circuit(point["circuit"]), of_evse(point["evse"])):
        assert await answered(path) == (409, "A third party balances the loads of the circuit.")
    path = f"/actions/circuit/v2.0/{point['circuit']}/detach-charge-point/{point['id']}"
    assert (await api.post(path)).status == 202
    assert await answered(of_evse(point["evse"])) == (409, "The EVSE hangs on no circuit: its current is not managed.")


async def test_a_circuit_that_does_not_fit_its_tree_has_no_numbers(
    api: Client, given: Given, system: System, here: Steers
) -> None:
    above = await given.circuit()
    odd = await given.circuit(parentCircuitId=above["id"], phaseRotation="RST")
    async with system.database.begin() as tx:
        await tx.run(update(circuit).where(circuit.c.id == odd["id"]).values(phase_rotation="XYZ"))
    answer = await api.get(of_circuit(odd["id"]))
    assert (answer.status, "does not fit its tree" in answer.body["message"]) == (409, True)


async def test_it_names_what_is_others_so_partners_see_none(given: Given, here: Steers, point: dict[str, Any]) -> None:
    partner = await given.client("*", partner_id=71)
    assert [(await partner.get(path)).status for path in (of_circuit(1), of_evse(1))] == [403, 403]
    reader = await given.client("circuits.read")
    assert (await reader.get(of_circuit(point["circuit"]))).status == 200


async def test_the_node_that_steers_is_asked(system: System) -> None:
    told = {"evseId": 999}

    async def afar(node: int, kind: Kind, id: int) -> dict[str, Any]:
        return told | {"from": [node, kind, id]}

    assert await explanations.of("evse", 999, 7, system.clock.now()) is None
    explanations.open_afar(afar)
    try:
        assert await explanations.of("evse", 999, 7, system.clock.now()) == told | {"from": [7, "evse", 999]}
        assert await explanations.of("evse", 999, None, system.clock.now()) is None
    finally:
        explanations.open_afar(None)
