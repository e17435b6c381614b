"""Utilities, and who names them."""

from ohmstead.rooms.energy.utilities import utilities
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

PATH = "/resources/utilities/v1.0"


class TestUtilities(ResourceContract):
    resource = utilities
    create = {"name": "Stadtwerke"}
    update = {"name": "City Power"}


async def test_it_counts_who_names_it(api: Client, given: Given) -> None:
    used, idle = (await given.utility())["id"], await given.utility()
    assert (idle["chargePointsCount"], idle["electricityRatesCount"]) == (0, 0)
    await given.electricity_rate(utilityId=used)
    own = await given.charge_point(utilityId=used, partner={"id": 71})
    gone = await given.charge_point(utilityId=used)
    counts = {"chargePointsCount": 2, "electricityRatesCount": 1}
    assert (await api.get(f"{PATH}/{used}")).data.items() >= counts.items()
    assert (await api.put(f"{PATH}/{used}", {"name": "x"})).data.items() >= counts.items()
    await api.delete(f"/resources/charge-points/v2.0/{gone['id']}")
    assert [one["chargePointsCount"] for one in (await api.get(PATH)).data] == [1, 0]
    await api.patch(f"/resources/charge-points/v2.0/{own['id']}", {"utilityId": None})
    assert (await api.get(f"{PATH}/{used}")).data["chargePointsCount"] == 0


async def test_a_partner_counts_its_own_charge_points(given: Given) -> None:
    used = (await given.utility())["id"]
    await given.charge_point(utilityId=used, partner={"id": 71})
    await given.charge_point(utilityId=used, partner={"id": 72})
    await given.charge_point(utilityId=used)
    partner = await given.client("*", partner_id=71)
    assert [one["chargePointsCount"] for one in (await partner.get(PATH)).data] == [1]
    await partner.close()


async def test_who_is_named_stays(api: Client, given: Given) -> None:
    used = (await given.utility())["id"]
    rate = await given.electricity_rate(utilityId=used)
    point = await given.charge_point(utilityId=used)
    rate_path, point_path = (
        f"/resources/electricity-rates/v2.0/{rate['id']}",
        f"/resources/charge-points/v2.0/{point['id']}",
    )
    assert (await api.delete(f"{PATH}/{used}")).status == 409
    assert (await api.patch(rate_path, {"utilityId": None})).status == 200
    refused = await api.delete(f"{PATH}/{used}")
    assert (refused.status, refused.body["message"]) == (409, "Charge points still name the utility.")
    assert (await api.delete(point_path)).status == 204
    assert (await api.delete(f"{PATH}/{used}")).status == 204


async def test_nobody_names_one_that_is_not_there(api: Client, given: Given) -> None:
    rate, point = await given.electricity_rate(), await given.charge_point()
    for path in (f"/resources/electricity-rates/v2.0/{rate['id']}", f"/resources/charge-points/v2.0/{point['id']}"):
        assert (await api.patch(path, {"utilityId": 999_999})).body["errors"].keys() == {"utilityId"}
