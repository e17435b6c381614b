"""Payment terminals: twelve kinds in one place each, and what the token of one may do (D48)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.app.rooms import OPERATIONS
from ohmstead.kit.versions import Version
from ohmstead.rooms.billing.terminals.resource import terminals
from ohmstead.rooms.billing.terminals.table import payment_terminal
from ohmstead.rooms.billing.terminals.tokens import ONLINE_FOR, SCOPES
from ohmstead.rooms.billing.terminals.views import KINDS, having
from ohmstead.rooms.billing.transactions.table import payment_transaction
from ohmstead.rooms.charging.authorizations import authorization
from ohmstead.rooms.operator.admins import api_token
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.charges import Gateway, site
from tests.rooms.partner_walk import World
from tests.rooms.test_partner_walk import agrees, walked

TERMINALS = "/resources/payment-terminals/v1.0"
TRANSACTIONS = "/resources/transactions/v1.0"
POINT, EVSE = "/actions/charge-point/v1.0", "/actions/evse/v1.0"
TEXTS = [{"locale": "en", "translation": "Hold your card here"}]
NAMED = {"name": "T", "integrationId": 3, "operatorId": 4}
SCREEN = {"defaultLanguage": "de", "presentCardOnStopSession": True, "info": TEXTS}
WATCHED = SCREEN | {"phone": "+43 1", "networkStatus": "online"}
PAYTER = NAMED | {"serialNumber": "P", "defaultLanguage": "en", "displayText": "Hello", "displayTextTimeout": 10}
FIELDS: dict[str, dict[str, Any]] = {
    "Payter": PAYTER | {"preauthorizeAmount": 50.25},
    "Valina": WATCHED,
    "Crane": {},
    "Ampeco": {},
    "Nayax": {"terminalId": "0434"},
    "Embedded": {},
    "Pax": SCREEN | {"verificationCode": "1234"},
    "Windcave": {},
    "Web portal": NAMED,
    "AdyenCastles": WATCHED | {"merchantAccount": "Us", "adyenApiKey": "AQE"},
    "Printec Castles": WATCHED,
    "Cardlink Castles": WATCHED,
}
"""What each kind has of its own."""


async def terminal(given: Given, kind: str = "Valina", **fields: Any) -> dict[str, Any]:
    return await given.made(TERMINALS, {"terminalType": kind} | FIELDS[kind] | fields)


class TestPaymentTerminals(ResourceContract):
    resource = terminals
    update = {"serialNumber": "S2", "phone": "+43 2", "presentCardOnStopSession": True}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        point = await given.charge_point()
        return {"terminalType": "Valina", "chargePointId": point["id"], "serialNumber": "S1"} | NAMED | WATCHED


async def test_each_kind_has_its_fields(api: Client, given: Given) -> None:
    await given.currency()
    point = await given.charge_point()
    assert FIELDS.keys() == KINDS.keys()
    for kind, own in FIELDS.items():
        place = {} if kind == "Web portal" else {"chargePointId": point["id"], "externalId": "x"}
        made = await terminal(given, kind, **place)
        assert made | {"terminalType": kind} | own | place == made, kind
        assert ("adminToken" in made) == (kind in having("admin_token")), kind
        assert made.get("isOnline") == (False if kind == "Payter" else True if "isOnline" in made else None), kind
        assert made.get("countryCode") == ("AT" if kind in having("country_code") else None), kind
        assert made.get("currencyCode") == ("EUR" if kind in having("currency_code") else None), kind
        assert (await api.get(f"{TERMINALS}/{made['id']}")).data == made
    listed = await api.get(TERMINALS)
    assert [one["terminalType"] for one in listed.data] == list(KINDS)
    assert [one["terminalType"] for one in (await api.get(TERMINALS, "filter[serialNumber]=P")).data] == ["Payter"]


async def test_a_kind_has_no_field_of_another_and_never_changes(api: Client, given: Given) -> None:
    made = await terminal(given, "Nayax", chargePointId=(await given.charge_point())["id"])
    path = f"{TERMINALS}/{made['id']}"
    assert (await api.patch(path, {"terminalType": "Nayax", "terminalId": "9"})).data["terminalId"] == "9"
    answer = await api.patch(path, {"terminalType": "Pax", "verificationCode": "1"})
    assert answer.status == 422
    assert answer.body["errors"] == {
        "terminalType": ["The terminal type cannot be changed: it is Nayax."],
        "verificationCode": ["The verification code is no field of the type Nayax."],
    }
    assert (await api.post(TERMINALS, {"terminalType": "Sumup"})).status == 422
    assert "terminalType" in (await api.post(TERMINALS, {})).body["errors"]


async def test_it_stands_in_a_zone_or_at_a_charge_point(api: Client, given: Given) -> None:
    point, zone = (await given.charge_point())["id"], (await given.row_of("charging-zones"))["id"]
    both = {"chargingZoneId": zone, "chargePointId": point}
    for places, field in (({}, "chargingZoneId"), (both, "chargePointId")):
        answer = await api.post(TERMINALS, {"terminalType": "Crane"} | places)
        assert (answer.status, list(answer.body["errors"])) == (422, [field]), places
    made = await terminal(given, "Crane", chargingZoneId=zone)
    path = f"{TERMINALS}/{made['id']}"
    assert (await api.patch(path, {"chargePointId": point})).status == 422
    assert (await api.patch(path, {"chargingZoneId": None})).status == 422
    moved = await api.patch(path, {"chargePointId": point, "chargingZoneId": None})
    assert (moved.data["chargePointId"], "chargingZoneId" in moved.data) == (point, False)


async def test_a_payter_holds_an_amount_at_one_charge_point_and_waits_in_a_zone(api: Client, given: Given) -> None:
    point, zone = (await given.charge_point())["id"], (await given.row_of("charging-zones"))["id"]
    body = {"terminalType": "Payter"} | PAYTER
    for place, wanted in (
        ({"chargePointId": point}, "preauthorizeAmount"),
        ({"chargingZoneId": zone}, "transactionTimeout"),
    ):
        answer = await api.post(TERMINALS, body | place)
        assert (answer.status, list(answer.body["errors"])) == (422, [wanted])
        assert (await given.made(TERMINALS, body | place | {wanted: 30}))[wanted] == 30
    missing = await api.post(TERMINALS, {"terminalType": "Payter", "chargePointId": point})
    assert missing.body["errors"].keys() >= {"name", "integrationId", "operatorId", "serialNumber", "defaultLanguage"}


async def test_where_one_stands_stays(api: Client, given: Given) -> None:
    point, zone = (await given.charge_point())["id"], await given.row_of("charging-zones")
    made = [
        await terminal(given, "Crane", chargePointId=point),
        await terminal(given, "Crane", chargingZoneId=zone["id"]),
    ]
    location = f"/resources/locations/v2.0/{zone['locationId']}"
    places = (f"/resources/charge-points/v2.0/{point}", f"{location}/charging-zones/{zone['id']}", location)
    assert [(await api.delete(path)).status for path in places] == [409, 409, 409]
    for one in made:
        assert (await api.delete(f"{TERMINALS}/{one['id']}")).status == 204
    assert [(await api.delete(path)).status for path in places[:2]] == [204, 204]


async def test_secrets_are_shown_to_whom_they_are_no_news(given: Given) -> None:
    point = (await given.charge_point())["id"]
    made = await terminal(given, "AdyenCastles", chargePointId=point)
    reads, does = await given.client("payment-terminals.read"), await given.client("payment-terminals.read", *SCOPES)
    for client, shown in ((reads, False), (does, True)):
        found = (await client.get(f"{TERMINALS}/{made['id']}")).data
        assert [name in found for name in ("adminToken", "adyenApiKey")] == [shown, shown]
        await client.close()
    async with given.system.database.read() as tx:
        token = await tx.one(select(api_token).where(api_token.c.terminal_id == made["id"]))
        kept = await tx.one(select(payment_terminal))
    assert token is not None
    assert kept is not None
    assert made["adminToken"].encode() not in token["secret"] + token["hash"]
    assert b"AQE" not in kept["adyen_api_key"]


@pytest.fixture
async def at_point(given: Given, gateway: Gateway) -> AsyncIterator[tuple[Any, Any, dict[str, Any], Client]]:
    """A terminal's charge point, another one, the terminal, and a client with its token."""
    here, there = await site(given, 2), await site(given)
    made = await terminal(given, chargePointId=here.id)
    client = Client(given.api.base, made["adminToken"])
    yield here, there, made, client
    await client.close()


