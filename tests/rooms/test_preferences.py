"""Personal preferences: the six types and what each asks for, who may set them, and what they refer to."""

from typing import Any

import pytest

from tests.client import Client
from tests.given import Given
from tests.rooms.test_prices import market
from tests.rooms.test_smart_charging import BASE, OWNERS

NIGHT = {"startTime": "23:00", "endTime": "07:00"}
SCHEDULE = {"type": "user_controlled_schedule", "preferences": NIGHT}
SOLAR = {"type": "solar", "preferences": {"maxCurrentFromGrid": 6, "solarStableTime": 120}}
TARGET = {"departureTime": "07:30", "targetChargeKwh": 10}


async def personal(given: Given, mode: dict[str, Any] | None = OWNERS, **fields: Any) -> str:
    """The path of a personal charge point, which follows its owner unless said otherwise."""
    made = await given.charge_point(type="personal", pin="1234", **fields)
    path = f"{BASE}/{made['id']}"
    if mode is not None:
        await given.made(f"{path}/smart-charging", mode)
    return path


def at(path: str) -> str:
    return f"{path}/personal-smart-charging-preferences"


async def integration(given: Given, kind: str = "octopus_agile") -> int:
    types = {"octopus_agile": "agile_octopus", "nordpool": "nord_pool"}
    rate = await market(given, type=types.get(kind, kind), defaultPrice=0.2456)
    body = {"name": "Market", "type": kind, "electricityRateId": rate}
    return (await given.made("/internal/price-integrations/v1.0", body))["id"]


async def octopus(given: Given, kind: str = "octopus_agile", **preferences: Any) -> dict[str, Any]:
    usual = {"applicableTaxId": (await given.tax())["id"], "postCode": "SW1A 1AA", "priceThreshold": 0.15}
    return {"type": kind, "integrationId": await integration(given, kind), "preferences": usual | preferences}


async def errors(api: Client, path: str, body: dict[str, Any]) -> set[str]:
    answer = await api.post(at(path), body)
    assert answer.status == 422, answer.body
    return set(answer.body["errors"])


async def test_a_schedule_reads_back(api: Client, given: Given) -> None:
    path = await personal(given)
    assert (await api.get(at(path))).data == {"enabled": False}
    full = NIGHT | {
        "targetCharge": {"minTargetChargeKwh": 10, "maxTargetChargeKwh": 20.5},
        "trackElectricityCosts": {"priceOffPeak": 0.1, "pricePeak": 0.35},
        "weekDays": [{"days": ["saturday", "sunday"], "startTime": "10:00", "endTime": "24:00"}],
    }
    answer = await api.post(at(path), {"type": "user_controlled_schedule", "preferences": full})
    assert (answer.status, answer.data) == (
        201,
        {"enabled": True, "type": "user_controlled_schedule", "preferences": full},
    )
    assert (await api.get(at(path))).data == answer.data
    shown = await api.get(path, "include[]=personalSmartChargingPreferences&include[]=smartChargingPreferences")
    assert shown.data["personalSmartChargingPreferences"] == answer.data
    assert shown.data["smartChargingPreferences"] == answer.data


async def test_what_another_type_knows_is_left_out(api: Client, given: Given) -> None:
    path = await personal(given)
    body = SOLAR | {
        "preferences": SOLAR["preferences"] | NIGHT,
        "electricityRateId": (await given.electricity_rate())["id"],
    }
    assert (await api.post(at(path), body)).data == {"enabled": True} | SOLAR


