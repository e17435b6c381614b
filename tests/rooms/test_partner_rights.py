"""What a partner's token once reached of others, and no longer does: circuits, meters, users, masters, names."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ohmstead.rooms.devices.stations import Outcome
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, site
from tests.rooms.test_partner_permissions import PERMISSIONS

CIRCUIT = "/actions/circuit/v2.0"
POINT = "/actions/charge-point"


@pytest.fixture
async def partner(given: Given) -> AsyncIterator[Client]:
    client = await given.client("*", partner_id=71)
    await given.partner_contract(71, accessAndPermissions=dict.fromkeys(PERMISSIONS, True))
    yield client
    await client.close()


async def own(given: Given, partner: Client, **fields: Any) -> dict[str, Any]:
    """A charge point that the partner has at a location of the operator's."""
    return await given.charge_point(partner={"id": 71, "accessType": "private_view_private_use"}, **fields)


async def test_a_partner_steers_no_circuit(api: Client, given: Given, partner: Client) -> None:
    circuit, foreign = await given.circuit(), await given.managed_charge_point()
    attached = await api.post(f"{CIRCUIT}/{circuit['id']}/attach-charge-point", {"chargePointId": foreign["id"]})
    assert attached.status == 202
    at = f"{CIRCUIT}/{circuit['id']}"
    for path, body in (
        (f"{at}/attach-charge-point", {"chargePointId": foreign["id"]}),
        (f"{at}/attach-charge-point", {"chargePointId": 999}),
        (f"{at}/detach-charge-point/{foreign['id']}", None),
        (f"{at}/detach-charge-point/999", None),
        (f"{at}/set-charge-point-priority/{foreign['id']}", {"priority": 9}),
        (f"{at}/set-session-priority/1", {"priority": 9}),
        (f"{at}/set-circuit-soc-priorities", {"upperThresholdPercent": 80, "highSoCPriority": 0.5}),
    ):
        assert (await partner.post(path, body)).status == 403, path
    for path in ("", f"/{circuit['id']}", f"/{circuit['id']}/charge-point-priorities", f"/{circuit['id']}/consumption"):
        assert (await partner.get(f"/resources/circuits/v2.0{path}")).status == 403, path
    assert (await partner.get("/resources/circuits/v1.0")).status == 403
    shown = await api.get(f"/resources/circuits/v2.0/{circuit['id']}", "include[]=chargePointPriorities")
    assert [one["id"] for one in shown.data["chargePointPriorities"]] == [foreign["id"]]


async def test_a_partner_reports_for_no_meter_and_reads_none(given: Given, partner: Client) -> None:
    meter = await given.meter(integrationParameters={"host": "10.0.0.1", "key": "secret"})
    report = f"/actions/electricity-meter/v1.0/{meter['id']}/report-consumption"
    assert (await partner.post(report, {"currentL1": 400_000})).status == 403
    for path in ("", f"/{meter['id']}"):
        assert (await partner.get(f"/resources/electricity-meters/v1.0{path}")).status == 403


async def test_a_partner_starts_and_reserves_for_its_own_users_only(
    api: Client, given: Given, partner: Client, gateway: Gateway
) -> None:
    theirs = {"partner": {"id": 71, "accessType": "private_view_private_use"}}
    here = await site(given, **theirs)
    await api.patch(f"/resources/evses/v2.1/{here.evses[0]}", {"allowsReservation": True})
    stranger, known = int((await given.user())["id"]), int((await partner.post(
        "/resources/users/v1.0", {"email": "own@example.org", "password": "correct horse"})).data["id"])  # fmt: skip
    orders = (
        f"{POINT}/v1.0/{here.id}/start", f"{POINT}/v1.0/{here.id}/start/1", f"/actions/evse/v1.0/{here.evses[0]}/start",
        f"{POINT}/v1.0/{here.id}/reserve/1",
    )  # fmt: skip
    for path in orders:
        foreign, missing = [await partner.post(path, {"userId": user}) for user in (stranger, 999)]
        assert (foreign.status, foreign.body) == (missing.status, missing.body) == (
            422, {"message": "The given data was invalid.", "errors": {"userId": ["The selected user id is invalid."]}}
        ), path  # fmt: skip
    assert gateway.commands == []
    assert (await partner.post(orders[1], {"userId": known})).body["success"] is True


