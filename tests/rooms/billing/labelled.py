"""An EVSE with a label: public, with a plug, a tariff for who has no account, and the code of its page."""

from typing import Any

from ohmstead.app.system import System
from ohmstead.rooms.billing.drive.codes import code_of
from tests.given import Given

TARIFF: dict[str, Any] = {
    "type": "duration+energy",
    "pricing": {
        "pricePerKwh": 0.59, "pricePerPeriod": 0.6, "pricePeriodInMinutes": 15, "connectionFee": 1, "minPrice": 2,
        "idleFeePerMinute": 0.2, "idleFeeGracePeriodMinutes": 10,
    },
    "restrictions": {"applyToAdHocUsers": True, "adHocPreAuthorizeAmount": 30},
}  # fmt: skip


async def code(system: System, evse_id: int) -> str:
    async with system.database.begin() as tx:
        return await code_of(tx, evse_id)


async def priced(given: Given, charge_point: dict[str, Any], number: int = 1, **tariff: Any) -> dict[str, Any]:
    """An EVSE with a plug and a tariff: the usual one with these fields."""
    group = await given.tariff_group((await given.tariff(**TARIFF | tariff))["id"])
    fields = {"physicalReference": "A-07", "tariffGroupId": group["id"], "powerOptions": {"maxPower": 22000}}
    outlet = await given.evse(charge_point, networkId=str(number), **fields)
    path = f"/resources/charge-points/v2.0/{charge_point['id']}/evses/{outlet['id']}/connectors"
    await given.made(path, {"type": "type2", "format": "socket"})
    return outlet
