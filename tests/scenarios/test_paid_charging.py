"""A charge that is paid by card, on a server that is killed while its bank has the money and it does not know: what was
held is captured once."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ohmstead.simulator.vehicle import Vehicle
from tests.client import Client
from tests.live import Live
from tests.scenarios.places import place
from tests.scenarios.server import Server
from tests.scenarios.waiting import shows

SILENT_CAPTURE = "4000000000006017"  # taken, but the gateway never says so
PAYMENTS = "/internal/embedded-gateway/v1.0/payments"
TRANSACTIONS = "/resources/transactions/v1.0"


@pytest.fixture
async def server(folder: Path) -> AsyncIterator[Server]:
    made = Server(folder, options=("--clock", "2037-01-31T08:00:00Z", "--speed", "10"))
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def card(far: Live, user: int) -> str:
    """A card that the user enters on the gateway's page; its id."""
    path = f"/resources/users/v1.0/{user}/payment-methods"
    begun = (await far.api.post(path, {})).body
    page = begun["redirectUrl"].rpartition("/pay/")[2]
    entry = {"number": SILENT_CAPTURE, "expMonth": 12, "expYear": 2049, "cvc": "123"}
    nobody = Client(far.api.base, None)
    entered = await nobody.post(f"/internal/embedded-gateway/v1.0/setups/{page}/card", entry)
    await nobody.close()
    assert (entered.status, entered.body["state"]) == (200, "stored")
    stored = await far.api.post(path, {"transactionId": begun["transactionId"]})
    return str(stored.data["id"])


async def charges_by(far: Live, evse: int, **pricing: Any) -> None:
    """A tariff in euros for everybody."""
    await far.given.currency()
    await far.given.tax(percentage=19)
    tariff = {"name": "T", "type": "duration+energy", "pricing": pricing}
    made = await far.given.made("/resources/tariffs/v1.0", tariff)
    group = await far.given.made("/resources/tariff-groups/v1.0", {"name": "G"})
    listed = {"name": "G", "tariffIds": [made["id"]]}
    assert (await far.api.put(f"/resources/tariff-groups/v1.0/{group['id']}", listed)).status == 200
    assert (await far.api.patch(f"/resources/evses/v2.1/{evse}", {"tariffGroupId": group["id"]})).status == 200


async def test_a_charge_is_captured_once_though_the_server_is_killed(server: Server, far: Live) -> None:
    here = await place(far, "PAID")
    await charges_by(far, here.evse, pricePerKwh=0.5, connectionFee=2, preAuthorizeAmount=20)
    user = int((await far.given.user())["id"])
    method = await card(far, user)
    here.station.plug(1, Vehicle(3, 32, soc=10))
    answer = await here.start(userId=user, paymentMethodId=method)
    assert answer.status == 202, answer.body
    session = await here.grows(await here.session("active"))
    (held,) = (await far.api.get(TRANSACTIONS)).data
    assert (held["status"], Decimal(str(held["totalAmount"]))) == ("authorized", 20)

    assert (await here.stop(session)).status == 202
    await shows(far.api, TRANSACTIONS, lambda data: data[0]["status"] != "authorized")
    await server.kill()
    await server.start()

    await shows(far.api, TRANSACTIONS, lambda data: data[0]["status"] == "finalized")
    done = await here.session("finished")
    (payment,) = (await far.api.get(PAYMENTS)).data
    assert done["paymentStatus"] == "paid"
    assert payment["captured"] == done["amount"] == (await far.api.get(TRANSACTIONS)).data[0]["totalAmount"] > 2
    assert [(one["step"], one["times"]) for one in payment["calls"]] == [("authorize", 1), ("capture", 1)]
