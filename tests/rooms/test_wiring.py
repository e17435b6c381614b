"""Wiring is held against the circuit wherever it is written, and the 422 names the field that was written."""

from typing import Any

import pytest
from sqlalchemy import insert, text, update

from ohmstead.app.system import System
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.power.circuits.table import circuit
from ohmstead.rooms.power.management.snapshot import Snapshot, take
from ohmstead.rooms.power.outlets import blamed
from tests.client import Answer, Client
from tests.given import Given

POINTS, CIRCUITS, EVSES = "/resources/charge-points/v2.0", "/resources/circuits/v2.0", "/resources/evses/v2.1"
DETAILS = {
    "mode": "dynamic", "defaultChargePointMaxCurrent": 32, "maxVoltage": "400", "phases": "three_phase",
    "phaseRotation": "RST",
}  # fmt: skip
SINGLE = {"phases": "single_phase", "phaseRotation": None}


async def attach(api: Client, circuit_id: int, point: dict[str, Any]) -> Answer:
    body = {"chargePointId": point["id"]}
    return await api.post(f"/actions/circuit/v2.0/{circuit_id}/attach-charge-point", body)


async def hanging(api: Client, given: Given, circuit_id: int, **details: Any) -> dict[str, Any]:
    point = await given.managed_charge_point(**details)
    answer = await attach(api, circuit_id, point)
    assert answer.status == 202, answer.body
    return point


def named(answer: Answer) -> set[str]:
    assert answer.status == 422, answer.body
    return set(answer.body["errors"])


@pytest.fixture
async def star(api: Client, given: Given) -> dict[str, Any]:
    """A charge point on a three-phase circuit in star."""
    return await hanging(api, given, (await given.circuit())["id"])


@pytest.fixture
async def line(api: Client, given: Given) -> dict[str, Any]:
    """A circuit of one phase."""
    return await given.circuit(phases="single_phase", connectedPhase="L2")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"phases": "single_phase", "connectedPhase": "L2_L3"}, "powerOptions.connectedPhase"),
        ({"phases": "split_phase", "phaseRotation": "RST", "connectedPhase": "L1"}, "powerOptions.connectedPhase"),
    ],
)
async def test_an_evse_in_a_star(api: Client, star: dict[str, Any], options: dict[str, Any], field: str) -> None:
    outlet = star["evses"][0]
    for path in (f"{EVSES}/{outlet['id']}", f"{POINTS}/{star['id']}/evses/{outlet['id']}"):
        assert named(await api.patch(path, {"powerOptions": options})) == {field}
        assert (await api.get(path)).data["powerOptions"]["phases"] is None
        assert (await api.patch(path, {"label": "still to be written"})).status == 200


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"phases": "three_phase"}, "powerOptions.phases"),
        ({"phases": "three_phase", "phaseRotation": "STR"}, "powerOptions.phases"),
        ({"phases": "single_phase", "connectedPhase": "L1"}, "powerOptions.connectedPhase"),
        ({"phases": "single_phase", "phaseRotation": "RST"}, "powerOptions.phaseRotation"),
        ({"phases": "split_phase"}, "powerOptions.phases"),
    ],
)
async def test_an_evse_on_one_line(
    api: Client, given: Given, line: dict[str, Any], options: dict[str, Any], field: str
) -> None:
    point = await hanging(api, given, line["id"], **SINGLE, connectedPhase="L2")
    assert named(await api.patch(f"{EVSES}/{point['evses'][0]['id']}", {"powerOptions": options})) == {field}
    new = {"physicalReference": "x", "currentType": "ac", "networkId": "2", "status": "enabled"}
    new |= {"powerOptions": options}
    assert named(await api.post(f"{POINTS}/{point['id']}/evses", new)) == {field}
    assert named(await api.post(EVSES, new | {"chargePointId": point["id"]})) == {field}
    fits = {"phases": "single_phase", "connectedPhase": "L2"}
    assert (await api.patch(f"{EVSES}/{point['evses'][0]['id']}", {"powerOptions": fits})).status == 200


