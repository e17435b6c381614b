"""Events that are kept name a deleted user no more, and are sent all the same."""

from typing import Any

import msgspec
from sqlalchemy import insert, select

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.rooms.notices.fan_out import FanOut
from ohmstead.rooms.notices.tables import notification_event
from ohmstead.store.outbox import OutboxReader
from tests.client import Client
from tests.given import Given
from tests.notices import everything_wanted, told

USERS = "/resources/users/v1.0"
PERSON = {
    "email": "georg.ohm@example.org", "first_name": "Georgius", "last_name": "Ohmatsch", "address": "Resistance 9",
    "bankDetails": {"bankIban": "AT611904300234573201"},
}  # fmt: skip


async def kept(system: System, number: int, body: dict[str, Any], entity: str) -> None:
    """An event as the fan-out keeps it."""
    async with system.database.begin() as tx:
        row = {"fact_id": -number, "name": body["notification"], "entity": entity, "created_at": tx.now}
        await tx.run(insert(notification_event).values(row | {"body": msgspec.json.encode(body)}))


async def bodies(system: System) -> list[bytes]:
    async with system.database.read() as tx:
        return [row[0] for row in await tx.all(select(notification_event.c.body).order_by(notification_event.c.id))]


async def test_events_of_a_deleted_user_keep_its_id_alone(system: System, given: Given, api: Client) -> None:
    with everything_wanted():
        made = await given.user(**PERSON)
        other = await given.user(first_name="Georgius")
    mine, others = await told(system.database, "UserChangedNotification")
    await kept(system, 1, mine, f"user:{made['id']}")
    await kept(system, 2, others, f"user:{other['id']}")
    invite = {"notification": "partnerInvite.changed", "partnerInviteId": 1, "email": PERSON["email"]}
    await kept(system, 3, invite, "partnerInvite:1")
    assert (await api.delete(f"{USERS}/{made['id']}")).status == 204
    await OutboxReader(system.database).drain()
    user, untouched, invited = await bodies(system)
    assert user.startswith(b'{"notification"')
    assert msgspec.json.decode(user) == mine | {"user": {"id": made["id"]}}
    assert untouched == msgspec.json.encode(others)
    assert msgspec.json.decode(invited) == invite | {"email": "***"}


async def test_what_waits_in_the_outbox_carries_nothing_of_a_deleted_user(
    system: System, given: Given, api: Client
) -> None:
    with everything_wanted():
        made = await given.user(**PERSON)
        async with system.database.begin() as tx:
            await tx.run(outbox.update().values(failed_at=tx.now))  # it stays there
        assert (await api.delete(f"{USERS}/{made['id']}")).status == 204
    await OutboxReader(system.database, FanOut(system.database, system.clock)).drain()
    async with system.database.read() as tx:
        left = [row[0] for row in await tx.all(select(outbox.c.payload))]
    assert left == [{"id": int(made["id"]), "action": "created"}]
    (body,) = await told(system.database, "UserChangedNotification")
    assert body["user"] == {"id": made["id"]}