async def test_it_is_switched_off_and_what_was_set_stays(api: Client, given: Given) -> None:
    path = await personal(given)
    assert (await api.post(at(path), {"enabled": False})).data == {"enabled": False}
    await api.post(at(path), SOLAR)
    off = await api.post(at(path), {"enabled": False})
    assert (off.status, off.data) == (201, {"enabled": False} | SOLAR)
    assert (await api.get(at(path))).data == off.data
    assert (await api.post(at(path), SOLAR)).data["enabled"] is True


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"type"}),
        ({"enabled": True}, {"type"}),
        ({"type": "turbo"}, {"type"}),
        ({"type": "solar"}, {"preferences.maxCurrentFromGrid", "preferences.solarStableTime"}),
        ({"type": "solar", "preferences": {"maxCurrentFromGrid": -1, "solarStableTime": "x"}},
         {"preferences.maxCurrentFromGrid", "preferences.solarStableTime"}),
        ({"type": "user_controlled_schedule"}, {"preferences.startTime", "preferences.endTime"}),
        ({"type": "octopus_go", "preferences": {}},
         {"integrationId", "preferences.applicableTaxId", "preferences.postCode"}),
        ({"type": "octopus_agile"},
         {"integrationId", "preferences.applicableTaxId", "preferences.postCode", "preferences.priceThreshold"}),
        ({"type": "nordpool", "preferences": {}},
         {"integrationId", "preferences.location", "preferences.targetCharge.departureTime",
          "preferences.targetCharge.targetChargeKwh"}),
        ({"type": "charger_electricity_rate", "preferences": NIGHT | {"targetCharge": {}}},
         {"electricityRateId", "preferences.targetCharge.departureTime", "preferences.targetCharge.targetChargeKwh"}),
        (SOLAR | {"integrationId": 999_999}, {"integrationId"}),
        (SOLAR | {"electricityRateId": 999_999}, {"electricityRateId"}),
        ({"type": "octopus_go", "preferences": {"applicableTaxId": 999_999}}, {"preferences.applicableTaxId"}),
    ],
)  # fmt: skip
async def test_what_a_type_asks_for(api: Client, given: Given, body: dict[str, Any], fields: set[str]) -> None:
    assert await errors(api, await personal(given), body) == fields


@pytest.mark.parametrize(
    ("preferences", "fields"),
    [
        ({"startTime": "7:00"}, {"preferences.startTime"}),
        ({"startTime": "24:00"}, {"preferences.startTime"}),
        ({"endTime": "07:00:00"}, {"preferences.endTime"}),
        ({"endTime": "23:00"}, {"preferences.endTime"}),
        ({"targetCharge": {"minTargetChargeKwh": 20, "maxTargetChargeKwh": 10}},
         {"preferences.targetCharge.maxTargetChargeKwh"}),
        ({"targetCharge": {"minTargetChargeKwh": -1}}, {"preferences.targetCharge.minTargetChargeKwh"}),
        ({"weekDays": [{"days": [], **NIGHT}]}, {"preferences.weekDays.0.days"}),
        ({"weekDays": [{"days": ["monday"], "startTime": "10:00", "endTime": "10:00"}]},
         {"preferences.weekDays.0.endTime"}),
        ({"weekDays": [{"days": ["monday"], **NIGHT}, {"days": ["sunday", "monday"], **NIGHT}]},
         {"preferences.weekDays.1.days"}),
        ({"weekDays": [{"days": ["monday", "monday"], **NIGHT}]}, {"preferences.weekDays.0.days"}),
        ({"weekDays": [{"days": ["mon"], **NIGHT}]}, {"preferences.weekDays.0.days.0"}),
    ],
)  # fmt: skip
async def test_windows_and_targets_make_sense(
    api: Client, given: Given, preferences: dict[str, Any], fields: set[str]
) -> None:
    assert await errors(api, await personal(given), SCHEDULE | {"preferences": NIGHT | preferences}) == fields


async def test_null_takes_a_target_away(api: Client, given: Given) -> None:
    path = await personal(given)
    body = SCHEDULE | {"preferences": NIGHT | {"targetCharge": None, "trackElectricityCosts": None}}
    assert (await api.post(at(path), body)).data["preferences"] == body["preferences"]


async def test_an_integration_is_of_the_market_that_is_meant(api: Client, given: Given) -> None:
    path = await personal(given)
    body = await octopus(given, targetCharge={"departureTime": "07:30", "preconditioningTime": 20})
    assert (await api.post(at(path), body)).data == {"enabled": True} | body
    assert await errors(api, path, body | {"type": "octopus_go"}) == {"integrationId"}
    no_departure = body | {"preferences": body["preferences"] | {"targetCharge": {"preconditioningTime": 20}}}
    assert await errors(api, path, no_departure) == {"preferences.targetCharge.departureTime"}


async def test_nord_pool_needs_no_integration_named_where_there_is_one(api: Client, given: Given) -> None:
    path = await personal(given)
    body = {"type": "nordpool", "preferences": {"location": "GB1", "targetCharge": TARGET}}
    assert await errors(api, path, body) == {"integrationId"}
    only = await integration(given, "nordpool")
    assert (await api.post(at(path), body)).data == {"enabled": True, "integrationId": only} | body
    assert (await api.post(at(path), {"type": "nordpool"})).data["integrationId"] == only
    await integration(given, "nordpool")
    assert await errors(api, path, body) == {"integrationId"}


