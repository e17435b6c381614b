"""EVSEs below their charge points."""

from typing import Any

from ohmstead.kit.versions import Version
from ohmstead.rooms.network.evses import evses
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

BASE = "/resources/charge-points/v2.0"


def _evse(number: int = 1, **fields: Any) -> dict[str, Any]:
    body = {"physicalReference": "QR 1", "currentType": "ac", "networkId": str(number), "status": "enabled"}
    return body | fields


class TestEvses(ResourceContract):
    resource = evses
    update = {"label": "Left", "status": "disabled", "powerOptions": {"maxPower": 22_000}}
    ignored = ("powerOptions",)
    number = 0

    async def base(self, given: Given, version: Version) -> str:
        self.point = getattr(self, "point", None) or await given.charge_point()
        return f"{BASE}/{self.point['id']}/evses"

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        self.number += 1
        power = {"maxPower": 11_000, "maxVoltage": "230", "maxAmperage": 16.5, "phases": "three_phase"}
        return _evse(self.number, powerOptions=power, externalId="x", allowsReservation=True)


async def test_power_options_change_one_by_one(api: Client, given: Given) -> None:
    point = await given.charge_point()
    options = {"maxPower": 11_000, "phases": "single_phase", "phaseRotation": "STR"}
    made = await given.evse(point, powerOptions=options)
    unset = {"maxVoltage": None, "maxAmperage": None}
    assert made["powerOptions"] == options | unset | {"connectedPhase": "L2"}
    path = f"{BASE}/{point['id']}/evses/{made['id']}"
    changed = await api.patch(path, {"powerOptions": {"connectedPhase": "L3", "maxPower": None}})
    assert changed.data["powerOptions"] == options | unset | {"connectedPhase": "L3", "maxPower": None}
    refused = await api.patch(path, {"powerOptions": {"phases": "three_phase"}})
    assert refused.body["errors"].keys() == {"powerOptions.connectedPhase"}
    changed = await api.patch(path, {"powerOptions": {"phases": "split_phase", "connectedPhase": "L1_L3"}})
    assert changed.data["powerOptions"]["connectedPhase"] == "L1_L3"


async def test_a_number_is_taken_once_in_a_connection(api: Client, given: Given) -> None:
    master = await given.charge_point()
    place = {"locationId": master["locationId"], "type": "public"}
    mode = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": master["id"]}
    satellite = await given.made(BASE, place | mode)
    first = await given.evse(master, networkId="1")
    for point in (master, satellite):
        answer = await api.post(f"{BASE}/{point['id']}/evses", _evse(1))
        assert answer.body["errors"].keys() == {"networkId"}
    assert (await given.evse(satellite, networkId="2"))["networkId"] == "2"
    assert (await api.delete(f"{BASE}/{master['id']}/evses/{first['id']}")).status == 204
    assert (await given.evse(satellite, networkId="1"))["networkId"] == "1"
    for wrong in ("0", "-1", "one", "1.5"):
        answer = await api.post(f"{BASE}/{master['id']}/evses", _evse() | {"networkId": wrong})
        assert answer.body["errors"].keys() == {"networkId"}


async def test_what_can_be_booked_can_be_reserved(api: Client, given: Given) -> None:
    point = await given.charge_point()
    made = await given.evse(point, bookingEnabled=True, allowsReservation=False)
    assert made["allowsReservation"] is True


async def test_null_takes_away(api: Client, given: Given) -> None:
    point = await given.charge_point()
    made = await given.evse(point, midMeterCertificationEndYear=2031)
    assert made["midMeterCertificationEndYear"] == 2031
    change = {"tariffGroupId": None, "midMeterCertificationEndYear": None}
    changed = (await api.patch(f"{BASE}/{point['id']}/evses/{made['id']}", change)).data
    assert not change.keys() & changed.keys()


async def test_it_is_found_only_below_its_own(api: Client, given: Given) -> None:
    point, other = await given.charge_point(), await given.charge_point()
    made = await given.evse(point)
    assert (await api.get(f"{BASE}/{other['id']}/evses/{made['id']}")).status == 404
    assert (await api.get(f"{BASE}/{other['id']}/evses")).data == []
    assert (await api.get(f"{BASE}/999999/evses")).status == 404


async def test_it_goes_with_its_charge_point(api: Client, given: Given) -> None:
    point = await given.charge_point()
    made = await given.evse(point)
    path = f"{BASE}/{point['id']}/evses/{made['id']}"
    plug = await given.made(f"{path}/connectors", {"type": "type2"})
    assert (await api.delete(f"{BASE}/{point['id']}")).status == 204
    for gone in (path, f"{path}/connectors/{plug['id']}"):
        assert (await api.get(gone)).status == 404
    again = await given.charge_point(network=point["network"])
    assert (await given.evse(again))["id"] != made["id"]


async def test_extras_come_when_asked_for(api: Client, given: Given) -> None:
    point = await given.charge_point()
    made = await given.evse(point)
    path = f"{BASE}/{point['id']}/evses/{made['id']}"
    connector = await given.made(f"{path}/connectors", {"type": "type2", "format": "cable"})
    assert not {"connectors", "chargingProfile"} & (await api.get(path)).data.keys()
    both = "include[]=connectors&include[]=chargingProfile"
    for answer in (await api.get(path, both), await api.patch(path, {}, query=both)):
        assert (answer.data["connectors"], answer.data["chargingProfile"]) == ([connector], None)