async def test_an_evse_in_the_words_of_its_older_version(api: Client, given: Given, line: dict[str, Any]) -> None:
    point = await hanging(api, given, line["id"], **SINGLE, connectedPhase="L2")
    path = f"/resources/evses/v2.0/{point['evses'][0]['id']}"
    body = {"physicalReference": "QR 8", "type": "ac", "maxVoltage": "230", "networkId": "1", "status": "active"}
    body |= {"allowsReservation": False, "phases": "single_phase"}
    assert named(await api.put(path, body | {"phases": "three_phase"})) == {"phases"}
    assert named(await api.put(path, body | {"phaseRotation": "rst"})) == {"phaseRotation"}
    assert (await api.put(path, body | {"phaseRotation": "str"})).status == 200


async def test_an_evse_in_a_delta_has_its_lines_from_nobody_but_who_wires_it(api: Client, given: Given) -> None:
    delta = await given.circuit(electricalConfiguration="delta")
    point = await hanging(api, given, delta["id"], electricalConfiguration="delta")
    path = f"{EVSES}/{point['evses'][0]['id']}"
    options = {"phases": "single_phase", "phaseRotation": "RST"}
    assert (await api.patch(path, {"powerOptions": options})).data["powerOptions"]["connectedPhase"] is None
    assert named(await api.patch(path, {"powerOptions": {"connectedPhase": "L1"}})) == {"powerOptions.connectedPhase"}
    assert (await api.patch(path, {"powerOptions": {"connectedPhase": "L1_L2"}})).status == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"electricalConfiguration": "delta"}, "electricalConfiguration"),
        ({"mode": "disabled"}, "mode"),
        ({"phases": "three_phase", "phaseRotation": "STR"}, "phases"),
        (SINGLE | {"connectedPhase": "L3"}, "connectedPhase"),
        (SINGLE | {"phaseRotation": "RST"}, "phaseRotation"),
        ({"phases": "split_phase", "connectedPhase": "L1_L2"}, "connectedPhase"),
    ],
)
async def test_a_charge_point(
    api: Client, given: Given, line: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    point = await hanging(api, given, line["id"], **SINGLE, connectedPhase="L2")
    assert named(await api.post(f"{POINTS}/{point['id']}/smart-charging", DETAILS | change)) == {field}
    moved = DETAILS | SINGLE | {"phaseRotation": "STR"}
    assert (await api.post(f"{POINTS}/{point['id']}/smart-charging", moved)).status == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phases": "single_phase"}, "phases"),
        ({"phases": "single_phase", "connectedPhase": "L2"}, "phases"),
        ({"phases": "split_phase", "connectedPhase": "L1_L2"}, "phases"),
        ({"electricalConfiguration": "delta"}, "electricalConfiguration"),
    ],
)
async def test_a_circuit(api: Client, given: Given, star: dict[str, Any], change: dict[str, Any], field: str) -> None:
    held = (await api.get(f"{POINTS}/{star['id']}", "include[]=smartCharging")).data["smartCharging"]["circuitId"]
    answer = await api.patch(f"{CIRCUITS}/{held}", change)
    assert named(answer) == {field}
    assert f"charge point {star['id']}" in answer.body["errors"][field][0]
    assert (await api.patch(f"{CIRCUITS}/{held}", {"phases": "three_phase", "maxCurrent": 80})).status == 200
    assert named(await api.patch(f"/resources/circuits/v1.0/{held}", {"phases": "1"})) >= (
        {"phases"} if "phases" in change else set()
    )


async def test_a_circuit_that_feeds_the_one_it_hangs_on(api: Client, given: Given) -> None:
    """The line of a child without a choice is its parent's, and an EVSE that names it holds the parent to it."""
    top = await given.circuit(phases="single_phase", connectedPhase="L2")
    below = await given.circuit(phases="single_phase", parentCircuitId=top["id"])
    point = await hanging(api, given, below["id"], **SINGLE, connectedPhase="L2")
    assert named(await api.patch(f"{CIRCUITS}/{top['id']}", {"connectedPhase": "L3"})) == {"connectedPhase"}
    other = await given.circuit(phases="single_phase", connectedPhase="L1")
    moved = await api.patch(f"{CIRCUITS}/{below['id']}", {"parentCircuitId": other["id"]})
    assert named(moved) == {"parentCircuitId"}
    await api.post(f"/actions/circuit/v2.0/{below['id']}/detach-charge-point/{point['id']}")
    assert (await api.patch(f"{CIRCUITS}/{below['id']}", {"parentCircuitId": other["id"]})).status == 200