async def test_only_where_the_charge_point_follows_its_owner(api: Client, given: Given) -> None:
    for path in (await personal(given, None), await personal(given, {"mode": "disabled"})):
        assert await errors(api, path, SOLAR) == {"type"}
        assert (await api.post(at(path), SOLAR | {"enabled": False})).status == 201
        assert (await api.post(at(path), {"enabled": False})).status == 201
        assert (await api.get(f"{path}/available-personal-smart-charging-modes")).data == []


async def test_the_modes_that_are_available(api: Client, given: Given) -> None:
    path = await personal(given)
    modes = f"{path}/available-personal-smart-charging-modes"
    [schedule] = (await api.get(modes)).data
    assert (schedule["type"], schedule["integrationId"]) == ("user_controlled_schedule", None)
    assert schedule["defaults"].keys() == {"start_time", "end_time"}
    agile, go, pool = [await integration(given, kind) for kind in ("octopus_agile", "octopus_go", "nordpool")]
    departure = {"target_charge": {"departure_time": "07:30"}}
    found = (await api.get(modes)).data
    assert found[1:] == [
        {"name": "Market", "integrationId": agile, "type": "octopus_agile",
         "defaults": departure | {"max_price": 0.246}},
        {"name": "Market", "integrationId": go, "type": "octopus_go", "defaults": departure},
        {"name": "Market", "integrationId": pool, "type": "nordpool", "defaults": departure,
         "locations": {"key": "GB1", "label": "United Kingdom"}},
    ]  # fmt: skip
    shown = await api.get(path, "include[]=availablePersonalSmartChargingModes")
    assert shown.data["availablePersonalSmartChargingModes"] == found


async def test_what_preferences_refer_to_stays(api: Client, given: Given) -> None:
    path, body = await personal(given), await octopus(given)
    rate = (await given.electricity_rate())["id"]
    await api.post(at(path), body)
    tax = f"/resources/taxes/v2.0/{body['preferences']['applicableTaxId']}"
    market = f"/internal/price-integrations/v1.0/{body['integrationId']}"
    assert [(await api.delete(one)).status for one in (tax, market)] == [409, 409]
    hourly = {"type": "charger_electricity_rate", "electricityRateId": rate}
    hourly |= {"preferences": NIGHT | {"targetCharge": TARGET, "solar": True}}
    assert (await api.post(at(path), hourly)).data == {"enabled": True} | hourly
    assert [(await api.delete(one)).status for one in (tax, market)] == [204, 204]
    assert (await api.delete(f"/resources/electricity-rates/v2.0/{rate}")).status == 409
    await api.delete(path)
    assert (await api.delete(f"/resources/electricity-rates/v2.0/{rate}")).status == 204


async def test_they_go_with_their_owner(api: Client, given: Given) -> None:
    first, second = (await given.user())["id"], (await given.user())["id"]
    path = await personal(given)
    change = f"/actions/charge-point/v1.0/{path.rpartition('/')[2]}/change-owner"
    await api.post(change, {"userId": int(first)})
    await api.post(at(path), SOLAR)
    await api.post(change, {"userId": int(first)})
    assert (await api.get(at(path))).data["type"] == "solar", "it is the same owner's"
    await api.post(change, {"userId": int(second)})
    assert (await api.get(at(path))).data == {"enabled": False}
    await api.post(at(path), SOLAR)
    assert (await api.delete(f"/resources/users/v1.0/{second}")).status == 204
    assert (await api.get(at(path))).data == {"enabled": False}


async def test_a_partner_sees_and_sets_those_of_its_own(api: Client, given: Given) -> None:
    own = await personal(given, partner={"id": 71})
    other = await personal(given, partner={"id": 72})
    partner = await given.client("*", partner_id=71)
    try:
        assert (await partner.post(at(own), SOLAR)).status == 201
        assert (await partner.get(at(own))).data["type"] == "solar"
        assert (await partner.get(f"{own}/available-personal-smart-charging-modes")).status == 200
        body = await octopus(given)
        assert (await partner.post(at(own), body)).status == 201, "markets are everybody's"
        for answer in (await partner.post(at(other), SOLAR), await partner.get(at(other))):
            assert answer.status == 404
        reader = await given.client("charge-points.read", partner_id=71)
        assert (await reader.post(at(own), SOLAR)).status == 403
        assert (await reader.get(at(own))).status == 200
        await reader.close()
    finally:
        await partner.close()
