"""Circuits: both versions, the tree they make, what hangs on them, and how it is weighed."""

from typing import Any

import pytest
from sqlalchemy import delete, select

from ohmstead.kit.facts import outbox
from ohmstead.kit.versions import Version
from ohmstead.rooms.power.circuits.priorities import charge_point_priorities, user_priorities
from ohmstead.rooms.power.circuits.resource import circuits
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

CIRCUITS = "/resources/circuits/v2.0"
ACTIONS = "/actions/circuit/v2.0"


class TestCircuits(ResourceContract):
    resource = circuits
    create = {
        "name": "Main", "phases": "three_phase", "maxCurrent": 63.0, "electricalConfiguration": "star",
        "maxVoltage": "400", "minChargePointCurrent": 6.0, "offlineReservedCurrent": 20.0,
        "setSessionLimitToZeroOnIdle": True,
    }  # fmt: skip
    update = {"name": "Cellar", "maxCurrent": 80.0, "minChargePointCurrent": None}
    versions = {
        "v1.0": {
            "create": {
                "name": "Old",
                "phases": "3",
                "maxCurrent": 32.0,
                "minChargePointCurrent": 6.0,
                "chargePoints": [],
            },
            "update": {"name": "Older", "maxCurrent": 40.0},
        }
    }


class TestUserPriorities(ResourceContract):
    resource = user_priorities
    update = {"priority": 0.5}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return {"targetId": (await given.partner())["id"], "type": "partner", "priority": 2.0}

    async def base(self, given: Given, version: Version) -> str:
        if getattr(self, "path", None) is None:
            self.path = f"{CIRCUITS}/{(await given.circuit())['id']}/user-priorities"
        return self.path

    async def test_a_target_is_weighed_once(self, api: Client, given: Given) -> None:
        base = await self.base(given, self.resource.newest)
        body = {"targetId": (await given.partner())["id"], "type": "partner", "priority": 1}
        assert (await api.post(base, body | {"targetId": 999_999})).body["errors"].keys() == {"targetId"}
        assert (await api.post(base, body)).status == 201
        assert "targetId" in (await api.post(base, body)).body["errors"]

    async def test_a_group_is_there_and_stays(self, api: Client, given: Given) -> None:
        base = await self.base(given, self.resource.newest)
        answer = await api.post(base, {"targetId": 7, "type": "userGroup", "priority": 1})
        assert (answer.status, answer.body["errors"]) == (422, {"targetId": ["The selected target id is invalid."]})
        made = await given.made(base, await self.body(given, self.resource.newest))
        answer = await api.patch(f"{base}/{made['id']}", {"type": "userGroup", "targetId": 999_999})
        assert (answer.status, answer.body["errors"].keys()) == (422, {"targetId"})
        group = (await given.user_group())["id"]
        assert (await api.post(base, {"targetId": group, "type": "userGroup", "priority": 1})).status == 201
        path = f"/resources/user-groups/v1.0/{group}"
        answer = await api.delete(path)
        assert (answer.status, answer.body["message"]) == (409, "The user group has a priority on a circuit.")


