"""Private data: the archive has what was made of a user, and nothing of others."""

import io
import json
import zipfile
from typing import Any

import aiohttp
from sqlalchemy import insert, select

from ohmstead.app.system import System
from ohmstead.kit.facts import audit
from ohmstead.rooms.charging.meter_values import signed_reading
from ohmstead.rooms.devices.communication.log import communication_log
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, energy, later, site
from tests.rooms.told_needs import vehicle

USERS = "/resources/users/v1.0"
SUN = {"enabled": False, "type": "solar", "preferences": {"maxCurrentFromGrid": 6, "solarStableTime": 60}}


def export_of(user: dict[str, Any]) -> str:
    return f"/actions/users/v2.0/{user['id']}/export-all-private-data"


async def fetched(url: str) -> tuple[int, dict[str, Any]]:
    """The status, and what stands in each file of the archive."""
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        if answer.status != 200:
            return answer.status, {}
        assert answer.content_type == "application/zip"
        assert answer.headers["Cache-Control"] == "no-store"
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
        return 200, {name: json.loads(archive.read(name)) for name in archive.namelist()}


async def charged(here: Site, tag: str, minutes: float = 0) -> None:
    number, _ = await here.starts(tag, later(minutes))
    await here.meters(energy(later(minutes + 10), 3000), transaction=number)
    await here.stops(number, later(minutes + 30), 6000)


async def told(system: System, here: Site, tag: str) -> None:
    """A frame and a signed reading of the only session of a user."""
    [one, *_] = await here.sessions()
    async with system.database.begin() as tx:
        frame = {"charge_point_id": here.id, "direction": "in", "action": "StartTransaction", "message_id": "1"}
        for at, raw in ((later(0), f'[2,"1","StartTransaction",{{"idTag":"{tag}"}}]'), (later(1), '[2,"2","x",{}]')):
            await tx.run(insert(communication_log).values(**frame, at=at, raw=raw))
        signed = {"at": later(30), "station_id": here.id, "session_id": one["id"], "received_at": tx.now}
        await tx.run(insert(signed_reading).values(**signed, data="OCMF|{}"))


async def test_it_has_what_was_made(api: Client, given: Given, system: System, gateway: Gateway) -> None:
    here = await site(given)
    await api.patch(f"/resources/evses/v2.1/{here.evses[0]}", {"allowsReservation": True})
    user, other = await given.user(externalAppData={"externalCustomerId": "c1"}), await given.user()
    tag = await given.id_tag(userId=int(user["id"]), idTagUid="04AABBCC", idLabel="blue")
    await given.id_tag(userId=int(other["id"]), idTagUid="04DDEEFF")
    await charged(here, "04AABBCC")
    await told(system, here, "04aabbcc")
    await vehicle(here, asked_at=later(5), energy_wh=5000)
    await charged(here, "04DDEEFF", 60)
    await api.post(f"/actions/users/v1.0/{user['id']}/change-status", {"status": "enabled", "reason": "has paid"})
    await api.post(f"/actions/charge-point/v1.0/{here.id}/reserve/1", {"userId": int(user["id"])})
    own = await given.charge_point(type="personal", pin="1234")
    await api.post(f"/actions/charge-point/v1.0/{own['id']}/change-owner", {"userId": int(user["id"])})
    await given.made(f"/resources/charge-points/v2.0/{own['id']}/personal-smart-charging-preferences", SUN)
    shared = (await given.charge_point(type="personal", pin="1234"))["id"]
    share = await given.made(f"/resources/charge-points/v2.0/{shared}/shares", {"userId": int(user["id"])})
    partner = await given.partner()
    await given.made("/resources/partner-invites/v1.0", {"partnerId": partner["id"], "email": user["email"]})

    answer = await api.get(export_of(user))
    status, found = await fetched(answer.body["downloadUrl"])
    assert (answer.status, status) == (200, 200)
    shown = (await api.get(f"{USERS}/{user['id']}", "include[]=partnerInvites&include[]=externalAppData")).data
    assert found["user.json"] == shown | {"amountDue": 0}
    assert found["user.json"]["externalAppData"] == {"externalCustomerId": "c1"}
    assert found["id-tags.json"] == [tag]
    assert [row["subject"] for row in found["emails.json"]] == [f"{partner['name']} invites you"]
    sessions = (await api.get("/resources/sessions/v1.0", f"filter[userId]={user['id']}")).data
    assert (found["sessions.json"], len(sessions)) == (sessions, 1)
    assert found["sessions.json"][0]["idTag"] == "04AABBCC"
    assert [row["idTagUid"] for row in found["authorizations.json"]] == ["04AABBCC"]
    assert found["reservations.json"] == (await api.get("/resources/reservations/v1.0")).data
    assert [row["id"] for row in found["charge-points.json"]] == [own["id"]]
    assert found["smart-charging-preferences.json"] == [{"chargePointId": own["id"]} | SUN]
    assert found["shared-charge-points.json"] == [{"chargePointId": shared, "sharedOn": share["sharedOn"]}]
    assert {row["session_id"] for row in found["meter-values.json"]} == {int(sessions[0]["id"])}
    assert 3000 in [row["energy_wh"] for row in found["meter-values.json"]]
    assert [(row["source"], row["energy_wh"]) for row in found["charging-needs.json"]] == [("vehicle", 5000)]
    assert [row["data"] for row in found["signed-readings.json"]] == ["OCMF|{}"]
    assert [row["raw"] for row in found["frames.json"]] == ['[2,"1","StartTransaction",{"idTag":"04aabbcc"}]']
    [change] = found["status-changes.json"]
    assert change["changes"]["reason"] == "has paid"
    assert "04DDEEFF" not in json.dumps(found)
    assert "password" not in json.dumps(found)


async def test_it_is_good_for_a_day_and_for_who_is_there(api: Client, given: Given, system: System) -> None:
    user = await given.user()
    url = (await api.get(export_of(user))).body["downloadUrl"]
    assert (await fetched(url.replace("private-data/", "firmware/", 1)))[0] == 403
    assert (await fetched(url[:-30]))[0] == 403
    await api.delete(f"{USERS}/{user['id']}")
    assert (await fetched(url))[0] == 404
    assert (await api.get(export_of(user))).status == 404


async def test_who_took_it_is_on_record(api: Client, given: Given, system: System) -> None:
    user = await given.user()
    await api.get(export_of(user))
    async with system.database.read() as tx:
        acts = await tx.all(select(audit.c.changes).where(audit.c.action.like("%Export All Private Data")))
    assert [act["changes"] for act in acts] == [{"id": int(user["id"])}]


async def test_a_partner_gets_none(given: Given) -> None:
    partner = await given.client("*", partner_id=7)
    try:
        user = (await partner.post(USERS, {"email": "own@example.org", "password": "long enough"})).data
        assert (await partner.get(f"{USERS}/{user['id']}")).status == 200
        assert (await partner.get(export_of(user))).status == 403
    finally:
        await partner.close()
