"""Subscriptions to notifications: both versions, what is wrong with some, who may, and what is wanted by them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.app.system import System
from ohmstead.kit import facts
from ohmstead.kit.db import Database, Tx
from ohmstead.kit.facts import RowChanged
from ohmstead.kit.notifications import Notification
from ohmstead.kit.views import View
from ohmstead.rooms.notices import names
from ohmstead.rooms.notices import subscriptions as module
from ohmstead.rooms.notices.subscriptions import subscriptions, subscriptions_v1
from ohmstead.rooms.notices.tables import notification_subscription
from ohmstead.rooms.notices.wanted import Wanted
from ohmstead.rooms.operator.admins import api_token
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.notices.logged import logged

V1, V2 = "/notifications/v1.0", "/notifications/v2.0"
URL = "https://example.org/hook?key=a%20b"
HOOK = {"via": "webhook", "notifications": ["evse.changed"], "webhook": {"callbackUrl": URL}}
BROKERS = {"topic": "charging", "brokers": ["a.example:9092", "b.example"]}
ACCOUNT = {"securityProtocol": "SASL_SSL", "saslUsername": "ohm", "saslPassword": "volts"}
KAFKA = {"via": "kafka", "notifications": ["evse.changed"], "kafka": BROKERS}


class EvseTold(RowChanged, topic="test.evseTold"):
    """In place of what other rooms tell."""


class BootTold(RowChanged, topic="test.bootTold"):
    """The same."""


@pytest.fixture(autouse=True)
def _table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two events, whatever the rooms tell."""
    monkeypatch.setattr(
        names,
        "NOTIFICATIONS",
        (
            Notification("evse.changed", EvseTold, View, lambda fact, at: None, "evse", "evses"),
            Notification("reservation.changed", BootTold, View, lambda fact, at: None, "charge point", "reservations"),
        ),
    )


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of Kafka is installed."""
    monkeypatch.setattr(module, "speaks_kafka", lambda: True)


class TestSubscriptions(ResourceContract):
    resource = subscriptions
    create = HOOK
    update = HOOK | {"notifications": ["BootNotification", "idTag.changed"]}


class TestSubscriptionsV1(ResourceContract):
    resource = subscriptions_v1
    create = {"notifications": ["evse.changed"], "callbackUrl": URL}
    update = {"notifications": ["BootNotification"], "callbackUrl": URL}
    id = "webhookId"


async def refused(api: Client, body: dict[str, Any], *fields: str, path: str = V2) -> list[str]:
    """The texts of the fields that a 422 names, which are these and no others."""
    answer = await api.post(path, body)
    assert answer.status == 422, answer.body
    assert {*answer.body["errors"]} == {*fields}
    return [text for texts in answer.body["errors"].values() for text in texts]


async def row_of(system: System, key: int) -> dict[str, Any]:
    async with system.database.read() as tx:
        row = await tx.one(select(notification_subscription).where(notification_subscription.c.id == key))
        assert row is not None
        return dict(row)


async def test_older_clients_see_webhooks_alone(api: Client, given: Given, kafka: None) -> None:
    hook = await given.subscription(URL, "evse.changed")
    other = await given.made(V2, KAFKA)
    listed = (await api.get(V1)).data
    assert listed == [{"webhookId": hook["id"], "notifications": ["evse.changed"], "callbackUrl": URL}]
    for method in ("GET", "PUT", "DELETE"):
        body = {"notifications": ["evse.changed"], "callbackUrl": URL} if method == "PUT" else None
        assert (await api.request(method, f"{V1}/{other['id']}", body)).status == 404
    changed = await api.put(f"{V1}/{hook['id']}", {"notifications": ["idTag.changed"], "callbackUrl": URL + "2"})
    assert changed.data == {"webhookId": hook["id"], "notifications": ["idTag.changed"], "callbackUrl": URL + "2"}
    assert (await api.get(f"{V2}/{hook['id']}")).data == {
        "id": hook["id"], "via": "webhook", "notifications": ["idTag.changed"], "webhook": {"callbackUrl": URL + "2"},
    }  # fmt: skip


async def test_names_are_kept_as_given_and_events_are_told(system: System, given: Given) -> None:
    asked = ["ReservationChangedNotification", "evse.changed", "reservation.changed", "evse.changed"]
    made = await given.subscription(URL, *asked)
    assert made["notifications"] == asked[:3]
    assert (await row_of(system, made["id"]))["events"] == ["reservation.changed", "evse.changed"]


async def test_unknown_names_and_none_are_refused(api: Client) -> None:
    await refused(api, HOOK | {"notifications": ["evse.changed", "evse.removed"]}, "notifications.1")
    await refused(api, HOOK | {"notifications": []}, "notifications")
    old = {"notifications": ["x"], "callbackUrl": URL}
    await refused(api, old, "notifications.0", path=V1)


async def test_a_token_is_told_what_it_may_read(api: Client, given: Given) -> None:
    client = await given.client("notifications.*", "evses.read")
    body = HOOK | {"notifications": ["evse.changed", "ReservationChangedNotification", "reservation.changed"]}
    assert (await client.post(V2, HOOK)).status == 201
    texts = await refused(client, body, "notifications.1", "notifications.2")
    assert all("reservations.read" in text for text in texts)
    made = await given.subscription(URL, "reservation.changed")
    assert (await client.get(f"{V2}/{made['id']}")).status == 200  # every operator sees it
    assert (await client.put(f"{V2}/{made['id']}", body)).status == 422
    await client.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/", "http://LocalHost./", "http://me.localhost/", "http://127.0.0.2/", "http://127.1/",
        "http://2130706434/", "http://0x7f.2/", "http://0/", "http://10.0.0.1/x", "http://192.168.1.1/",
        "http://169.254.169.254/latest", "http://[::1]/", "http://[fd00::1]/", "http://[::ffff:a00:1]/",
        "http://%31%30.0.0.1/", "https://user@example.org/", "https://a:b@example.org/", "http://example.org:99999/",
        "ftp://example.org/", "example.org", "https://example.org/" + "x" * 481,
    ],
)  # fmt: skip
async def test_a_url_that_cannot_be_sent_to_is_refused(api: Client, url: str) -> None:
    await refused(api, HOOK | {"webhook": {"callbackUrl": url}}, "webhook.callbackUrl")
    await refused(api, {"notifications": ["evse.changed"], "callbackUrl": url}, "callbackUrl", path=V1)


async def test_what_the_operator_lists_and_names_are_taken(given: Given) -> None:
    for url in ("http://127.0.0.1:1/x?a=b&c=%2F", "https://example.org/" + "x" * 480, "http://[2606:4700::1111]/"):
        assert (await given.subscription(url, "evse.changed"))["webhook"]["callbackUrl"] == url


async def test_each_way_has_its_own_object(api: Client, kafka: None) -> None:
    hook, brokers = {"webhook": HOOK["webhook"]}, {"kafka": BROKERS}
    bare = {"notifications": ["evse.changed"]}
    await refused(api, bare | {"via": "webhook"}, "webhook")
    await refused(api, bare | {"via": "webhook"} | brokers, "webhook", "kafka")
    await refused(api, bare | {"via": "webhook"} | hook | brokers, "kafka")
    await refused(api, bare | {"via": "kafka"}, "kafka")
    await refused(api, bare | {"via": "kafka"} | hook, "kafka", "webhook")
    await refused(api, bare | {"via": "kafka"} | hook | brokers, "webhook")
    await refused(api, bare | hook, "via")


async def test_kafka_has_defaults_and_hides_its_password(system: System, given: Given, kafka: None) -> None:
    usual = {"compressionCodec": "gzip", "securityProtocol": "PLAINTEXT", "saslMechanism": "PLAIN",
             "saslUsername": None, "saslPassword": None}  # fmt: skip
    plain = await given.made(V2, KAFKA)
    assert plain["kafka"] == BROKERS | usual
    assert "webhook" not in plain
    made = await given.made(V2, KAFKA | {"kafka": BROKERS | ACCOUNT})
    assert made["kafka"] == BROKERS | usual | ACCOUNT | {"saslPassword": None}
    row = await row_of(system, made["id"])
    assert "volts" not in str(row)
    assert system.vault.open(row["kafka_password"]) == "volts"


async def test_an_account_is_whole_or_not_at_all(api: Client, kafka: None) -> None:
    wrong_brokers = [f"kafka.brokers.{number}" for number in (1, 2, 3, 4)]
    for account, *fields in (
        ({"securityProtocol": "SASL_SSL"}, "kafka.saslUsername", "kafka.saslPassword"),
        ({"securityProtocol": "SASL_SSL", "saslUsername": "ohm"}, "kafka.saslPassword"),
        ({"saslUsername": "ohm", "saslPassword": "volts"}, "kafka.securityProtocol"),
        ({"brokers": []}, "kafka.brokers"),
        ({"brokers": ["a,b"]}, "kafka.brokers.0"),
        ({"brokers": ["a", "b:99999", "10.0.0.1:9092", "[::1]:9092", "localhost"]}, *wrong_brokers),
        ({"topic": "no topic"}, "kafka.topic"),
        ({"topic": None}, "kafka.topic"),
        ({"compressionCodec": "zstd"}, "kafka.compressionCodec"),
    ):
        await refused(api, KAFKA | {"kafka": BROKERS | account}, *fields)
    await refused(api, KAFKA | {"kafka": {"brokers": ["a"]}}, "kafka.topic")


async def test_a_password_stays_where_it_is(api: Client, system: System, given: Given, kafka: None) -> None:
    made = await given.made(V2, KAFKA | {"kafka": BROKERS | ACCOUNT})
    path, seen = f"{V2}/{made['id']}", {name: value for name, value in made.items() if name != "id"}
    assert (await api.put(path, seen | {"notifications": ["idTag.changed"]})).status == 200
    assert system.vault.open((await row_of(system, made["id"]))["kafka_password"]) == "volts"
    for moved in ({"brokers": ["mine.example"]}, {"saslUsername": "else"}, {"saslMechanism": "SCRAM-SHA-256"}):
        answer = await api.put(path, seen | {"kafka": seen["kafka"] | moved})
        assert (answer.status, [*answer.body["errors"]]) == (422, ["kafka.saslPassword"])
    assert (await api.put(path, HOOK)).data == HOOK | {"id": made["id"]}
    row = await row_of(system, made["id"])
    assert (row["kafka"], row["kafka_password"]) == (None, None)


async def test_without_its_client_there_is_no_kafka(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "speaks_kafka", lambda: False)
    [text] = await refused(api, KAFKA, "via")
    assert "ohmstead[kafka]" in text


async def test_a_put_enables_and_its_first_token_signs(api: Client, system: System, given: Given) -> None:
    made = await given.subscription(URL, "evse.changed")
    before = await row_of(system, made["id"])
    async with system.database.begin() as tx:
        wrong = {"disabled_at": tx.now, "disabled_reason": "410", "failing_since": tx.now}
        await tx.run(update(notification_subscription).values(wrong))
    other = await given.client("*")
    assert (await other.put(f"{V2}/{made['id']}", HOOK)).status == 200
    await other.close()
    after = await row_of(system, made["id"])
    assert [after[name] for name in wrong] == [None, None, None]
    assert after["token_id"] == before["token_id"]


async def test_nobody_signs_with_a_revoked_token(api: Client, system: System, given: Given) -> None:
    client = await given.client("*")
    made = (await client.post(V2, HOOK)).data
    await client.close()
    await _revoke(system, made["id"])
    answer = await api.put(f"{V2}/{made['id']}", HOOK)
    assert (answer.status, "revoked" in answer.body["message"]) == (409, True)


@pytest.fixture
def topics() -> Iterator[set[str]]:
    """Those of facts that are wanted."""
    yield facts.wanted
    facts.wanted.clear()


async def test_what_is_subscribed_to_is_wanted_at_once(
    api: Client, system: System, given: Given, topics: set[str]
) -> None:
    made = await given.subscription(URL, "evse.changed", "idTag.changed")
    assert topics == {EvseTold.topic}
    assert (await api.put(f"{V2}/{made['id']}", HOOK | {"notifications": ["reservation.changed"]})).status == 200
    assert BootTold.topic in topics
    await Wanted(system.database).look()
    assert topics == {BootTold.topic}


async def test_what_nobody_living_wants_is_not_wanted(
    api: Client, system: System, given: Given, topics: set[str]
) -> None:
    client = await given.client("*")
    revoked = (await client.post(V2, HOOK)).data
    await client.close()
    disabled = await given.subscription(URL, "evse.changed")
    gone = await given.subscription(URL, "evse.changed")
    here = Wanted(system.database)
    assert (await api.delete(f"{V2}/{gone['id']}")).status == 204
    await _revoke(system, revoked["id"])
    await here.look()
    assert topics == {EvseTold.topic}
    async with system.database.begin() as tx:
        its = notification_subscription.c.id == disabled["id"]
        await tx.run(update(notification_subscription).where(its).values(disabled_at=tx.now))
    await here.look()
    assert topics == set()


async def _revoke(system: System, subscription_id: int) -> None:
    token = (await row_of(system, subscription_id))["token_id"]
    async with system.database.begin() as tx:
        await tx.run(update(api_token).where(api_token.c.id == token).values(revoked_at=tx.now))


async def test_a_look_that_a_write_overtakes_is_repeated(system: System, given: Given, topics: set[str]) -> None:
    """The look has read when a subscription comes: what that wants is not taken away again."""
    overtaken = Overtaken(system.database, lambda: given.subscription(URL, "evse.changed"))
    here = Wanted(overtaken)
    running = asyncio.create_task(here.run())
    await asyncio.wait_for(overtaken.twice.wait(), 10)
    assert overtaken.meanwhile == topics == {EvseTold.topic}
    running.cancel()
    await asyncio.wait([running])


class Overtaken:
    """A database where something happens after the first look at it."""

    def __init__(self, database: Database, happens: Callable[[], Awaitable[Any]]) -> None:
        self.begin, self._read, self._happens = database.begin, database.read, happens
        self._looks, self.meanwhile = 0, set[str]()
        self.twice = asyncio.Event()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        async with self._read() as tx:
            yield tx
        self._looks += 1
        if self._looks == 1:
            await self._happens()
        else:
            self.meanwhile = {*facts.wanted}
            self.twice.set()


async def test_what_waits_and_is_wanted_no_more_is_not_sent(api: Client, system: System, given: Given) -> None:
    key = (await given.subscription("http://127.0.0.1:1/", "evse.changed", "chargePoint.changed"))["id"]
    other = (await given.subscription("http://127.0.0.1:1/", "evse.changed"))["id"]
    done = {"status": "delivered", "due_at": None}
    dropped = await logged(system, key)
    kept = [await logged(system, key, "chargePoint.changed"), await logged(system, key, **done)]
    kept.append(await logged(system, other))
    wanted = HOOK | {"notifications": ["chargePoint.changed"]}
    assert (await api.put(f"/notifications/v2.0/{key}", wanted)).status == 200
    shown = (await api.get("/internal/notification-deliveries/v1.0")).data
    assert sorted(one["id"] for one in shown) == kept
    assert dropped not in kept
