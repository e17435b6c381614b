"""Texts of tariffs for the displays of charge points."""

import pytest

from tests.client import Client
from tests.given import Given
from tests.rooms.test_tariffs import GROUPS, PATH, refused


@pytest.fixture(autouse=True)
async def euro(given: Given) -> None:
    """What prices are in."""
    await given.currency()


def action(tariff_id: int) -> str:
    return f"/actions/tariffs/v2.0/{tariff_id}/set-tariff-display-information"


async def test_texts_are_set_kept_and_taken_away(api: Client, given: Given) -> None:
    key = (await given.tariff(display={"totalCostInformation": "Thanks"}, externalId="T"))["id"]
    answer = await api.post(action(key), {"priceInformation": "0.40 a kWh"})
    assert (answer.status, answer.body) == (201, None)
    found = (await api.get(f"{PATH}/{key}")).data
    assert (found["display"], found["externalId"]) == (
        {"totalCostInformation": "Thanks", "priceInformation": "0.40 a kWh"}, "T",
    )  # fmt: skip
    assert (await api.post(action(key), {"totalCostInformation": None})).status == 201
    assert (await api.get(f"{PATH}/{key}")).data["display"] == {"priceInformation": "0.40 a kWh"}


async def test_what_everybody_reads_is_said_by_a_base_tariff(api: Client, given: Given) -> None:
    other = (await given.tariff())["id"]
    group = await given.tariff_group(other)
    base = group["tariffIds"][0]
    texts = {"defaultPriceInformation": "Free", "defaultPriceInformationOffline": "Free as well"}
    for name, text in texts.items():
        answer = await api.post(action(other), {name: text})
        assert (answer.status, answer.body["message"]) == (
            406, "The default price information can be set only for a base tariff.",
        )  # fmt: skip
        assert (await api.post(action(other), {name: None})).status == 201
    assert (await api.post(action(base), texts)).status == 201
    assert (await api.get(f"{PATH}/{base}")).data["display"] == texts
    await api.put(f"{GROUPS}/{group['id']}", {"name": "x", "tariffIds": [other, base]})
    assert (await api.post(action(other), texts)).status == 201


async def test_a_text_fits_a_display(api: Client, given: Given) -> None:
    key = (await given.tariff_group())["tariffIds"][0]
    refused(await api.post(action(key), {"defaultPriceInformation": "x" * 151}), "defaultPriceInformation")
    assert (await api.post(action(key), {"defaultPriceInformation": "x" * 150})).status == 201
    assert (await api.post(action(99_999), {})).status == 404
