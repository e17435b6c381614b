"""Erasure: of a user who is deleted nothing is left anywhere that names the person, and the accounts are."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from ohmstead.app.system import System
from ohmstead.kit.audit import Act, write_audit
from ohmstead.kit.facts import outbox
from ohmstead.rooms.charging.authorizations import authorization
from ohmstead.rooms.charging.offline_tags.table import keep, kept
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.devices.certificates.tables import contract_certificate
from ohmstead.rooms.devices.communication.log import communication_log
from ohmstead.rooms.devices.communication.security_events import security_event
from ohmstead.rooms.devices.durable_facts import SecurityEventReceived
from ohmstead.rooms.devices.stations import LocalTag
from ohmstead.rooms.operator import settings
from ohmstead.store.outbox import OutboxReader
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, later, site

USERS = "/resources/users/v1.0"
TAG, NUMBER, LABEL = "04A1B2C3D4", "31415926", "Ohm's blue card"
PERSON: dict[str, Any] = {
    "email": "georg.ohm@example.org", "first_name": "Georgius", "middle_name": "Simonius", "last_name": "Ohmatsch",
    "phone": "+43 664 1234567", "address": "Resistance Alley 9", "vehicle_no": "W-OHM 1", "personal_id": "AT-778899",
    "externalId": "crm-5577", "nonce": "nonce-georg", "externalAppData": {"externalCustomerId": "cust-9988"},
    "bankDetails": {"bankIban": "AT611904300234573201"},
}  # fmt: skip
TRACES = (
    TAG, NUMBER, LABEL, "georg.ohm@example", "Georgius", "Simonius", "Ohmatsch", "664 1234567", "Resistance Alley",
    "W-OHM", "778899", "crm-5577", "nonce-georg", "cust-9988", "6119043002", "tag-5566",
)  # fmt: skip


async def found(system: System, traces: Iterable[str] = TRACES) -> set[str]:
    """Where in the whole database any of these stands: `table.column: trace`, whatever the case."""
    kinds = ("text", "character varying", "jsonb", "json", "ARRAY", "bytea")
    columns = text(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
        " USING (table_schema, table_name) WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'"
        f" AND c.data_type IN {kinds}"
    )
    async with system.database.read() as tx:
        places = [tuple(row) for row in await tx.all(columns)]
        assert ("communication_log", "raw") in places
        return {
            f"{table}.{column}: {trace}"
            for table, column in places
            for trace in traces
            if await tx.one(
                text(f'SELECT 1 FROM "{table}" WHERE position(lower(:trace) in lower("{column}"::text)) > 0 LIMIT 1'),
                trace=trace,
            )
        }


async def driver(given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
    user = await given.user(**PERSON)
    tag = await given.id_tag(userId=int(user["id"]), idTagUid=TAG, idLabel=LABEL, externalId="tag-5566")
    await given.id_tag(userId=int(user["id"]), idTagUid=NUMBER)
    return user, tag


async def charged(here: Site) -> None:
    """A charge with the tag, as a station tells it, in other letters."""
    assert (await here.presents(TAG.lower())).status == "accepted"
    number, _ = await here.starts(TAG.lower())
    await here.stops(number, later(30), 6000, id_tag=TAG.lower())
    await here.presents(NUMBER)


async def told(system: System, here: Site, wh: str = "5") -> None:
    """What logs have of them."""
    async with system.database.begin() as tx:
        times = {"at": tx.now, "answered_at": tx.now, "charge_point_id": here.id, "direction": "in"}
        for raw in (
            f'[2,"1","StartTransaction",{{"idTag":"{TAG.lower()}","meterStart":{wh}}}]',
            f'[2,"2","Authorize",{{"idTag":"{NUMBER}"}}]',
            r'[2,"3","DataTransfer",{"data":"Georgius Ohmatsch \u00b7 GEORG.OHM@example.org"}]',
        ):
            await tx.run(insert(communication_log).values(**times, action="x", message_id="1", raw=raw, answer=raw))
        event = {"created_at": tx.now, "updated_at": tx.now, "timestamp": tx.now, "type": "x"}
        await tx.run(insert(security_event).values(**event, tech_info=f"tag {TAG} of Georgius Ohmatsch refused"))
        await keep(tx, here.id, 3, [LocalTag(id_tag=TAG), LocalTag(id_tag="OTHER1")])
        await write_audit(tx, Act("x", "y", changes={"to": "georg.ohm@example.org"}, refused=f"no tag {TAG}"))
        moment = "2026-11-01T08:00:00+00:00"
        tx.tell(SecurityEventReceived(id=1, charge_point_id=1, timestamp=moment, type="x", tech_info=f"tag {TAG}"))
    async with system.database.begin() as tx:  # one that could not be told
        await tx.run(update(outbox).values(failed_at=tx.now, error=f"{TAG} of +43 664 1234567").where(
            outbox.c.topic == SecurityEventReceived.topic))  # fmt: skip


async def drained(system: System) -> None:
    while await OutboxReader(system.database).drain():
        pass


async def test_a_deleted_user_is_named_nowhere(api: Client, given: Given, system: System, gateway: Gateway) -> None:
    here = await site(given)
    user, tag = await driver(given)
    await charged(here)
    await told(system, here)
    status = {"status": "enabled", "reason": "Georgius has paid"}
    await api.post(f"/actions/users/v1.0/{user['id']}/change-status", status)
    invite = {"partnerId": (await given.partner())["id"], "email": PERSON["email"].upper()}
    await given.made("/resources/partner-invites/v1.0", invite)
    before = await found(system)
    assert {one.partition(": ")[2] for one in before} == {*TRACES}  # each is found where it is
    assert (await api.delete(f"{USERS}/{user['id']}")).status == 204
    await drained(system)
    assert await found(system) == set()
    assert (await api.get(f"/resources/id-tags/v2.0/{tag['id']}")).status == 404


async def test_vehicles_of_the_deleted_are_named_nowhere(api: Client, given: Given, system: System) -> None:
    async with system.database.begin() as tx:
        await settings.put(tx, "plugAndCharge", countryCode="DE", providerId="OHM")
    user, _ = await driver(given)
    body = {"pcId": "WOHMZZ1Z9EP000017", "name": "Georgius' car", "vehicleType": "private", "userId": int(user["id"])}
    path = "/resources/provisioning-certificates/v2.0"
    made = await given.made(path, body)
    await api.post(f"/actions/provisioning-certificate/v1.0/{made['id']}/issue-emaid", {})
    [emaid] = (await api.get(f"{path}/{made['id']}")).data["idTags"]
    traces = (body["pcId"], emaid["name"], "Georgius")
    assert {one.partition(": ")[2] for one in await found(system, traces)} == {*traces}
    assert (await api.delete(f"{USERS}/{user['id']}")).status == 204
    await drained(system)
    assert await found(system, traces) == set()
    async with system.database.read() as tx:
        assert [row["revoked_at"] is None for row in await tx.all(select(contract_certificate))] == [False]


async def test_accounts_of_a_deleted_user_stay(api: Client, given: Given, system: System, gateway: Gateway) -> None:
    here = await site(given)
    user, _ = await driver(given)
    await charged(here)
    for _ in range(2):  # by then it is priced, and known to cost nothing
        await drained(system)
    [one] = (await api.get("/resources/sessions/v1.0")).data
    allowed = (await api.get("/resources/authorizations/v2.0")).data
    await api.delete(f"{USERS}/{user['id']}")
    await drained(system)
    [after] = (await api.get("/resources/sessions/v1.0")).data
    assert after == {name: value for name, value in one.items() if name not in ("idTag", "idTagLabel")}
    assert one["idTag"] == TAG.lower()
    assert after["energy"] == 5000
    stayed = (await api.get("/resources/authorizations/v2.0")).data
    assert stayed == [{name: value for name, value in row.items() if name != "idTagUid"} for row in allowed]


async def test_a_log_loses_nothing_else(api: Client, given: Given, system: System, gateway: Gateway) -> None:
    here = await site(given)
    user, _ = await driver(given)
    await told(system, here, NUMBER)
    await api.delete(f"{USERS}/{user['id']}")
    await drained(system)
    async with system.database.read() as tx:
        frames = [row["raw"] for row in await tx.all(select(communication_log.c.raw))]
        assert (await kept(tx, here.id)) is None  # so that the next list is sent whole, without the tag
    assert frames == [
        f'[2,"1","StartTransaction",{{"idTag":"***","meterStart":{NUMBER}}}]',
        '[2,"2","Authorize",{"idTag":"***"}]',
        r'[2,"3","DataTransfer",{"data":"*** \u00b7 ***"}]',
    ]


async def test_who_was_turned_away_is_forgotten(api: Client, given: Given, system: System, gateway: Gateway) -> None:
    """A tag that was tried before it was anybody's."""
    here = await site(given)
    await here.presents(TAG)
    await here.presents("UNKNOWN1")
    user, _ = await driver(given)
    await api.delete(f"{USERS}/{user['id']}")
    await drained(system)
    async with system.database.read() as tx:
        left = [row["id_tag_uid"] for row in await tx.all(select(authorization.c.id_tag_uid))]
    assert sorted(left, key=str) == [None, "UNKNOWN1"]


