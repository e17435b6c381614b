"""The site as the operator makes it, through the public API: circuits, a meter, charge points, a card for everybody."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from ohmstead.app.api_client import ApiClient
from parts.site.layout import CABLES, MAIN, OUTLETS, RESERVED_A, Outlet
from parts.site.scenario import Scenario, history

CARD = "FLEET"
PASSWORD = "closed-loop-0815"
AT_ONCE = 4
CHARGE_POINTS = "/resources/charge-points/v2.0"


async def furnish(api: ApiClient) -> int:
    """Make everything; the meter's id."""
    meter = int((await api.make("/resources/electricity-meters/v1.0", {"name": "Main"}))["id"])
    circuits: dict[str, int] = {}
    for cable in CABLES:
        body: dict[str, Any] = {"name": cable.name, "phases": "three_phase", "maxCurrent": cable.limit_a}
        if cable.parent:
            body |= {"parentCircuitId": circuits[cable.parent], "phaseRotation": cable.rotation}
        if cable.name == MAIN:
            body |= {"electricityMeterId": meter, "offlineReservedCurrent": RESERVED_A}
        circuits[cable.name] = (await api.make("/resources/circuits/v2.0", body))["id"]
    name = [{"locale": "en", "translation": "Car park"}]
    location = (await api.make("/resources/locations/v2.0", {"name": name, "country": "AT"}))["id"]
    room = asyncio.Semaphore(AT_ONCE)

    async def one(outlet: Outlet) -> None:
        async with room:
            await _charge_point(api, outlet, location, circuits[outlet.cable])

    await asyncio.gather(*map(one, OUTLETS))
    await _card(api)
    return meter


async def tell_history(api: ApiClient, meter: int, scenario: Scenario, now: datetime) -> None:
    """What the building took at these hours in the weeks before, as its meter would have told it."""
    for at, amps in history(scenario):
        body = {f"currentL{line}": round(1000 * value) for line, value in enumerate(amps, 1)}
        told = {"timestamp": (now + timedelta(seconds=at)).isoformat()} | body
        await api.call("POST", f"/actions/electricity-meter/v1.0/{meter}/report-consumption", told)


async def _charge_point(api: ApiClient, outlet: Outlet, location: int, circuit: int) -> None:
    network = {"id": outlet.identity, "protocol": f"ocpp {outlet.version}", "password": PASSWORD}
    body = {"name": outlet.identity, "type": "public", "status": "enabled", "locationId": location, "network": network}
    made = (await api.make(CHARGE_POINTS, body))["id"]
    evse = {"physicalReference": outlet.identity, "currentType": "ac", "networkId": "1", "status": "enabled"}
    evse |= {"powerOptions": {"maxAmperage": outlet.rating_a}}
    plugs = f"{CHARGE_POINTS}/{made}/evses/{(await api.make(f'{CHARGE_POINTS}/{made}/evses', evse))['id']}/connectors"
    await api.make(plugs, {"type": "type2", "format": "socket", "status": "enabled"})
    await api.make(f"{CHARGE_POINTS}/{made}/smart-charging", _smart(outlet))
    attach = {"chargePointId": made, "priority": outlet.weight}
    await api.call("POST", f"/actions/circuit/v2.0/{circuit}/attach-charge-point", attach)


def _smart(outlet: Outlet) -> dict[str, Any]:
    """Dynamic, wired as it is."""
    common = {"mode": "dynamic", "defaultChargePointMaxCurrent": outlet.rating_a, "electricalConfiguration": "star"}
    if outlet.single:
        return common | {
            "phases": "single_phase",
            "maxVoltage": "230",
            "phaseRotation": None,
            "connectedPhase": outlet.wired,
        }
    return common | {"phases": "three_phase", "maxVoltage": "400", "phaseRotation": outlet.wired}


async def _card(api: ApiClient) -> None:
    """One card that may charge everywhere at once."""
    body = {"email": "fleet@bench.example", "password": "fleet-secret-0815"}
    body |= {"options": {"sessionsAllowed": "multiple_simultaneous_sessions_remotely_and_idtags"}}
    user = await api.make("/resources/users/v1.0", body)
    card = {"idTagUid": CARD, "type": "rfid", "status": "enabled", "userId": int(user["id"])}
    await api.make("/resources/id-tags/v2.0", card)
