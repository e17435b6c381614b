"""Settings: defaults, what is set, and what cannot be."""

from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.errors import Invalid
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.given import Given

PATH = "/resources/settings/v1.0"
RESERVATIONS = {
    "enableReservations": True,
    "reservationTime": 15,
    "expiryNotification": 5,
    "maxReservationsPerDayPerUser": 5,
    "cooldownTimeBetweenReservations": 0,
    "enableReservationsQueue": False,
}


async def _put(system: System, section: str, **values: Any) -> None:
    async with system.database.begin() as tx:
        await settings.put(tx, section, **values)


async def test_a_new_house_has_defaults(api: Client) -> None:
    assert (await api.get(PATH)).body == {"data": {"reservations": RESERVATIONS}}


async def test_the_first_currency_and_tax_count_until_others_are_chosen(
    api: Client, given: Given, system: System
) -> None:
    euro, dollar = await given.currency(), await given.currency(alphabeticCode="USD")
    tax = await given.tax()
    before = (await api.get(PATH)).data
    assert before["baseCurrency"] == {"id": euro["id"]}
    flags = {"enableMultiTaxSupport": False, "taxInformationNotInInvoicesAndReceipts": False}
    assert before["defaultTax"] == {"id": tax["id"]} | flags
    await _put(system, "baseCurrency", id=dollar["id"])
    await _put(system, "defaultTax", enableMultiTaxSupport=True)
    after = (await api.get(PATH)).data
    assert after["baseCurrency"]["id"] == dollar["id"]
    assert after["baseCurrency"]["lastUpdatedAt"].endswith("+00:00")
    assert (after["defaultTax"]["id"], after["defaultTax"]["enableMultiTaxSupport"]) == (tax["id"], True)


async def test_what_is_set_one_by_one_adds_up(api: Client, system: System) -> None:
    await _put(system, "reservations", reservationTime=30)
    await _put(system, "reservations", enableReservationsQueue=True)
    reservations = (await api.get(PATH)).data["reservations"]
    changed = {"reservationTime": 30, "enableReservationsQueue": True}
    assert reservations == RESERVATIONS | changed | {"lastUpdatedAt": reservations["lastUpdatedAt"]}


@pytest.mark.parametrize(
    ("section", "values", "field"),
    [
        ("reservations", {"reservationTime": -1}, "reservations"),
        ("reservations", {"reservationTime": "long"}, "reservations"),
        ("reservations", {"nonsense": 1}, "reservations.nonsense"),
        ("baseCurrency", {"id": 999}, "baseCurrency.id"),
        ("idlePeriodDetection", {"socThreshold": 101}, "idlePeriodDetection"),
    ],
)
async def test_what_is_wrong_is_named(system: System, section: str, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await _put(system, section, **values)
    assert refused.value.errors is not None
    assert set(refused.value.errors) == {field}


async def test_when_a_vehicle_is_idle_is_known_inside_the_house(api: Client, system: System) -> None:
    await _put(system, "idlePeriodDetection", averagePowerThreshold=500, allowCustomSocThresholdPerTariff=False)
    async with system.database.read() as tx:
        found = (await settings.read(tx)).idle_period_detection
    assert (found.average_power_threshold, found.soc_threshold) == (500, None)
    assert (found.allow_custom_power_threshold_per_tariff, found.allow_custom_soc_threshold_per_tariff) == (True, False)
    assert "idlePeriodDetection" not in (await api.get(PATH)).data


async def test_settings_are_for_readers(given: Given) -> None:
    client = await given.client("settings.read")
    try:
        assert (await client.get(PATH)).status == 200
        assert (await client.post(PATH, {})).status == 405
    finally:
        await client.close()