async def test_it_is_online_for_ten_minutes_after_a_call(api: Client, given: Given, at_point: Any) -> None:
    here, _, made, client = at_point
    path = f"{TERMINALS}/{made['id']}"

    async def status() -> str:
        found = (await api.get(path)).data
        assert found["isOnline"] == (found["networkStatus"] == "online")
        return found["networkStatus"]

    for said in ("unknown", "offline"):
        assert (await api.patch(path, {"networkStatus": said})).data["networkStatus"] == said
        given.system.authenticator.forget()
        assert (await client.post(f"{EVSE}/{here.evses[0]}/start", {"userId": 999})).status == 422
        assert await status() == "online"
    async with given.system.database.begin() as tx:
        until = await tx.value(select(payment_terminal.c.online_until))
        await tx.run(update(payment_terminal).values(online_until=until - ONLINE_FOR))
    assert await status() == "offline"


async def test_it_starts_and_stops_at_its_evses_only(
    api: Client, given: Given, gateway: Gateway, at_point: Any
) -> None:
    here, there, made, client = at_point
    for path in (f"{POINT}/{there.id}/start", f"{POINT}/{there.id}/start/1", f"{EVSE}/{there.evses[0]}/start"):
        assert (await client.post(path, {})).status == 404, path
    user = int((await given.user())["id"])
    assert (await client.post(f"{EVSE}/{here.evses[0]}/start", {"userId": user})).status == 422
    assert gateway.commands == []
    begun = (await client.post(f"{EVSE}/{here.evses[0]}/start", {})).body
    assert begun["success"] is True
    of_others = (await api.post(f"{POINT}/{here.id}/start/2", {})).body
    shown = [(await api.get(f"/resources/sessions/v1.0/{one['sessionId']:.0f}")).data for one in (begun, of_others)]
    assert [one.get("terminalId") for one in shown] == [made["id"], None]
    assert [one.get("paymentType") for one in shown] == ["terminal", None]
    async with given.system.database.read() as tx:
        methods = await tx.all(select(authorization.c.method).order_by(authorization.c.id))
    assert [row["method"] for row in methods] == ["payment_terminal", "admin"]
    assert (await client.post(f"{POINT}/{here.id}/stop/{of_others['sessionId']:.0f}", {})).status == 404
    assert (await client.post(f"{POINT}/{here.id}/stop/{begun['sessionId']:.0f}", {})).status == 202