async def test_what_is_somebody_elses_stays(api: Client, given: Given, system: System, gateway: Gateway) -> None:
    here = await site(given)
    other = await given.user(email="other@example.org", first_name="Georgius", last_name="Other")
    await given.id_tag(userId=int(other["id"]), idTagUid="04FFFFFFFF", idLabel="his")
    number, _ = await here.starts("04FFFFFFFF")
    await here.stops(number, later(30), 6000)
    user, _ = await driver(given)
    await api.delete(f"{USERS}/{user['id']}")
    await drained(system)
    assert (await api.get(f"{USERS}/{other['id']}")).data == other
    [one] = (await api.get("/resources/sessions/v1.0")).data
    assert (one["idTag"], one["idTagLabel"]) == ("04FFFFFFFF", "his")


async def test_a_user_who_charges_stays(api: Client, given: Given, system: System, gateway: Gateway) -> None:
    here = await site(given)
    user, _ = await driver(given)
    number, _ = await here.starts(TAG)
    answer = await api.delete(f"{USERS}/{user['id']}")
    assert (answer.status, "session that runs" in answer.body["message"]) == (409, True)
    await here.stops(number, later(30), 6000)
    assert (await api.delete(f"{USERS}/{user['id']}")).status == 204


async def test_the_charge_points_of_the_deleted_are_nobodys(api: Client, given: Given, system: System) -> None:
    user = await given.user()
    point = await given.charge_point(type="personal", pin="1234")
    actions = f"/actions/charge-point/{{}}/{point['id']}"
    await api.post(actions.format("v1.0") + "/change-owner", {"userId": int(user["id"])})
    await api.post(actions.format("v2.0") + "/change-sharing-code", {"sharingCode": "come in"})
    await api.delete(f"{USERS}/{user['id']}")
    shown = (await api.get(f"/resources/charge-points/v2.0/{point['id']}")).data
    assert (shown.get("userId"), shown.get("sharingCode")) == (None, None)
    async with system.database.read() as tx:
        topics = [row["payload"] for row in await tx.all(select(outbox).where(outbox.c.topic == "chargePoint.changed"))]
    assert topics[-1] == {"id": point["id"], "action": "updated"}


