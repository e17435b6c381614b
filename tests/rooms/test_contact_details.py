"""Contact details: one row, or none."""

import pytest

from ohmstead.rooms.operator.contact_details import contact_details
from tests.client import Client
from tests.contract import ResourceContract

PATH = "/resources/contact-details/v2.0"


class TestContactDetails(ResourceContract):
    resource = contact_details
    create = {"email": "us@example.org", "phone": "+43 1 234"}
    update = {"email": "office@example.org", "phone": None}


async def test_there_are_none_until_they_are_put(api: Client) -> None:
    assert [(await api.request(method, PATH)).status for method in ("GET", "DELETE")] == [404, 404]
    put = await api.put(PATH, TestContactDetails.create)
    assert (put.status, put.body.keys()) == (200, {"email", "phone", "lastUpdatedAt"})


async def test_a_put_takes_away_what_it_leaves_out(api: Client) -> None:
    await api.put(PATH, TestContactDetails.create)
    assert (await api.put(PATH, {"email": "us@example.org"})).body["phone"] is None


@pytest.mark.parametrize("body", [{"email": "us"}, {"email": None}, {"phone": "1"}])
async def test_where_nobody_is_reached(api: Client, body: dict[str, object]) -> None:
    assert (await api.put(PATH, body)).body["errors"].keys() == {"email"}
