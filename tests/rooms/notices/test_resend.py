"""Resending what could not be delivered: which of it, how often, and when not."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.engines.delivery_schedule import MOST_ATTEMPTS
from ohmstead.kit.views import stamp
from ohmstead.rooms.notices.wanted import changed as subscription_written
from ohmstead.rooms.operator.admins import api_token
from tests.client import Answer, Client
from tests.given import Given
from tests.rooms.notices.logged import delivery, logged
from tests.rooms.notices.noticed import changed
from tests.rooms.notices.sending import Receivers, broken, fine, worker

URL = "http://127.0.0.1:1/"
THEN = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAILED: dict[str, Any] = {"status": "failed", "due_at": None, "attempts": MOST_ATTEMPTS, "error": "timeout"}


async def resend(api: Client, key: int, *names: str, **body: Any) -> Answer:
    asked = {"notifications": list(names or ("evse.changed",))} | body
    return await api.post(f"/actions/notifications/v1.0/{key}/resend", asked)


async def resent(system: System, *keys: int) -> list[bool]:
    """Which of them wait again."""
    return [(await delivery(system, key))["status"] == "pending" for key in keys]


async def test_what_failed_has_one_more_attempt(api: Client, system: System, given: Given) -> None:
    key = (await given.subscription(URL, "evse.changed"))["id"]
    failed = await logged(system, key, **FAILED)
    early = await logged(system, key, **FAILED | {"attempts": 1})
    waits, done = await logged(system, key), await logged(system, key, status="delivered", due_at=None)
    told: list[int] = []
    end = subscription_written.connect(told.append)
    answer = await resend(api, key)
    end()
    assert (answer.status, answer.body, told) == (202, None, [key])
    for one, attempts in ((failed, MOST_ATTEMPTS), (early, MOST_ATTEMPTS - 1)):
        row = await delivery(system, one)
        assert (row["status"], row["attempts"], row["due_at"] is None) == ("pending", attempts, False)
    assert (await delivery(system, waits))["attempts"] == 0
    assert (await delivery(system, done))["status"] == "delivered"


async def test_what_fails_again_is_back_on_the_list(api: Client, system: System, given: Given) -> None:
    key, to = (await given.subscription(URL, "evse.changed"))["id"], Receivers()
    failed = await logged(system, key, **FAILED)
    to.answer = broken
    async with worker(system, to) as work:
        assert (await resend(api, key)).status == 202
        async with asyncio.timeout(15):
            while (row := await delivery(system, failed))["status"] != "failed":
                await work.clock.sleep(2)
        assert (len(to.seen), row["error"], len(row["log"])) == (1, "HTTP 500", 1)
        to.answer = fine
        await changed(system, key, resent_at=None)
        assert (await resend(api, key)).status == 202
        await to.until(lambda: len(to.taken) == 1)
    assert [one.message.id for one in to.seen] == [f"msg_{row['event_id']}"] * 2


async def test_only_what_is_named_and_in_time(api: Client, system: System, given: Given) -> None:
    key = (await given.subscription(URL, "evse.changed", "reservation.changed"))["id"]
    other = (await given.subscription(URL, "evse.changed"))["id"]
    hour = timedelta(hours=1)
    at = [THEN - hour, THEN, THEN + timedelta(milliseconds=400), THEN + hour]
    keys = [await logged(system, key, "reservation.changed", **FAILED, created_at=moment) for moment in at]
    apart = await logged(system, key, **FAILED, created_at=THEN), await logged(system, other, **FAILED)
    bounds = {"startTime": stamp(THEN), "endTime": stamp(THEN)}
    assert (await resend(api, key, "ReservationChangedNotification", **bounds)).status == 202
    assert await resent(system, *keys) == [False, True, True, False]
    assert await resent(system, *apart) == [False, False]
    await changed(system, key, resent_at=None)
    assert (await resend(api, key, "reservation.changed", startTime="2026-11-01T09:00:00")).status == 202
    assert await resent(system, *keys) == [False, True, True, True]


async def test_once_in_fifteen_minutes(api: Client, system: System, given: Given) -> None:
    key = (await given.subscription(URL, "evse.changed"))["id"]
    other = (await given.subscription(URL, "evse.changed"))["id"]
    assert (await resend(api, key)).status == 202
    again = await resend(api, key)
    assert (again.status, "15 minutes" in again.body["message"]) == (409, True)
    assert (await resend(api, other)).status == 202
    await changed(system, key, resent_at=system.clock.now() - timedelta(minutes=14, seconds=50))
    assert (await resend(api, key)).status == 409
    await changed(system, key, resent_at=system.clock.now() - timedelta(minutes=15))
    assert (await resend(api, key)).status == 202


async def test_not_to_who_is_told_nothing(api: Client, system: System, given: Given) -> None:
    disabled = (await given.subscription(URL, "evse.changed"))["id"]
    failed = await logged(system, disabled, **FAILED)
    await changed(system, disabled, disabled_at=system.clock.now(), disabled_reason="410")
    assert (await resend(api, disabled)).status == 409
    body = {"via": "webhook", "notifications": ["evse.changed"], "webhook": {"callbackUrl": URL}}
    assert (await api.put(f"/notifications/v2.0/{disabled}", body)).status == 200
    assert await resent(system, failed) == [False]
    assert (await resend(api, disabled)).status == 202
    assert await resent(system, failed) == [True]
    client = await given.client("*")
    revoked = (await client.post("/notifications/v2.0", body)).data["id"]
    await client.close()
    async with system.database.begin() as tx:
        await tx.run(update(api_token).where(api_token.c.name == "narrow").values(revoked_at=tx.now))
    assert (await resend(api, revoked)).status == 409
    assert (await resend(api, 999)).status == 404


async def test_what_is_wrong_is_named(api: Client, given: Given) -> None:
    key = (await given.subscription(URL, "evse.changed"))["id"]
    path = f"/actions/notifications/v1.0/{key}/resend"
    named = {"notifications": ["evse.changed"]}
    for body, field in (
        ({}, "notifications"),
        ({"notifications": []}, "notifications"),
        ({"notifications": ["evse.changed", "x"]}, "notifications.1"),
        (named | {"startTime": "soon"}, "startTime"),
        (named | {"startTime": "2026-11-02", "endTime": "2026-11-01"}, "endTime"),
    ):
        answer = await api.post(path, body)
        assert (answer.status, [*answer.body["errors"]]) == (422, [field])
    narrow = await given.client("notifications.write", "notifications.read")
    assert (await narrow.post(path, named)).status == 403
    await narrow.close()
