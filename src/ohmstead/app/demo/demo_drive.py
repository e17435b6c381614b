"""A seventh charge point of the demo, beside its circuit: cars wait there until somebody pays on its page."""

from contextlib import AsyncExitStack
from typing import Any

from ohmstead.app.api_client import ApiClient
from ohmstead.app.demo.demo_site import PASSWORD
from ohmstead.app.node import Node
from ohmstead.rooms.billing.drive.codes import code_of
from ohmstead.simulator.fleet import Fleet, Habits
from ohmstead.simulator.settings import Settings as Behaviour
from ohmstead.simulator.station_v16 import StationV16

IDENTITY, LABEL = "demo-7", "D-07"
TEST_CARD = "4242 4242 4242 4242"
_TARIFF = {
    "name": "Demo without an account", "type": "duration+energy",
    "pricing": {"pricePerKwh": 0.59, "pricePerPeriod": 0.05, "pricePeriodInMinutes": 1, "idleFeePerMinute": 0.1},
    "restrictions": {"adHocPreAuthorizeAmount": 30, "adHocStopWhenPreAuthorizedAmountFallsBelow": 2},
}  # fmt: skip


async def drivers_page(node: Node, api: ApiClient, seed: int, stack: AsyncExitStack) -> str:
    """The address of the page, once the charge point is there and cars come to it."""
    listed = await api.get("/resources/charge-points/v2.0?filter[tag]=demo-drive")
    point = listed[0] if listed else await _charge_point(api)
    evse_id = (await api.get(f"/resources/charge-points/v2.0/{point['id']}/evses"))[0]["id"]
    async with node.system.database.begin() as tx:
        code = await code_of(tx, evse_id)
    clock = node.system.clock
    station = StationV16(node.ocpp_url, IDENTITY, PASSWORD, clock=clock, seed=7, settings=Behaviour(sample_s=5))
    await station.start()
    stack.push_async_callback(station.stop)
    fleet = Fleet([station], clock, seed, Habits(mean_gap_s=8.0, mean_stay_s=600.0))
    fleet.start()
    stack.push_async_callback(fleet.stop)
    return f"{api.url.removesuffix('/public-api')}/drive/{code}"


async def _charge_point(api: ApiClient) -> dict[str, Any]:
    if not await api.get("/resources/currencies/v2.0"):
        await api.call("POST", "/resources/currencies/v2.0", {"alphabeticCode": "EUR"})
    tariff = await api.make("/resources/tariffs/v1.0", _TARIFF)
    group = await api.make("/resources/tariff-groups/v1.0", {"name": _TARIFF["name"], "tariffIds": [tariff["id"]]})
    name = [{"locale": "en", "translation": "Demo car park, by the gate"}]
    location = await api.make("/resources/locations/v2.0", {"name": name, "country": "AT", "city": "Vienna"})
    body = {
        "name": IDENTITY, "type": "public", "status": "enabled", "locationId": location["id"], "tags": ["demo-drive"],
        "network": {"id": IDENTITY, "protocol": "ocpp 1.6", "password": PASSWORD},
    }  # fmt: skip
    made = await api.make("/resources/charge-points/v2.0", body)
    path = f"/resources/charge-points/v2.0/{made['id']}/evses"
    evse = {
        "physicalReference": LABEL, "currentType": "ac", "networkId": "1", "status": "enabled",
        "tariffGroupId": group["id"], "powerOptions": {"maxPower": 22_000},
    }  # fmt: skip
    outlet = await api.make(path, evse)
    await api.make(f"{path}/{outlet['id']}/connectors", {"type": "type2", "format": "socket", "status": "enabled"})
    return made