class TestTree:
    async def test_a_child_needs_to_say_how_it_is_wired(self, api: Client, given: Given) -> None:
        parent = await given.circuit()
        child = {"name": "Row", "phases": "three_phase", "maxCurrent": 32, "parentCircuitId": parent["id"]}
        assert "phaseRotation" in (await api.post(CIRCUITS, child)).body["errors"]
        assert (await api.post(CIRCUITS, child | {"phaseRotation": "STR"})).status == 201
        single = child | {"phases": "single_phase"}
        assert "connectedPhase" in (await api.post(CIRCUITS, single)).body["errors"]
        assert (await api.post(CIRCUITS, single | {"connectedPhase": "L2"})).status == 201

    async def test_no_circle_and_no_unknown_parent(self, api: Client, given: Given) -> None:
        top = await given.circuit()
        below = await given.circuit(parentCircuitId=top["id"], phaseRotation="RST")
        circle = await api.patch(f"{CIRCUITS}/{top['id']}", {"parentCircuitId": below["id"], "phaseRotation": "RST"})
        assert "parentCircuitId" in circle.body["errors"]
        unknown = await api.patch(f"{CIRCUITS}/{below['id']}", {"parentCircuitId": 999})
        assert "parentCircuitId" in unknown.body["errors"]

    async def test_one_electrical_configuration_a_tree(self, api: Client, given: Given) -> None:
        top = await given.circuit(electricalConfiguration="delta")
        body = {"name": "x", "phases": "three_phase", "maxCurrent": 9}
        body |= {"parentCircuitId": top["id"], "phaseRotation": "RST"}
        assert "electricalConfiguration" in (await api.post(CIRCUITS, body)).body["errors"]

    async def test_a_circuit_that_feeds_others_stays(self, api: Client, given: Given) -> None:
        top = await given.circuit()
        below = await given.circuit(parentCircuitId=top["id"], phaseRotation="RST")
        assert (await api.delete(f"{CIRCUITS}/{top['id']}")).status == 409
        assert (await api.delete(f"{CIRCUITS}/{below['id']}")).status == 204
        assert (await api.delete(f"{CIRCUITS}/{top['id']}")).status == 204

    async def test_third_parties_and_trees_do_not_mix(self, api: Client, given: Given) -> None:
        top = await given.circuit()
        await given.circuit(parentCircuitId=top["id"], phaseRotation="RST")
        dreev = {"loadBalancingIntegration": {"id": 1, "fields": {"startDate": "2026-01-01"}}}
        assert "loadBalancingIntegration" in (await api.patch(f"{CIRCUITS}/{top['id']}", dreev)).body["errors"]
        alone = await given.circuit()
        answer = await api.patch(f"{CIRCUITS}/{alone['id']}", dreev)
        assert answer.data["loadBalancingIntegration"] == dreev["loadBalancingIntegration"]
        zaptec = {"loadBalancingIntegration": {"id": 2, "fields": {}}}
        errors = (await api.patch(f"{CIRCUITS}/{alone['id']}", zaptec)).body["errors"]
        assert "loadBalancingIntegration.fields.installationId" in errors
        back = await api.patch(f"{CIRCUITS}/{alone['id']}", {"loadBalancingIntegration": {"id": None}})
        assert back.data["loadBalancingIntegration"] is None


@pytest.mark.parametrize("field", ["minChargePointCurrent", "offlineReservedCurrent"])
async def test_no_current_exceeds_the_breaker(api: Client, field: str) -> None:
    body = {"name": "x", "phases": "three_phase", "maxCurrent": 16, field: 17}
    assert field in (await api.post(CIRCUITS, body)).body["errors"]


async def test_meters_are_checked_and_kept(api: Client, given: Given) -> None:
    body = {"name": "x", "phases": "three_phase", "maxCurrent": 16, "electricityMeterId": 99}
    unknown = await api.post(CIRCUITS, body)
    assert "electricityMeterId" in unknown.body["errors"]
    meter = await given.meter()
    await given.circuit(electricityMeterId=meter["id"])
    assert (await api.delete(f"/resources/electricity-meters/v1.0/{meter['id']}")).status == 409


async def test_soc_priorities_come_in_pairs(api: Client, given: Given) -> None:
    circuit = await given.circuit()
    path, read = f"{ACTIONS}/{circuit['id']}/set-circuit-soc-priorities", f"{CIRCUITS}/{circuit['id']}/soc-priorities"
    assert (await api.get(read)).body == {}
    assert "lowSoCPriority" in (await api.post(path, {"lowerThresholdPercent": 20})).body["errors"]
    low = {"lowerThresholdPercent": 20, "lowSoCPriority": 2}
    assert (await api.post(path, low)).status == 202
    assert (await api.get(read)).body == low
    close = {"upperThresholdPercent": 20, "highSoCPriority": 0.5}
    assert "upperThresholdPercent" in (await api.post(path, close)).body["errors"]
    high = {"upperThresholdPercent": 80, "highSoCPriority": 0.5}
    assert (await api.post(path, high)).status == 202
    shown = (await api.get(f"{CIRCUITS}/{circuit['id']}", "include[]=socPriorities")).data["socPriorities"]
    assert shown == low | high
    assert (await api.post(path, {"upperThresholdPercent": None})).status == 202
    assert (await api.get(read)).body == low