async def test_it_tells_what_it_collected_of_its_sessions(api: Client, given: Given, at_point: Any) -> None:
    here, there, made, client = at_point
    await given.currency()
    own = int((await client.post(f"{EVSE}/{here.evses[0]}/start", {})).body["sessionId"])
    foreign = int((await api.post(f"{EVSE}/{there.evses[0]}/start", {})).body["sessionId"])
    told = {"status": "authorized", "totalAmount": 25}
    for session in ({"sessionId": foreign}, {}):
        refused = await client.post(TRANSACTIONS, told | session)
        assert (refused.status, list(refused.body["errors"])) == (422, ["sessionId"])
    held = (await client.post(TRANSACTIONS, told | {"sessionId": own})).data
    assert (held["terminalId"], held["sessionId"]) == (made["id"], own)
    path = f"{TRANSACTIONS}/{held['id']}"
    by = {"methodType": "card", "cardNetwork": "visa", "last4": "4242"}
    paid = await client.patch(path, {"status": "finalized", "totalAmount": 12.34, "paymentMethod": by})
    assert (paid.status, paid.data["status"], paid.data["totalAmount"]) == (200, "finalized", 12.34)
    assert (await client.get(path)).body["terminalId"] == made["id"]
    async with given.system.database.read() as tx:
        assert await tx.value(select(payment_transaction.c.means)) == "terminal"
    of_others = (await given.made(TRANSACTIONS, told | {"sessionId": foreign}))["id"]
    for method, body in (("GET", None), ("PATCH", told)):
        assert (await client.request(method, f"{TRANSACTIONS}/{of_others}", body)).status == 404
    assert (await client.get(TRANSACTIONS)).status == 403


async def test_it_serves_the_charge_points_of_its_zone(api: Client, given: Given, gateway: Gateway) -> None:
    zone = await given.row_of("charging-zones")
    inside, outside = [await site(given, locationId=zone["locationId"]) for _ in range(2)]
    placed = await api.patch(f"/resources/charge-points/v2.0/{inside.id}", {"chargingZoneId": zone["id"]})
    assert placed.status == 200, placed.body
    made = await terminal(given, "Ampeco", chargingZoneId=zone["id"])
    client = Client(api.base, made["adminToken"])
    assert [(await client.post(f"{POINT}/{one.id}/start", {})).status for one in (inside, outside)] == [202, 404]
    await client.close()


async def test_its_token_dies_with_it(api: Client, given: Given, at_point: Any) -> None:
    here, _, made, client = at_point
    assert (await client.post(f"{POINT}/{here.id}/start", {"userId": 999})).status == 422
    assert (await api.delete(f"{TERMINALS}/{made['id']}")).status == 204
    assert (await client.post(f"{POINT}/{here.id}/start", {})).status == 404  # at once, though it is remembered for 5 s
    given.system.authenticator.forget()
    assert (await client.post(f"{POINT}/{here.id}/start", {})).status == 401


async def test_a_terminals_token_may_do_nothing_else(api: Client, given: Given, gateway: Gateway) -> None:
    """Every operation, with a terminal's token that had every scope on top: it stands where the world's rows are."""
    gateway.answer = agrees
    world = await World(given).make()
    made = await terminal(given, chargePointId=world.ids["chargePoint"])
    async with given.system.database.begin() as tx:
        await tx.run(update(api_token).where(api_token.c.terminal_id == made["id"]).values(scopes=["*"]))
    client = Client(api.base, made["adminToken"])
    opened = {f"{one.method} {one.path}" for one in OPERATIONS if one.open}  # to everybody
    found = {one: how for one, how in (await walked(client, world)).items() if how != "403" and one not in opened}
    await client.close()
    assert found == {
        "POST /public-api/resources/transactions/v1.0": "422",  # the session is another's
        "GET /public-api/resources/transactions/v1.0/{transaction}": "404",
        "PATCH /public-api/resources/transactions/v1.0/{transaction}": "404",
        "POST /public-api/actions/charge-point/v1.0/{chargePoint}/start": "422",  # the body names a user
        "POST /public-api/actions/charge-point/v1.0/{chargePoint}/start/{evse}": "422",
        "POST /public-api/actions/charge-point/v1.0/{chargePoint}/stop/{session}": "404",  # nor is the session its own
        "POST /public-api/actions/evse/v1.0/{evse}/start": "422",
    }