async def test_an_email_is_free_again(api: Client, given: Given) -> None:
    user = await given.user(**PERSON)
    await api.delete(f"{USERS}/{user['id']}")
    assert (await given.user(**PERSON))["id"] != user["id"]


@pytest.mark.parametrize("uid", ["a", "17", r"x\"y", "a.b*c(d"])
async def test_odd_tags_harm_nothing(api: Client, given: Given, system: System, gateway: Gateway, uid: str) -> None:
    here = await site(given)
    user = await given.user()
    await given.id_tag(userId=int(user["id"]), idTagUid=uid)
    number, _ = await here.starts(uid)
    await here.stops(number, later(30), 6017)
    await api.delete(f"{USERS}/{user['id']}")
    await drained(system)
    [one] = (await api.get("/resources/sessions/v1.0")).data
    assert "idTag" not in one
    async with system.database.read() as tx:
        assert await tx.value(select(session.c.meter_stop_wh)) == 6017


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        (r'{"name":"J\u00fcrgen \u00d6hm"}', '{"name":"***"}'),
        ('{"name":"jürgen öhm (12)"}', '{"name":"*** (12)"}'),
        (r'{"name":"of\nJürgen Öhm"}', r'{"name":"of\n***"}'),
        ('{"name":"Jürgen Öhms"}', '{"name":"Jürgen Öhms"}'),
        ('{"name":"Jürgen"}', '{"name":"Jürgen"}'),
    ],
)
async def test_a_name_is_found_as_json_has_it(api: Client, given: Given, system: System, raw: str, left: str) -> None:
    user = await given.user(first_name="Jürgen", last_name="Öhm")
    async with system.database.begin() as tx:
        frame = {"at": tx.now, "charge_point_id": 1, "direction": "in", "action": "x", "message_id": "1"}
        await tx.run(insert(communication_log).values(**frame, raw=raw))
    await api.delete(f"{USERS}/{user['id']}")
    await drained(system)
    async with system.database.read() as tx:
        assert await tx.value(select(communication_log.c.raw)) == left
