"""What is told of circuits."""

from typing import Any

from ohmstead.app.system import System
from ohmstead.rooms.network.durable_facts import EvseMoved
from ohmstead.rooms.power.circuits.questions import hangs_with_its_charge_point
from ohmstead.rooms.power.durable_facts import CircuitConsumed
from tests.client import Client
from tests.given import Given
from tests.notices import everything_wanted, told

CIRCUITS, ACTIONS = "/resources/circuits/v2.0", "/actions/circuit/v2.0"


async def test_a_circuit_is_told_of_each_change_once(system: System, given: Given, api: Client) -> None:
    point = await given.managed_charge_point()
    made = await given.circuit()
    path = f"{CIRCUITS}/{made['id']}"
    await api.patch(path, {"maxCurrent": 50})
    await api.post(f"{ACTIONS}/{made['id']}/attach-charge-point", {"chargePointId": point["id"], "priority": 2})
    await api.post(f"{ACTIONS}/{made['id']}/detach-charge-point/{point['id']}")
    assert (await api.delete(path)).status == 204
    bodies = await told(system.database, "circuit.changed")
    assert bodies[0] == {
        "notification": "circuit.changed", "circuitId": made["id"], "action": "created",
        "lastUpdatedAt": made["lastUpdatedAt"],
    }  # fmt: skip
    assert [one["action"] for one in bodies] == ["created", "updated", "updated", "updated", "deleted"]


async def test_a_charge_point_that_leaves_with_its_end_changes_its_circuit(
    system: System, given: Given, api: Client
) -> None:
    point, made = await given.managed_charge_point(), await given.circuit()
    await api.post(f"{ACTIONS}/{made['id']}/attach-charge-point", {"chargePointId": point["id"]})
    before = len(await told(system.database, "circuit.changed"))
    assert (await api.delete(f"/resources/charge-points/v2.0/{point['id']}")).status == 204
    after = await told(system.database, "circuit.changed")
    assert [(one["circuitId"], one["action"]) for one in after[before:]] == [(made["id"], "updated")]


async def test_charge_points_that_version_1_describes_are_told(system: System, given: Given, api: Client) -> None:
    point = await given.managed_charge_point()
    inline = [{"id": point["id"], "maxCurrent": 16, "phases": "3", "inputVoltage": "400", "phaseRotation": "RST"}]
    body = {"name": "Old", "phases": "3", "maxCurrent": 63.0, "chargePoints": inline}
    before = len(await told(system.database, "chargePoint.changed"))
    with everything_wanted():
        made = await api.post("/resources/circuits/v1.0", body)
        assert made.status == 201, made.body
        await api.patch(f"/resources/circuits/v1.0/{made.data['id']}", {"chargePoints": inline})  # as it is
    after = await told(system.database, "chargePoint.changed")
    assert [(one["chargePointId"], one["action"]) for one in after[before:]] == [(point["id"], "updated")]


async def test_what_a_circuit_draws_is_told_as_it_was_measured(system: System, given: Given) -> None:
    flows = [
        {"phase": f"L{line}", "consumption": 10.4, "lastUpdatedAt": "2026-11-01T08:00:00+00:00"} for line in (1, 2)
    ]
    facts: dict[str, Any] = {"circuit_id": 7, "max_current": 63.0, "current_consumption": flows}
    async with system.database.begin() as tx:
        tx.tell(CircuitConsumed(**facts, min_charge_point_current=6.0))
        tx.tell(CircuitConsumed(**facts))
    body = {
        "notification": "CircuitConsumptionNotification", "circuitId": 7, "maxCurrent": 63.0,
        "currentConsumption": flows,
    }  # fmt: skip
    assert await told(system.database) == [body | {"minChargePointCurrent": 6.0}, body]


async def test_an_evse_that_moves_off_a_circuit_changes_it_where_it_weighed(
    system: System, given: Given, api: Client
) -> None:
    point, circuit = await given.managed_charge_point(), await given.circuit()
    key, outlet = point["id"], point["evses"][0]["id"]
    await api.post(f"{ACTIONS}/{circuit['id']}/attach-charge-point", {"chargePointId": key})
    weigh = f"{ACTIONS}/{circuit['id']}/set-charge-point-priority/{key}/evse/{outlet}"
    assert (await api.post(weigh, {"priority": 2})).status == 202
    before = len(await told(system.database, "circuit.changed"))
    for _ in range(2):
        async with system.database.begin() as tx:
            await hangs_with_its_charge_point(tx, EvseMoved(id=outlet, left=key, charge_point_id=key))
    after = await told(system.database, "circuit.changed")
    assert [one["circuitId"] for one in after[before:]] == [circuit["id"]]
