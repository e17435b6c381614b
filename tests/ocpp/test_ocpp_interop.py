"""A day with a charge point of the independent library `ocpp`, which validates both directions by the schemas."""

import asyncio

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result

from ohmstead.rooms.charging.facts import ChargeStarted, ChargeStopped, Metered
from ohmstead.rooms.devices.stations import GetConfiguration, RemoteStart, Reset
from tests.ocpp.conftest import House
from tests.ocpp.scripted_station import dial

NOON = "2026-02-28T12:00:00Z"


class Wallbox(ChargePoint):
    """Obeys resets and remote starts, and has one setting."""

    @on("Reset")
    def on_reset(self, type: str):
        return call_result.Reset(status="Accepted")

    @on("RemoteStartTransaction")
    def on_remote_start(self, id_tag: str, **rest):
        return call_result.RemoteStartTransaction(status="Accepted" if id_tag == "TAG" else "Rejected")

    @on("GetConfiguration")
    def on_get_configuration(self, **rest):
        known = [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
        return call_result.GetConfiguration(configuration_key=known, unknown_key=[])


async def test_boot_charge_stop_and_obey(house: House):
    async with dial(house.url()) as socket:
        wallbox = Wallbox("CP1", socket)
        living = asyncio.create_task(wallbox.start())
        boot = await wallbox.call(call.BootNotification(charge_point_vendor="V", charge_point_model="M"))
        assert (boot.status, boot.interval) == ("Accepted", 300)
        await wallbox.call(call.StatusNotification(connector_id=1, error_code="NoError", status="Preparing"))
        assert (await wallbox.call(call.Authorize(id_tag="TAG"))).id_tag_info["status"] == "Accepted"
        begun = await wallbox.call(call.StartTransaction(connector_id=1, id_tag="TAG", meter_start=100, timestamp=NOON))
        readings = [{"timestamp": NOON, "sampled_value": [{"value": "1.5", "unit": "kWh"}]}]
        await wallbox.call(call.MeterValues(connector_id=1, transaction_id=begun.transaction_id, meter_value=readings))
        await wallbox.call(
            call.StopTransaction(transaction_id=begun.transaction_id, meter_stop=1600, timestamp=NOON, reason="Local")
        )
        assert (await house.gateway.call(1, Reset(kind="soft"))).agreed
        assert not (await house.gateway.call(1, RemoteStart(id_tag="OTHER"))).agreed
        assert (await house.gateway.call(1, GetConfiguration())).settings[0].value == "300"
        living.cancel()
    assert house.rooms.only(ChargeStarted)[0].meter_wh == 100
    assert house.rooms.only(Metered)[0].readings[0].energy_wh == 1500
    assert house.rooms.only(ChargeStopped)[0].transaction_id == begun.transaction_id
    assert house.deviations() == []