async def test_an_evse_wired_by_itself_holds_its_circuit(api: Client, given: Given, star: dict[str, Any]) -> None:
    outlet = star["evses"][0]
    wired = {"phases": "single_phase", "connectedPhase": "L3"}
    assert (await api.patch(f"{EVSES}/{outlet['id']}", {"powerOptions": wired})).status == 200
    held = (await api.get(f"{POINTS}/{star['id']}", "include[]=smartCharging")).data["smartCharging"]["circuitId"]
    answer = await api.patch(f"{CIRCUITS}/{held}", {"phases": "single_phase", "connectedPhase": "L1"})
    assert any(f"EVSE {outlet['id']}" in text for text in answer.body["errors"]["phases"])


async def test_attaching_looks_at_every_evse(api: Client, given: Given, line: dict[str, Any]) -> None:
    point = await given.managed_charge_point(**SINGLE, connectedPhase="L2")
    path = f"{EVSES}/{point['evses'][0]['id']}"
    assert (await api.patch(path, {"powerOptions": {"phases": "three_phase"}})).status == 200
    assert named(await attach(api, line["id"], point)) == {"chargePointId"}
    assert (await api.patch(path, {"powerOptions": {"phases": None}})).status == 200
    assert (await attach(api, line["id"], point)).status == 202


async def test_a_satellites_circuit_is_asked_before_an_evse_moves_there(
    api: Client, given: Given, line: dict[str, Any]
) -> None:
    master = await given.managed_charge_point()
    outlet = master["evses"][0]
    wired = {"phases": "single_phase", "connectedPhase": "L1"}
    assert (await api.patch(f"{EVSES}/{outlet['id']}", {"powerOptions": wired})).status == 200
    mode = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": master["id"]}
    satellite = await given.charge_point(network={}, **mode)
    path = f"{POINTS}/{satellite['id']}/smart-charging"
    await given.made(path, DETAILS | SINGLE | {"connectedPhase": "L2"})
    assert (await attach(api, line["id"], satellite)).status == 202
    move = {"satelliteChargePointId": satellite["id"], "evseIds": [outlet["id"]]}
    action = f"/actions/charge-point/v1.0/{master['id']}/move-evses-to-satellite"
    assert named(await api.post(action, move)) == {"evseIds.0"}


async def test_what_never_fitted_is_no_reason_to_refuse_a_circuit(
    api: Client, given: Given, system: System, star: dict[str, Any]
) -> None:
    """Found by the charge point itself, or there from before such writes were refused; shown, it may be mended."""
    outlet = star["evses"][0]["id"]
    async with system.database.begin() as tx:
        await tx.run(update(evse).where(evse.c.id == outlet).values(phases="single_phase", connected_phase="L2_L3"))
    shown = (await api.get(f"{POINTS}/{star['id']}", "include[]=smartCharging")).data["smartCharging"]
    assert shown["setApart"] == [{"evseId": outlet, "why": shown["setApart"][0]["why"]}]
    assert "L2_L3" in shown["setApart"][0]["why"]
    top = await given.circuit(maxCurrent=80)
    change = {"parentCircuitId": top["id"], "phaseRotation": "STR"}
    assert (await api.patch(f"{CIRCUITS}/{shown['circuitId']}", change)).status == 200
    assert (await api.patch(f"{EVSES}/{outlet}", {"powerOptions": {"maxAmperage": 16}})).status == 200
    assert (await api.patch(f"{EVSES}/{outlet}", {"powerOptions": {"connectedPhase": "L2"}})).status == 200
    shown = (await api.get(f"{POINTS}/{star['id']}", "include[]=smartCharging")).data["smartCharging"]
    assert "setApart" not in shown


async def seen(system: System, root: int) -> Snapshot:
    async with system.database.read() as tx:
        found = await take(tx, root)
    assert found is not None
    return found


