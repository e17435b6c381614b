"""Electricity meters and what they report."""

from ohmstead.rooms.energy.meters import meters
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given


class TestElectricityMeters(ResourceContract):
    resource = meters
    create = {"name": "Roof", "integrationParameters": {"host": "10.0.0.1"}}
    update = {"name": "Cellar"}


async def test_a_report_is_taken_once(api: Client, given: Given) -> None:
    meter = await given.meter()
    path = f"/actions/electricity-meter/v1.0/{meter['id']}/report-consumption"
    report = {"timestamp": "2026-01-01T10:00:00Z", "currentL1": 12_500, "currentL2": 0, "currentL3": -300}
    assert (await api.post(path, report)).status == 202
    again = await api.post(path, report)
    assert again.status == 406
    assert "already known" in again.body["message"]
    assert (await api.post(path, {"currentL1": 1})).status == 202
    assert (await api.post(path)).body["errors"].keys() == {"currentL1"}
    assert (await api.post(path, {"timestamp": "2999-01-01T00:00:00Z", "currentL1": 1})).status == 422