async def test_loads_start_at_nothing(api: Client, given: Given) -> None:
    circuit = await given.circuit(phases="single_phase", connectedPhase="L2")
    for name in ("consumption", "unmanaged-load"):
        loads = (await api.get(f"{CIRCUITS}/{circuit['id']}/{name}")).data
        assert [(load["phase"], load["consumption"], load["isMeasured"]) for load in loads] == [("L2", 0.0, False)]
        assert loads[0]["lastUpdatedAt"] == circuit["lastUpdatedAt"]
    old = f"/resources/circuits/v1.0/{circuit['id']}/consumption"
    assert (await api.get(old)).body[0]["phase"] == "L2"
    assert (await api.get(f"{old}/L2")).body == 0.0
    assert (await api.get(f"{old}/L1")).status == 404
    assert (await api.get(f"{old}/L4")).status == 404


class TestMembers:
    async def test_attach_weigh_and_detach(self, api: Client, given: Given) -> None:
        circuit, point = await given.circuit(), await given.managed_charge_point()
        base = f"{ACTIONS}/{circuit['id']}"
        body = {"chargePointId": point["id"], "priority": 2}
        assert (await api.post(f"{base}/attach-charge-point", body)).status == 202
        listed = (await api.get(f"{CIRCUITS}/{circuit['id']}/charge-point-priorities")).data
        assert listed == [{"id": point["id"], "priority": 2.0, "evses": []}]
        assert (await api.post(f"{base}/set-charge-point-priority/{point['id']}", {"priority": 0.5})).status == 202
        evse = point["evses"][0]
        weigh = f"{base}/set-charge-point-priority/{point['id']}/evse/{evse['id']}"
        assert (await api.post(weigh, {"priority": 3})).status == 202
        shown = (await api.get(f"{CIRCUITS}/{circuit['id']}", "include[]=chargePointPriorities")).data
        assert shown["chargePointPriorities"] == [
            {"id": point["id"], "priority": 0.5, "evses": [{"id": evse["id"], "priority": 3.0}]}
        ]
        found = (await api.get("/resources/charge-points/v2.0", f"filter[circuitId]={circuit['id']}")).data
        assert [row["id"] for row in found] == [point["id"]]
        assert (await api.post(f"{base}/detach-charge-point/{point['id']}")).status == 202
        assert (await api.post(f"{base}/detach-charge-point/{point['id']}")).status == 404
        assert (await api.get(f"{CIRCUITS}/{circuit['id']}/charge-point-priorities")).data == []

    async def test_what_does_not_fit_is_refused(self, api: Client, given: Given) -> None:
        circuit = await given.circuit()
        base = f"{ACTIONS}/{circuit['id']}/attach-charge-point"

        async def objection(charge_point_id: int) -> str:
            answer = await api.post(base, {"chargePointId": charge_point_id})
            assert answer.status == 422
            return answer.body["errors"]["chargePointId"][0]

        plain = await given.charge_point()
        assert "smart charging mode" in await objection(plain["id"])
        delta = await given.managed_charge_point(electricalConfiguration="delta")
        assert "electrical" in await objection(delta["id"])
        assert "invalid" in await objection(999)
        taken, other = await given.managed_charge_point(), await given.circuit()
        await api.post(f"{ACTIONS}/{other['id']}/attach-charge-point", {"chargePointId": taken["id"]})
        assert "another circuit" in await objection(taken["id"])

    async def test_v1_carries_its_charge_points_inline(self, api: Client, given: Given) -> None:
        first, second = await given.charge_point(), await given.charge_point()
        inline = [
            {"id": first["id"], "maxCurrent": 16.0, "phases": "3", "inputVoltage": "400", "phaseRotation": "STR"},
            {"id": second["id"], "maxCurrent": 32.0, "phases": "1", "inputVoltage": "220-240", "phaseRotation": "L2"},
        ]
        body = {"name": "Old", "phases": "3", "maxCurrent": 63.0, "chargePoints": inline}
        made = await given.made("/resources/circuits/v1.0", body)
        assert made["chargePoints"] == inline
        path = f"/resources/circuits/v1.0/{made['id']}"
        fewer = await api.patch(path, {"chargePoints": inline[1:]})
        assert fewer.body["chargePoints"] == inline[1:]
        assert (await api.get(path)).data["chargePoints"] == inline[1:]
        unknown = await api.patch(path, {"chargePoints": [inline[0] | {"id": 999}]})
        assert "chargePoints.0.id" in unknown.body["errors"]

    async def test_v1_has_words_for_whatever_v2_says(self, api: Client, given: Given) -> None:
        """A rotation without a line, split phases, and voltages it does not know; told back they change nothing."""
        circuit = (await given.circuit())["id"]
        split = {"phases": "split_phase", "maxVoltage": "120", "phaseRotation": None, "connectedPhase": "L1_L2"}
        points = [
            await given.managed_charge_point(phaseRotation="STR"),
            await given.managed_charge_point(**split),
            await given.managed_charge_point(phases="single_phase", phaseRotation="TRS", maxVoltage="277"),
        ]
        for point in points:
            body = {"chargePointId": point["id"]}
            assert (await api.post(f"{ACTIONS}/{circuit}/attach-charge-point", body)).status == 202
        path = f"/resources/circuits/v1.0/{circuit}"
        shown = (await api.get(path)).data["chargePoints"]
        assert [(one["phases"], one["inputVoltage"], one["phaseRotation"]) for one in shown] == [
            ("3", "400", "STR"), ("3", "110-130", "RST"), ("1", "220-240", "L3"),
        ]  # fmt: skip

        async def details() -> list[Any]:
            path = "/resources/charge-points/v2.0"
            answers = [await api.get(f"{path}/{point['id']}", "include[]=smartCharging") for point in points]
            return [answer.data["smartCharging"] for answer in answers]

        before = await details()
        assert (await api.patch(path, {"chargePoints": shown})).body["chargePoints"] == shown
        assert await details() == before
        turned = shown[0] | {"phases": "1", "phaseRotation": "L2"}
        assert (await api.patch(path, {"chargePoints": [turned]})).body["chargePoints"] == [turned]
        back = turned | {"phases": "3", "phaseRotation": "RTS"}
        assert (await api.patch(path, {"chargePoints": [back]})).body["chargePoints"] == [back]

    async def test_charge_point_priorities_need_a_circuit(self, api: Client) -> None:
        path = charge_point_priorities.path(charge_point_priorities.newest, "list").removeprefix("/public-api")
        assert (await api.get(path.replace("{circuit}", "999"))).status == 404