async def test_a_satellites_owner_does_not_reach_its_master(
    api: Client, given: Given, partner: Client, gateway: Gateway
) -> None:
    async def agrees(command: Any) -> Outcome:
        return Outcome(status="Accepted", payload={}, list_version=1)

    gateway.answer = agrees
    master = await site(given, evses=2)
    satellite = await own(
        given, partner, communicationMode="via_ocpp_connected_charge_point", ocppConnectedChargePointId=master.id,
        network={},
    )  # fmt: skip
    moved = {"satelliteChargePointId": satellite["id"], "evseIds": [master.evses[1]]}
    assert (await api.post(f"{POINT}/v1.0/{master.id}/move-evses-to-satellite", moved)).status == 202
    at = f"/{satellite['id']}"
    for path, body in (
        (f"{POINT}/v1.0{at}/reset/soft", None),
        (f"{POINT}/v1.0{at}/send-custom-ocpp", {"action": "GetConfiguration", "payload": {}}),
        (f"{POINT}/v2.0{at}/set-configuration", {"name": "HeartbeatInterval", "value": "1"}),
        (f"{POINT}/v1.0{at}/sync-configuration", {}),
        (f"{POINT}/v1.0{at}/clear-cache", None),
        (f"{POINT}/v1.0{at}/trigger-message", {"type": "Heartbeat"}),
        (f"{POINT}/v1.0{at}/send-data-transfer", {"vendorId": "x"}),
        (f"{POINT}/v1.0{at}/get-local-list-version", None),
        (f"{POINT}/v1.0{at}/send-local-list", None),
        (f"{POINT}/v2.0{at}/sync-certificates", {}),
        (f"{POINT}/v1.0{at}/reset-security-profile", None),
    ):
        assert (await partner.post(path, body)).status == 403, path
        assert (await api.post(path, body)).status < 300, path
    assert (await partner.get(f"/resources/charge-points/v2.0{at}/configurations")).status == 403
    template = await given.made("/resources/configuration-templates/v1.0", {"name": "t", "ocppVersion": "ocpp 1.6"})
    applied = f"/actions/configuration-template/v1.0/{template['id']}/apply-to-charge-points"
    assert (await partner.post(applied, {"chargePointIds": [satellite["id"]]})).status == 422
    assert (await partner.post(f"{POINT}/v1.0{at}/unlock/2")).status == 202  # its own EVSE


async def test_a_satellites_owner_clears_no_profile_of_its_masters(
    api: Client, given: Given, partner: Client, gateway: Gateway
) -> None:
    """By its number, by which 2.0.1 finds it wherever it lies."""
    master = await site(given, evses=2)
    satellite = await own(
        given, partner, communicationMode="via_ocpp_connected_charge_point", ocppConnectedChargePointId=master.id,
        network={},
    )  # fmt: skip
    moved = {"satelliteChargePointId": satellite["id"], "evseIds": [master.evses[1]]}
    await api.post(f"{POINT}/v1.0/{master.id}/move-evses-to-satellite", moved)
    period = {"startPeriod": 0, "limit": 10}
    profile = {
        "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]},
    }  # fmt: skip
    foreign = await api.post(f"{POINT}/v1.0/{master.id}/set-charging-profile/1", profile)
    its = await partner.post(f"{POINT}/v1.0/{satellite['id']}/set-charging-profile/2", profile)
    clear, asked = f"{POINT}/v1.0/{satellite['id']}/clear-charging-profile", len(gateway.commands)
    for number in (foreign.body["data"]["id"], 1):
        answer = await partner.post(clear, {"evseNetworkId": "2", "id": number})
        assert (answer.status, list(answer.body["errors"])) == (422, ["id"])
    assert len(gateway.commands) == asked
    assert (await partner.post(clear, {"evseNetworkId": "2", "id": its.body["data"]["id"]})).status == 202


async def test_a_partner_sees_where_its_charge_point_stands_and_leaves_it_as_it_is(
    api: Client, given: Given, partner: Client
) -> None:
    location, point = await given.location(), None
    path = f"/resources/locations/v2.0/{location['id']}"
    assert (await partner.get(path)).status == 404
    point = await own(given, partner, locationId=location["id"])
    assert (await partner.get(path)).status == 200
    assert [one["id"] for one in (await partner.get("/resources/locations/v2.0")).data] == [location["id"]]
    assert (await partner.patch(path, {"city": "Graz"})).status == 403
    assert (await partner.delete(path)).status == 403
    assert (await partner.post(f"{path}/charging-zones", {"name": "z", "status": "enabled"})).status == 403
    same = await partner.patch(f"/resources/charge-points/v2.0/{point['id']}", {"locationId": location["id"]})
    assert same.status == 200


async def test_a_location_names_no_foreign_charge_points_to_a_partner(given: Given, partner: Client) -> None:
    location = await given.location()
    mine = await own(given, partner, locationId=location["id"])
    foreign = await given.charge_point(locationId=location["id"])
    path = f"/resources/locations/v1.0/{location['id']}"
    assert (await partner.get(path)).data["public_charge_points_ids"] == [mine["id"]]
    assert (await given.api.get(path)).data["public_charge_points_ids"] == [mine["id"], foreign["id"]]


async def test_what_is_taken_is_not_told_to_a_partner_in_so_many_words(given: Given, partner: Client) -> None:
    uid, email = (await given.id_tag())["idTagUid"], (await given.user())["email"]
    tag = await partner.post("/resources/id-tags/v2.0", {"idTagUid": uid, "status": "enabled", "type": "rfid"})
    user = await partner.post("/resources/users/v1.0", {"email": email, "password": "correct horse"})
    assert tag.body["errors"] == {"idTagUid": ["The id tag uid cannot be used."]}
    assert user.body["errors"] == {"email": ["The email cannot be used."]}
