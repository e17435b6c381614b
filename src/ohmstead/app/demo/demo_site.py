"""The demo's site: a location, a metered circuit of 63 A and six charge points, made through the public API."""

from dataclasses import dataclass
from typing import Any

from ohmstead.app.api_client import ApiClient

CIRCUIT_A = 63
PASSWORD = "demo-password-0815"
TAGS = ("DEMO0001", "DEMO0002", "DEMO0003", "DEMO0004", "DEMO0005", "DEMO0006")


@dataclass(frozen=True)
class Point:
    """A charge point of the site: its OCPP identity, phases, A a phase, and how it is wired."""

    identity: str
    phases: str
    rating_a: float
    wired: str  # a rotation, or the one phase


POINTS = (
    Point("demo-1", "three_phase", 32, "RST"),
    Point("demo-2", "three_phase", 32, "STR"),
    Point("demo-3", "three_phase", 16, "TRS"),
    Point("demo-4", "single_phase", 32, "L1"),
    Point("demo-5", "single_phase", 32, "L2"),
    Point("demo-6", "three_phase", 32, "RST"),
)


@dataclass(frozen=True)
class DemoSite:
    """Ids of what was made."""

    circuit_id: int
    meter_id: int
    charge_points: dict[str, int]  # by OCPP identity


async def build(api: ApiClient) -> DemoSite:
    """Make the site, or find the one an earlier demo left in the same folder."""
    known = {row["network"]["id"]: row["id"] for row in await api.get("/resources/charge-points/v2.0?filter[tag]=demo")}
    meter_id = await _meter(api)
    circuit_id = await _circuit(api, meter_id)
    location_id = None
    for point in POINTS:
        if point.identity not in known:
            location_id = location_id or await _location(api)
            known[point.identity] = await _charge_point(api, point, location_id, circuit_id)
    await _drivers(api)
    return DemoSite(circuit_id, meter_id, known)


async def _meter(api: ApiClient) -> int:
    listed = await api.get("/resources/electricity-meters/v1.0")
    found = next((row for row in listed if row.get("name") == "Demo main meter"), None)
    found = found or await api.make("/resources/electricity-meters/v1.0", {"name": "Demo main meter"})
    return int(found["id"])


async def _circuit(api: ApiClient, meter_id: int) -> int:
    listed = await api.get("/resources/circuits/v2.0")
    found = next((row for row in listed if row["name"] == "Demo main fuse"), None)
    body = {
        "name": "Demo main fuse", "phases": "three_phase", "maxCurrent": CIRCUIT_A, "minChargePointCurrent": 6,
        "electricityMeterId": meter_id, "offlineReservedCurrent": 40,
    }  # fmt: skip
    return (found or await api.make("/resources/circuits/v2.0", body))["id"]


async def _location(api: ApiClient) -> int:
    body = {
        "name": [{"locale": "en", "translation": "Demo car park"}],
        "geoposition": {"latitude": 48.2, "longitude": 16.37}, "country": "AT", "city": "Vienna",
        "timezone": "Europe/Vienna",
    }  # fmt: skip
    return (await api.make("/resources/locations/v2.0", body))["id"]


async def _charge_point(api: ApiClient, point: Point, location_id: int, circuit_id: int) -> int:
    body = {
        "name": point.identity, "type": "public", "status": "enabled", "locationId": location_id,
        "communicationMode": "direct_ocpp", "tags": ["demo"],
        "network": {"id": point.identity, "protocol": "ocpp 1.6", "password": PASSWORD},
    }  # fmt: skip
    made = await api.make("/resources/charge-points/v2.0", body)
    path = f"/resources/charge-points/v2.0/{made['id']}"
    evse = {"physicalReference": f"{point.identity}-1", "currentType": "ac", "networkId": "1", "status": "enabled"}
    outlet = await api.make(f"{path}/evses", evse | {"powerOptions": {"maxAmperage": point.rating_a}})
    await api.make(
        f"{path}/evses/{outlet['id']}/connectors", {"type": "type2", "format": "socket", "status": "enabled"}
    )
    await api.make(f"{path}/smart-charging", _details(point))
    attach = {"chargePointId": made["id"], "priority": 2 if point.identity == "demo-1" else 1}
    await api.call("POST", f"/actions/circuit/v2.0/{circuit_id}/attach-charge-point", attach)
    return made["id"]


def _details(point: Point) -> dict[str, Any]:
    """Smart charging: dynamic, wired as the point is."""
    single = point.phases == "single_phase"
    return {
        "mode": "dynamic", "defaultChargePointMaxCurrent": point.rating_a, "phases": point.phases,
        "maxVoltage": "230" if single else "400", "electricalConfiguration": "star",
        "phaseRotation": None if single else point.wired,
    } | ({"connectedPhase": point.wired} if single else {})  # fmt: skip


async def _drivers(api: ApiClient) -> None:
    """A driver with a card for each car."""
    known = {row["idTagUid"] for row in await api.get("/resources/id-tags/v2.0")}
    for number, tag in enumerate(TAGS, 1):
        if tag not in known:
            body = {"email": f"driver{number}@demo.example", "password": f"driver-{number}-secret"}
            body |= {"options": {"sessionsAllowed": "multiple_simultaneous_sessions_per_idtag"}}
            user = await api.make("/resources/users/v1.0", body)
            card = {"idTagUid": tag, "type": "rfid", "status": "enabled", "userId": int(user["id"])}
            await api.make("/resources/id-tags/v2.0", card)
