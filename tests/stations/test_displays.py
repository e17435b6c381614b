"""What displays are told of prices, on the wire of both versions: by everybody's tariff while nobody charges, by the
driver's when he comes, what it costs meanwhile, and what it came to."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import Live, live
from tests.scenarios.waiting import becomes, shows
from tests.stations.charger import CARD, Charger, plugged
from tests.stations.talker import Talker, talker

SPEED = 20.0
TOKEN = {"idToken": CARD, "type": "ISO14443"}
EVSE = {"id": 1, "connectorId": 1}
TEXTS = {
    "defaultPriceInformation": "0.50 €/kWh", "defaultPriceInformationOffline": "Prices as told before",
    "priceInformation": "0.50 €/kWh for you", "totalCostInformation": "Thank you",
}  # fmt: skip
SHOWS = {"configurationKey": [{"key": "CustomDisplayCostAndPrice", "readonly": True, "value": "true"}]}


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        await running.given.currency()
        await running.driver(CARD)
        yield running


async def priced(site: Live, point: dict[str, Any], **display: str) -> dict[str, Any]:
    """By this tariff everybody charges there: 0.50 a kWh and 1.00 to connect."""
    body = {"name": "T", "type": "duration+energy", "pricing": {"pricePerKwh": 0.5, "connectionFee": 1}}
    tariff = await site.given.made("/resources/tariffs/v1.0", body)
    group = await site.given.made("/resources/tariff-groups/v1.0", {"name": "G"})
    only = {"name": "G", "tariffIds": [tariff["id"]]}
    assert (await site.api.put(f"/resources/tariff-groups/v1.0/{group['id']}", only)).status == 200
    path = f"/resources/evses/v2.1/{point['evses'][0]['id']}"
    assert (await site.api.patch(path, {"tariffGroupId": group["id"]})).status == 200
    if display:
        await say(site, tariff, **display)
    return tariff


async def say(site: Live, tariff: dict[str, Any], **display: str | None) -> None:
    path = f"/actions/tariffs/v2.0/{tariff['id']}/set-tariff-display-information"
    assert (await site.api.post(path, display)).status == 201


async def displays(site: Live, point: dict[str, Any]) -> None:
    """It has a display, as the operator says."""
    path = f"/resources/charge-points/v2.0/{point['id']}"
    assert (await site.api.patch(path, {"capabilities": ["display_messages"]})).status == 200


async def told(charger: Charger, message: str, of: int = 1) -> list[Any]:
    """What was told in messages of the application note, once there are so many."""

    async def found() -> list[Any]:
        sent = (payload for action, payload in charger.heard if action == "DataTransfer")
        return [json.loads(payload["data"]) for payload in sent if payload["messageId"] == message]

    return await becomes(found, lambda all: len(all) >= of)


async def defaults(charger: Charger, of: int = 1) -> list[Any]:
    """The default prices it was given, once there are so many."""

    async def found() -> list[Any]:
        sent = (payload for action, payload in charger.heard if action == "ChangeConfiguration")
        return [json.loads(payload["value"]) for payload in sent if payload["key"] == "DefaultPrice"]

    return await becomes(found, lambda all: len(all) >= of)


async def test_a_display_of_1_6_is_told_as_the_application_note_says(site: Live) -> None:
    point = await site.charge_point("ODD")
    tariff = await priced(site, point, **TEXTS)
    async with plugged(site, script={"GetConfiguration": SHOWS}) as charger:
        await charger.boots()
        shown = f"/resources/charge-points/v2.0/{point['id']}"
        await shows(site.api, shown, lambda data: data["capabilities"] == ["display_messages"])
        assert await defaults(charger) == [
            {"priceText": "0.50 €/kWh", "priceTextOffline": "Prices as told before"}
        ]  # fmt: skip
        await charger.ask("Authorize", idTag=CARD)
        assert await told(charger, "SetUserPrice") == [{"idToken": CARD, "priceText": "0.50 €/kWh for you"}]
        began = charger.now()
        number = (await charger.starts(1000, began))["transactionId"]
        first = (await told(charger, "RunningCost"))[0]
        assert (first["transactionId"], first["cost"], first["state"]) == (number, 1.0, "Charging")
        await site.clock.sleep(180)
        wh = {"value": "1400", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        await charger.meters(wh, transactionId=number)
        running = await becomes(lambda: told(charger, "RunningCost"), lambda all: all[-1]["meterValue"] == 1400)
        assert (running[-1]["cost"], running[-1]["chargingPrice"]) == (1.2, {"kWhPrice": 0.5})
        await charger.stops(number, 1600)
        assert await told(charger, "FinalCost") == [
            {"transactionId": number, "cost": 1.3, "priceText": "Energy 0.30 EUR. Thank you"}
        ]
        await say(site, tariff, defaultPriceInformation="Cheap")
        assert (await defaults(charger, 2))[1]["priceText"] == "Cheap"


async def test_a_station_that_does_not_know_them_is_not_told_again(site: Live) -> None:
    point = await site.charge_point("ODD")
    await displays(site, point)
    await priced(site, point, priceInformation="0.50 €/kWh for you")
    async with plugged(site, script={"DataTransfer": {"status": "UnknownVendorId"}}) as charger:
        await charger.boots()
        for _ in range(2):
            await charger.ask("Authorize", idTag=CARD)
            await told(charger, "SetUserPrice")
            await site.clock.sleep(5)
        assert len(await told(charger, "SetUserPrice")) == 1
        await charger.boots()
        await site.clock.sleep(5)
        await charger.ask("Authorize", idTag=CARD)
        await told(charger, "SetUserPrice", 2)


async def test_without_a_display_or_texts_nothing_is_told(site: Live) -> None:
    dumb, silent = await site.charge_point("ODD"), await site.charge_point("EVEN")
    await displays(site, silent)
    await priced(site, dumb, **TEXTS)
    await priced(site, silent)
    for name in ("ODD", "EVEN"):
        async with plugged(site, name) as charger:
            await charger.boots()
            await charger.ask("Authorize", idTag=CARD)
            number = (await charger.starts())["transactionId"]
            await site.clock.sleep(30)
            await charger.stops(number, 1600)
            await site.clock.sleep(30)
            said = {action for action, _ in charger.heard}
            assert said.isdisjoint({"DataTransfer", "ChangeConfiguration"})


@pytest.fixture
async def station(site: Live) -> AsyncIterator[Talker]:
    point = await site.charge_point("S", version="2.0.1")
    await displays(site, point)
    await priced(site, point, **TEXTS)
    async with talker(site, "S", site.clock.now() - timedelta(hours=1)) as found:
        found.answers = {
            "SetDisplayMessage": {"status": "Accepted"}, "CostUpdated": {},
            "SetVariables": {"setVariableResult": [
                {"attributeStatus": "Accepted", "component": {"name": "TariffCostCtrlr"},
                 "variable": {"name": "TariffFallbackMessage"}}]},
        }  # fmt: skip
        yield found


async def heard(station: Talker, action: str) -> list[Any]:
    async def found() -> list[Any]:
        return [payload for asked, payload in station.told if asked == action]

    return await becomes(found, lambda all: len(all) > 0)


def text(of: str) -> dict[str, str]:
    return {"format": "UTF8", "content": of}


async def test_a_display_of_2_0_1_is_told_in_answers_and_by_costs(site: Live, station: Talker) -> None:
    shown = (await heard(station, "SetDisplayMessage"))[0]["message"]
    assert (shown["state"], shown["message"]) == ("Idle", text("0.50 €/kWh"))
    fallback = (await heard(station, "SetVariables"))[0]["setVariableData"]
    assert [(one["variable"]["name"], one["attributeValue"]) for one in fallback] == [
        ("TariffFallbackMessage", "Prices as told before")
    ]
    told = text("0.50 €/kWh for you")
    assert (await station.call("Authorize", {"idToken": TOKEN}))["idTokenInfo"]["personalMessage"] == told
    begun = await station.event("Started", 0, evse=EVSE, idToken=TOKEN, meterValue=[station.reading(0, 1000)])
    assert begun["idTokenInfo"]["personalMessage"] == told
    await station.event("Updated", 10, meterValue=[station.reading(10, 1400)])
    costs = await becomes(lambda: heard(station, "CostUpdated"), lambda all: all[-1]["totalCost"] == 1.2)
    assert costs[-1]["transactionId"] == "tx-1"
    ended = {"timestamp": station.at(20), "meterValue": [station.reading(20, 1600, "Transaction.End")]}
    answer = await station.event("Ended", 20, **ended)
    assert (answer["totalCost"], answer["updatedPersonalMessage"]) == (1.3, text("Energy 0.30 EUR. Thank you"))
    again = await station.event("Ended", 20, **ended)
    assert again["totalCost"] == 1.3
    session = (await site.api.get("/resources/sessions/v1.0/1")).data
    assert session["totalAmount"]["withTax"] == 1.3


async def test_whom_his_tariff_does_not_let_charge_is_not_at_this_location(site: Live, station: Talker) -> None:
    tariff = (await site.api.get("/resources/tariffs/v1.0")).data[0]
    body = {"name": "T", "type": "charging not allowed"}
    assert (await site.api.put(f"/resources/tariffs/v1.0/{tariff['id']}", body)).status == 200
    refused = {"status": "NotAtThisLocation", "groupIdToken": {"idToken": "user1", "type": "Central"}}
    assert (await station.call("Authorize", {"idToken": TOKEN}))["idTokenInfo"] == refused
    begun = await station.event("Started", 0, evse=EVSE, idToken=TOKEN)
    assert begun["idTokenInfo"] == refused
    assert [one["status"] for one in (await site.api.get("/resources/sessions/v1.0")).data] == ["active"]