async def told(given: Given, circuit_id: int) -> list[dict[str, Any]]:
    """What was told of a circuit's changes, since it was last asked."""
    async with given.system.database.begin() as tx:
        mine = (outbox.c.topic == "circuit.changed") & (outbox.c.payload["id"].as_integer() == circuit_id)
        rows = await tx.all(select(outbox.c.payload).where(mine).order_by(outbox.c.id))
        await tx.run(delete(outbox).where(mine))
    return [row["payload"] for row in rows]


async def test_each_change_of_a_circuit_is_told_with_its_moment(api: Client, given: Given) -> None:
    point, partner = await given.managed_charge_point(), await given.partner()
    circuit = await given.circuit()
    id, path, act = circuit["id"], f"{CIRCUITS}/{circuit['id']}", f"{ACTIONS}/{circuit['id']}"
    assert await told(given, id) == [{"id": id, "action": "created", "last_updated_at": circuit["lastUpdatedAt"]}]
    changes = (
        ("PATCH", path, {"maxCurrent": 40}),
        ("POST", f"{act}/attach-charge-point", {"chargePointId": point["id"]}),
        ("POST", f"{act}/set-charge-point-priority/{point['id']}", {"priority": 2}),
        ("POST", f"{act}/set-circuit-soc-priorities", {"lowerThresholdPercent": 20, "lowSoCPriority": 2}),
        ("POST", f"{path}/user-priorities", {"targetId": partner["id"], "type": "partner", "priority": 2}),
        ("POST", f"{act}/detach-charge-point/{point['id']}", None),
    )
    for method, where, body in changes:
        answer = await api.request(method, where, body)
        assert answer.status in (200, 201, 202), answer.body
        shown = (await api.get(path)).data["lastUpdatedAt"]
        assert await told(given, id) == [{"id": id, "action": "updated", "last_updated_at": shown}], where
    assert (await api.patch(path, {"maxCurrent": -1})).status == 422
    assert (await api.delete(path)).status == 204
    [gone] = await told(given, id)
    assert (gone["action"], gone["last_updated_at"] >= shown) == ("deleted", True)
