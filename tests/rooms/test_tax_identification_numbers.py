"""Tax identification numbers, and the taxes that name them."""

from ohmstead.rooms.operator.tax_identification_numbers import tax_identification_numbers
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

PATH = "/resources/tax-identification-numbers/v2.0"


class TestTaxIdentificationNumbers(ResourceContract):
    resource = tax_identification_numbers
    create = {"name": "UStId"}
    update = {"name": "VAT ID"}


async def test_a_name_says_something(api: Client) -> None:
    assert (await api.post(PATH, {"name": ""})).body["errors"].keys() == {"name"}


async def test_one_that_a_tax_names_stays(api: Client, given: Given) -> None:
    number = (await given.made(PATH, {"name": "UStId"}))["id"]
    tax = await given.tax(taxIdentificationNumberId=number)
    assert tax["taxIdentificationNumberId"] == number
    refused = await api.delete(f"{PATH}/{number}")
    assert (refused.status, refused.body["message"]) == (409, "The tax identification number is still in use.")
    path = f"/resources/taxes/v2.0/{tax['id']}"
    assert (await api.patch(path, {"taxIdentificationNumberId": None})).status == 200
    assert (await api.delete(f"{PATH}/{number}")).status == 204
    gone = await api.patch(path, {"taxIdentificationNumberId": number})
    assert gone.body["errors"].keys() == {"taxIdentificationNumberId"}
