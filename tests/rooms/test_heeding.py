"""Who is told that its model differs otherwise from the standard: whoever is connected, and nobody else."""

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.kit.facts import outbox
from ohmstead.rooms.devices.presence import quirk_propagation as heeding
from ohmstead.rooms.devices.stations import RefreshQuirks, StationError, StationOffline
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site

MODELS = "/resources/charge-point-models/v1.0"


@pytest.fixture
async def model(given: Given) -> dict[str, Any]:
    return await given.model(quirks={"callTimeout": 5})


async def told(given: Given, gateway: Gateway) -> list[int]:
    """Who was told since this was last asked, once all facts are, and those they led to."""
    for _ in range(2):
        await given.system.outbox.drain()
    found = sorted(id for id, command in gateway.commands if isinstance(command, RefreshQuirks))
    gateway.commands.clear()
    return found


async def failing(given: Given) -> list[str]:
    """The facts that are to be told again."""
    async with given.system.database.read() as tx:
        return [row["topic"] for row in await tx.all(select(outbox).where(outbox.c.attempts > 0))]


async def of(given: Given, model: dict[str, Any], **fields: Any) -> Site:
    """A connected charge point of the model."""
    return await site(given, modelId=model["id"], **fields)


async def test_all_that_are_connected_and_of_the_model(
    api: Client, given: Given, gateway: Gateway, model: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heeding, "TOGETHER", 2)
    there = [await of(given, model) for _ in range(3)]
    await given.charge_point(modelId=model["id"])  # never connected
    await site(given, modelId=(await given.model())["id"])
    through = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": there[0].id}
    await given.charge_point(network={}, **through)  # has no line of its own
    path = f"{MODELS}/{model['id']}"
    assert await told(given, gateway) == []
    assert (await api.patch(path, {"quirks": {"callTimeout": 6}})).status == 200
    assert await told(given, gateway) == [one.id for one in there]
    assert (await api.patch(path.replace("charge-point-models", "cp-models"), {"quirks": {}})).status == 200
    assert await told(given, gateway) == [one.id for one in there]
    for change in ({"name": "Renamed"}, {"quirks": {}}, {"quirks": None}):
        assert (await api.patch(path, change)).status == 200
        assert await told(given, gateway) == [], change


async def test_one_that_becomes_another_model(
    api: Client, given: Given, gateway: Gateway, model: dict[str, Any]
) -> None:
    here = await of(given, model)
    path = f"/resources/charge-points/v2.0/{here.id}"
    for change, expected in (
        ({"modelId": (await given.model())["id"]}, [here.id]),
        ({"name": "The same"}, []),
        ({"modelId": None}, [here.id]),
    ):
        assert (await api.patch(path, change)).status == 200
        assert await told(given, gateway) == expected, change


async def test_a_node_that_could_not_is_asked_again_and_a_station_that_went_is_not(
    api: Client, given: Given, gateway: Gateway, model: dict[str, Any]
) -> None:
    await of(given, model)
    for number, (answer, left) in enumerate(
        ((StationOffline(), []), (StationError("its database is away"), ["chargePoint.quirksChanged"]))
    ):
        gateway.answer = answer
        assert (await api.patch(f"{MODELS}/{model['id']}", {"quirks": {"callTimeout": 7 + number}})).status == 200
        await told(given, gateway)
        assert await failing(given) == left
