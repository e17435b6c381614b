"""Reset, unlock, open and close: what the API says when the station agrees, refuses or cannot be asked."""

import pytest
from sqlalchemy import select

from ohmstead.kit.facts import audit
from ohmstead.rooms.devices.commands.disconnect import TOLD
from ohmstead.rooms.devices.stations import (
    ChangeAvailability,
    Disconnect,
    Reset,
    StationOffline,
    StationRefused,
    Unlock,
    stations,
)
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site

PATH = "/actions/charge-point/v1.0"


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    return await site(given, evses=2)


async def test_reset(api: Client, here: Site, gateway: Gateway) -> None:
    for kind in ("hard", "soft"):
        answer = await api.post(f"{PATH}/{here.id}/reset/{kind}")
        assert (answer.status, answer.body) == (202, {"success": True})
    assert gateway.commands == [(here.id, Reset(kind="hard")), (here.id, Reset(kind="soft"))]
    for refusal in ("Rejected", StationOffline()):
        gateway.answer = refusal
        assert (await api.post(f"{PATH}/{here.id}/reset/soft")).body == {"success": False}
    assert (await api.post(f"{PATH}/{here.id}/reset/gently")).status == 404
    assert (await api.post(f"{PATH}/999/reset/soft")).status == 404


async def test_disconnect(api: Client, given: Given, here: Site, gateway: Gateway) -> None:
    path, body = f"{PATH}/{here.id}/disconnect", {"reason": "It must read its settings anew."}
    answer = await api.post(path, body)
    assert (answer.status, answer.body) == (202, {"success": True})
    assert gateway.commands == [(here.id, Disconnect(reason=TOLD))]
    assert (await api.post(path, {})).body["errors"].keys() == {"reason"}
    gateway.answer = StationOffline()
    assert (await api.post(path, body)).status == 409
    async with given.system.database.begin() as tx:
        written = [row[0] for row in await tx.all(select(audit.c.changes).where(audit.c.action.contains("isconnect")))]
    assert [one["reason"] for one in written if one][:1] == [body["reason"]]


async def test_a_partner_disconnects_if_its_contract_lets_it(api: Client, given: Given, gateway: Gateway) -> None:
    point = await given.charge_point(partner={"id": await given.partner_of_id(71)})
    partner, body = await given.client("*", partner_id=71), {"reason": "x"}
    path = f"{PATH}/{point['id']}/disconnect"
    assert (await partner.post(path, body)).status == 403
    await given.partner_contract(71, accessAndPermissions={"resetChargePoint": True})
    assert (await partner.post(path, body)).status == 202
    await partner.close()


async def test_reset_of_one_evse(api: Client, here: Site, gateway: Gateway) -> None:
    for kind in ("hard", "soft"):
        answer = await api.post(f"{PATH}/{here.id}/reset/{kind}/2")
        assert (answer.status, answer.body) == (202, {"success": True})
    assert gateway.commands == [(here.id, Reset(kind=kind, evse_network_id=2)) for kind in ("hard", "soft")]
    gateway.answer = "Rejected"  # it has no EVSEs that restart alone (2.0.1, B11.FR.10)
    answer = await api.post(f"{PATH}/{here.id}/reset/soft/2")
    assert (answer.status, "Rejected" in answer.body["message"]) == (406, True)
    for wrong in ("soft/3", "gently/1"):
        assert (await api.post(f"{PATH}/{here.id}/reset/{wrong}")).status == 404


async def test_unlock(api: Client, here: Site, gateway: Gateway) -> None:
    gateway.answer = "Unlocked"
    answer = await api.post(f"{PATH}/{here.id}/unlock/2")
    assert (answer.status, answer.body) == (202, {"success": True})
    assert gateway.commands == [(here.id, Unlock(evse_network_id=2))]
    for refusal, words in (("UnlockFailed", "UnlockFailed"), (StationRefused("NotSupported"), "NotSupported")):
        gateway.answer = refusal
        answer = await api.post(f"{PATH}/{here.id}/unlock/2")
        assert (answer.status, words in answer.body["message"]) == (406, True)
    assert (await api.post(f"{PATH}/{here.id}/unlock/3")).status == 404


async def test_change_availability(api: Client, here: Site, gateway: Gateway) -> None:
    path = f"{PATH}/{here.id}/change-availability"
    assert (await api.post(path, {"type": "Inoperative"})).status == 202
    assert (await api.post(path, {"type": "Operative", "evseNetworkId": 2})).status == 202
    assert gateway.commands == [
        (here.id, ChangeAvailability(operative=False)),
        (here.id, ChangeAvailability(operative=True, evse_network_id=2)),
    ]
    gateway.answer = "Scheduled"
    assert (await api.post(path, {"type": "Inoperative"})).status == 204
    gateway.answer = StationOffline()
    answer = await api.post(path, {"type": "Inoperative"})
    assert (answer.status, "not connected" in answer.body["message"]) == (406, True)
    for body, field in (
        ({}, "type"),
        ({"type": "Off"}, "type"),
        ({"type": "Operative", "evseNetworkId": 9}, "evseNetworkId"),
    ):
        answer = await api.post(path, body)
        assert (answer.status, list(answer.body["errors"])) == (422, [field])
    assert (await api.post(f"{PATH}/999/change-availability", {"type": "Operative"})).status == 404


async def test_without_a_gateway_every_station_is_offline(api: Client, here: Site) -> None:
    stations.provide(None)
    assert not stations.current.connected(here.id)
    assert (await api.post(f"{PATH}/{here.id}/unlock/1")).status == 406


async def test_what_a_station_refuses_is_in_the_audit(api: Client, here: Site, gateway: Gateway) -> None:
    gateway.answer = StationOffline()
    path = f"{PATH}/{here.id}/unlock/2"
    refused = await api.post(path)
    assert refused.status == 406
    assert (await api.post(f"{PATH}/{here.id}/unlock/9")).status == 404
    async with here.system.database.read() as tx:
        [row] = await tx.all(select(audit).where(audit.c.target == path.removeprefix("/")))
    assert (row["action"], row["refused"]) == ("POST Charge Point / EVSE / Unlock", refused.body["message"])
    assert None not in (row["admin_id"], row["token_id"], row["trace_id"])