async def test_users_weigh_by_their_groups_and_by_who_invited_them(api: Client, given: Given, system: System) -> None:
    point, circuit = await given.managed_charge_point(), await given.circuit()
    await given.api.post(f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point", {"chargePointId": point["id"]})
    await heard_of(system)
    partner, group = (await given.partner())["id"], (await given.user_group())["id"]
    user, outlet = await given.user(), point["evses"][0]["id"]
    priorities = f"{CIRCUITS}/{circuit['id']}/user-priorities"
    await given.made(priorities, {"type": "partner", "targetId": partner, "priority": 3})
    await given.made(priorities, {"type": "userGroup", "targetId": group, "priority": 2})
    async with system.database.begin() as tx:
        times = {"started_at": tx.now, "created_at": tx.now, "updated_at": tx.now}
        place = {"station_id": point["id"], "charge_point_id": point["id"], "evse_id": outlet}
        await tx.run(insert(session).values(**place, **times, status="active", user_id=int(user["id"])))

    async def weights() -> tuple[float, ...]:
        charge = (await seen(system, circuit["id"])).outlets[outlet].charge
        assert charge is not None
        return charge.user_weights

    assert await weights() == ()
    await api.patch(f"/resources/users/v1.0/{user['id']}", {"userGroupIds": [group]})
    assert await weights() == (2.0,)
    invite = await given.made("/resources/partner-invites/v1.0", {"partnerId": partner, "sendViaEmail": False})
    accepted = {"token": invite["acceptUrl"].rpartition("/")[2], "userId": int(user["id"])}
    await api.post("/internal/partner-invites/v1.0/accept", accepted)
    assert await weights() == (3.0,)


async def heard_of(system: System) -> None:
    async with system.database.begin() as tx:
        await tx.run(text("UPDATE charge_point SET first_contact_at = now()"))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("UPDATE charge_point SET smart_charging = '[1]' WHERE id = {point}", "list"),
        ("UPDATE charge_point SET smart_charging = smart_charging || '{{\"minCurrent\": \"6\"}}' WHERE id = {point}",
         "not supported"),
        ("UPDATE charge_point SET smart_charging = smart_charging || '{{\"phases\": \"seven\"}}' WHERE id = {point}",
         "seven"),
        ("UPDATE location SET timezone = 'Middle/Earth' WHERE id = {place}", "Middle/Earth"),
        ("INSERT INTO outside_limit (station_id, evse_network_id, source, grid_critical, schedules, told_at, "
         "created_at, updated_at) VALUES ({point}, 0, 'EMS', false, '[{{\"id\": \"x\"}}]', now(), now(), now())", "id"),
    ],
)  # fmt: skip
async def test_whatever_the_database_holds_the_other_outlets_are_reckoned_with(
    api: Client, given: Given, system: System, damage: str, why: str
) -> None:
    root = (await given.circuit())["id"]
    odd, plain = await hanging(api, given, root), await hanging(api, given, root)
    await heard_of(system)
    async with system.database.begin() as tx:
        await tx.run(text(damage.format(point=odd["id"], place=odd["locationId"])))
    outlets = (await seen(system, root)).outlets
    bad, good = outlets[odd["evses"][0]["id"]], outlets[plain["evses"][0]["id"]]
    assert why in (bad.apart or "")
    assert (bad.wiring.mask, bad.wiring.known) == ((1, 1, 1), False)
    assert bad.rating > 0
    assert (good.apart, good.wiring.known, good.rating) == (None, True, 32)


async def test_a_circuit_that_does_not_fit_takes_only_its_own_along(api: Client, given: Given, system: System) -> None:
    root = (await given.circuit())["id"]
    odd = await given.circuit(parentCircuitId=root, phaseRotation="RST", maxCurrent=32)
    lower = await given.circuit(parentCircuitId=odd["id"], phaseRotation="RST", maxCurrent=20)
    there, plain = await hanging(api, given, lower["id"]), await hanging(api, given, root)
    await heard_of(system)
    async with system.database.begin() as tx:
        await tx.run(update(circuit).where(circuit.c.id == odd["id"]).values(phase_rotation=None))
    found = await seen(system, root)
    assert set(found.circuits) == {root}
    assert set(found.strays) == {odd["id"], lower["id"]}
    apart = found.outlets[there["evses"][0]["id"]]
    assert (apart.circuit_id, apart.wiring.mask) == (root, (1, 1, 1))
    assert f"circuit {lower['id']} does not fit" in (apart.apart or "")
    assert found.outlets[plain["evses"][0]["id"]].apart is None
    shown = (await api.get(f"{POINTS}/{there['id']}", "include[]=smartCharging")).data["smartCharging"]
    assert shown["setApart"][0]["evseId"] == there["evses"][0]["id"]


def test_blamed_is_what_decides_among_what_was_written() -> None:
    assert blamed("three_phase", {"connectedPhase", "phaseRotation", "phases"}) == "phases"
    assert blamed("single_phase", {"phaseRotation", "phases"}) == "phaseRotation"
    assert blamed("split_phase", {"connectedPhase", "phaseRotation", "phases"}) == "connectedPhase"
    assert blamed("single_phase", {"mode"}) == "phases"
