"""What is told of tariffs, by themselves and with their groups."""

import json

from ohmstead.app.system import System
from ohmstead.rooms.notices.fan_out import FanOut
from ohmstead.store.outbox import OutboxReader
from tests.client import Client
from tests.given import Given
from tests.notices import everything_wanted, told
from tests.rooms.notices.noticed import events
from tests.rooms.test_tariffs import STANDARD

TARIFFS, GROUPS = "/resources/tariffs/v1.0", "/resources/tariff-groups/v1.0"
NAME = "TariffChangedNotification"


async def test_a_tariff_is_told_as_it_is_read_after_each_change(system: System, given: Given, api: Client) -> None:
    with everything_wanted():
        made = await given.tariff(**STANDARD)
        path = f"{TARIFFS}/{made['id']}"
        changed = (await api.put(path, {"name": "Flat", "type": "flat rate", "pricing": {"pricePerSession": 9.5}})).data
        texts = {"priceInformation": "9.50 each"}
        action = f"/actions/tariffs/v2.0/{made['id']}/set-tariff-display-information"
        assert (await api.post(action, texts)).status == 201
        displayed = (await api.get(path)).data
        assert (await api.delete(path)).status == 204
    bodies = await told(system.database, NAME)
    moments = [one.pop("lastUpdatedAt") for one in bodies]
    assert bodies == [
        {"notification": NAME, "tariff": made, "action": "created"},
        {"notification": NAME, "tariff": changed, "action": "updated"},
        {"notification": NAME, "tariff": displayed, "action": "updated"},
        {"notification": NAME, "tariff": displayed, "action": "deleted"},
    ]
    assert moments[:3] == [one["lastUpdatedAt"] for one in (made, changed, displayed)]


async def test_the_base_tariff_of_a_new_group_is_told(system: System, given: Given, api: Client) -> None:
    with everything_wanted():
        group = await given.tariff_group()
    (body,) = await told(system.database, NAME)
    base = (await api.get(f"{TARIFFS}/{group['tariffIds'][0]}")).data
    assert (body["tariff"], body["action"]) == (base, "created")
    assert base["type"] == "free"


async def test_a_subscriber_gets_each_change_as_it_was_when_it_was_made(
    system: System, given: Given, api: Client
) -> None:
    await given.currency()
    await given.subscription("http://127.0.0.1:9/tariffs", NAME)
    made = await given.tariff(name="One")
    path = f"{TARIFFS}/{made['id']}"
    await api.put(path, {"name": "Two", "type": "free"})
    assert (await api.delete(path)).status == 204
    await OutboxReader(system.database, FanOut(system.database, system.clock)).drain()
    told_of = await events(system)
    bodies = [json.loads(one["body"]) for one in told_of]
    assert [(one["tariff"]["name"], one["action"]) for one in bodies] == [
        ("One", "created"), ("Two", "updated"), ("Two", "deleted"),
    ]  # fmt: skip
    assert bodies[0]["tariff"] == made
    assert {one["entity"] for one in told_of} == {f"tariff:{made['id']}"}
