"""The delivery log, and how subscriptions fare, as those see them who run the system."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.kit.views import stamp
from ohmstead.rooms.operator.admins import api_token
from tests.client import Client
from tests.given import Given
from tests.rooms.notices.logged import delivery, logged
from tests.rooms.notices.noticed import changed

PATH, STATES = "/internal/notification-deliveries/v1.0", "/internal/notifications/v1.0"
URL = "http://127.0.0.1:1/"
THEN = datetime(2026, 11, 1, 8, tzinfo=UTC)
LOG = [{"at": "2026-11-01T08:00:00+00:00", "status": 500, "error": "HTTP 500", "latencyMs": 12}]


async def test_a_delivery_says_what_came_of_it(api: Client, system: System, given: Given) -> None:
    its = (await given.subscription(URL, "evse.changed"))["id"]
    last = {"response_status": 500, "error": "HTTP 500", "latency_ms": 12, "log": LOG, "created_at": THEN}
    key = await logged(system, its, attempts=8, due_at=THEN + timedelta(seconds=5), **last)
    event = (await delivery(system, key))["event_id"]
    shown = {
        "id": key, "subscriptionId": its, "eventId": f"msg_{event}", "name": "evse.changed", "entity": "evse:7",
        "status": "pending", "attempts": 1, "log": LOG, "responseStatus": 500, "error": "HTTP 500", "latencyMs": 12,
        "nextAttemptAt": "2026-11-01T08:00:05+00:00", "deliveredAt": None, "bytes": 38, "createdAt": stamp(THEN),
    }  # fmt: skip
    assert (await api.get(f"{PATH}/{key}")).data == shown
    assert (await api.get(PATH)).data == [shown]
    body = '{"notification":"evse.changed","id":7}'
    assert (await api.get(f"{PATH}/{key}", "include[]=body")).data == shown | {"body": body}
    assert (await api.get(PATH, "include[]=body")).data == [shown | {"body": body}]


async def test_a_body_is_for_who_may_read_what_it_tells(system: System, given: Given) -> None:
    key = await logged(system, (await given.subscription(URL, "evse.changed"))["id"])
    client = await given.client("notification-deliveries.read")
    assert (await client.get(f"{PATH}/{key}", "include[]=body")).data["body"] is None
    await client.close()


async def test_deliveries_are_found(api: Client, system: System, given: Given) -> None:
    one = (await given.subscription(URL, "evse.changed"))["id"]
    other = (await given.subscription(URL, "evse.changed"))["id"]
    keys = [
        await logged(system, one, created_at=THEN),
        await logged(system, one, "circuit.changed", entity="circuit:1", created_at=THEN + timedelta(hours=1)),
        await logged(system, other, status="failed", due_at=None, created_at=THEN + timedelta(hours=2)),
    ]
    event = (await delivery(system, keys[1]))["event_id"]
    for query, places in (
        (f"filter[subscriptionId]={one}", [0, 1]),
        ("filter[notification]=circuit.changed", [1]),
        ("filter[entity]=evse:7", [0, 2]),
        ("filter[status]=failed", [2]),
        ("filter[createdAfter]=2026-11-01T09:00:00Z", [1, 2]),
        ("filter[createdBefore]=2026-11-01T09:00:00Z", [0, 1]),
        (f"filter[eventId]=msg_{event}", [1]),
        (f"filter[eventId]={event}", [1]),
        (f"filter[eventId]=msg_{event}&filter[status]=failed", []),
    ):
        assert [row["id"] for row in (await api.get(PATH, query)).data] == [keys[place] for place in places], query
    assert (await api.get(PATH, "filter[eventId]=msg_x")).data == []
    for wrong in ("filter[status]=lost", "filter[subscriptionId]=x"):
        assert (await api.get(PATH, wrong)).status == 422


async def test_deliveries_go_with_their_subscription(api: Client, system: System, given: Given) -> None:
    gone = (await given.subscription(URL, "evse.changed"))["id"]
    left = await logged(system, (await given.subscription(URL, "evse.changed"))["id"])
    await logged(system, gone)
    assert (await api.delete(f"/notifications/v2.0/{gone}")).status == 204
    assert [row["id"] for row in (await api.get(PATH)).data] == [left]


async def test_how_subscriptions_fare(api: Client, system: System, given: Given) -> None:
    fine = (await given.subscription(URL, "evse.changed"))["id"]
    client = await given.client("*")
    body = {"via": "webhook", "notifications": ["evse.changed"], "webhook": {"callbackUrl": URL}}
    revoked = (await client.post("/notifications/v2.0", body)).data["id"]
    await client.close()
    async with system.database.begin() as tx:
        await tx.run(update(api_token).where(api_token.c.name == "narrow").values(revoked_at=tx.now))
    off = (await given.subscription(URL, "evse.changed"))["id"]
    await changed(system, off, disabled_at=THEN, disabled_reason="HTTP 410", failing_since=THEN)
    for status in ("pending", "pending", "failed", "delivered"):
        await logged(system, fine, status=status)
    shown = {row["id"]: row for row in (await api.get(STATES)).data}
    assert {key: row["state"] for key, row in shown.items()} == {
        fine: "enabled", revoked: "tokenRevoked", off: "disabled",
    }  # fmt: skip
    assert [(shown[key]["pending"], shown[key]["failed"]) for key in (fine, off)] == [(2, 1), (0, 0)]
    assert (await api.get(f"{STATES}/{off}")).data == {
        "id": off, "via": "webhook", "notifications": ["evse.changed"], "callbackUrl": URL, "state": "disabled",
        "disabledAt": stamp(THEN), "disabledReason": "HTTP 410", "failingSince": stamp(THEN), "resentAt": None,
        "pending": 0, "failed": 0,
    }  # fmt: skip
