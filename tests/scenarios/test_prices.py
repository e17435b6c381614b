"""Worked examples of prices, from what stations say over OCPP to what the API shows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.charging.pricing.running import RunningPrices
from tests.live import PASSWORD, Live, live
from tests.ocpp.scripted_station import ScriptedStation, dial
from tests.scenarios.test_bad_frames import BOOT, credentials
from tests.scenarios.waiting import shows

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
SESSIONS = "/resources/sessions/v1.0"
REGISTER = {"measurand": "Energy.Active.Import.Register", "unit": "Wh"}


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    """At noon in Berlin, with a card; the clock stands still until it is moved."""
    async with live(system.dsn, tmp_path, ManualClock(NOON)) as running:
        await running.given.currency()
        await running.given.tax(percentage=19)
        await running.driver("CARD")
        yield running


def moment(minutes: float) -> str:
    return (NOON + timedelta(minutes=minutes)).isoformat()


async def becomes_noon_and(site: Live, station: ScriptedStation, minutes: float) -> None:
    """A minute after the other, in each of which the station says something."""
    assert isinstance(site.clock, ManualClock)
    while (left := (NOON + timedelta(minutes=minutes) - site.clock.now()).total_seconds()) > 0:
        await site.clock.advance(min(60.0, left))
        await station.ask("Heartbeat", {})


async def tariff_at(site: Live, evse: int, **pricing: Any) -> dict[str, Any]:
    """One for everybody, in a group whose base is another."""
    body = {"name": "T", "type": "duration+energy", "pricing": pricing}
    tariff = await site.given.made("/resources/tariffs/v1.0", body)
    group = await site.given.made("/resources/tariff-groups/v1.0", {"name": "G"})
    ids = [*group["tariffIds"], tariff["id"]]
    assert (
        await site.api.put(f"/resources/tariff-groups/v1.0/{group['id']}", {"name": "G", "tariffIds": ids})
    ).status == 200
    assert (await site.api.patch(f"/resources/evses/v2.1/{evse}", {"tariffGroupId": group["id"]})).status == 200
    return tariff


@asynccontextmanager
async def connected(site: Live, identity: str, protocol: str, boot: dict[str, Any]) -> AsyncIterator[ScriptedStation]:
    headers = credentials(identity, PASSWORD)
    async with dial(f"{site.ocpp_url}/{identity}", additional_headers=headers, subprotocols=[protocol]) as socket:
        station = Talking(socket)
        assert (await station.ask("BootNotification", boot))["status"] == "Accepted"
        yield station


class Talking(ScriptedStation):
    """One that refuses whatever it is asked meanwhile."""

    async def call(self, action: str, payload: Any) -> list:
        message_id = f"s{next(self._ids)}"
        await self.say([2, message_id, action, payload])
        while (answer := await self.hear())[0] == 2:
            await self.say([4, answer[1], "NotSupported", "", {}])
        assert answer[1] == message_id
        return answer


def read(minutes: float, wh: int) -> dict[str, Any]:
    return {"timestamp": moment(minutes), "sampledValue": [{"value": str(wh), **REGISTER}]}


async def charge(site: Live, station: ScriptedStation, start: float, wh: int) -> int:
    """Begin at a reading, and be read half an hour later; the transaction's number."""
    await becomes_noon_and(site, station, start)
    begun = {"connectorId": 1, "idTag": "CARD", "meterStart": wh, "timestamp": moment(start)}
    number = (await station.ask("StartTransaction", begun))["transactionId"]
    await becomes_noon_and(site, station, start + 30)
    for minute in (10, 20, 30):
        told = {"connectorId": 1, "transactionId": number, "meterValue": [read(start + minute, wh + 700 * minute)]}
        await station.ask("MeterValues", told)
    return number


async def finish(site: Live, station: ScriptedStation, number: int, end: float, wh: int) -> None:
    await becomes_noon_and(site, station, end)
    told = {"transactionId": number, "idTag": "CARD", "meterStop": wh, "timestamp": moment(end)}
    await station.ask("StopTransaction", told)


async def billed(site: Live, key: int) -> dict[str, Any]:
    query = "withPriceBreakdown=true&withChargingPeriods=true"
    return await shows(site.api, f"{SESSIONS}/{key}", lambda one: one["paymentStatus"] == "paid", query)


async def test_the_tariff_changes_while_somebody_charges(site: Live) -> None:
    """E5."""
    point = await site.charge_point("E5", power_w=50_000)
    prices = {"connectionFee": 1.2, "pricePerKwh": 0.52, "pricePerPeriod": 0.03, "pricePeriodInMinutes": 1}
    tariff = await tariff_at(site, point["evses"][0]["id"], **prices)
    path = f"/resources/tariffs/v1.0/{tariff['id']}"
    async with connected(site, "E5", "ocpp1.6", BOOT) as station:
        number = await charge(site, station, 0, 0)
        await RunningPrices(site.system.database, site.clock).price()
        running = (await site.api.get(f"{SESSIONS}/1")).data
        assert running["totalAmount"] == {"withTax": 13.02, "withoutTax": 10.94}
        dearer = {"name": "T", "type": "duration+energy", "pricing": prices | {"pricePerKwh": 0.66}}
        assert (await site.api.put(path, dearer)).status == 200
        await finish(site, station, number, 45, 31_500)
        first = await billed(site, 1)
        await finish(site, station, await charge(site, station, 60, 31_500), 105, 63_000)
        second = await billed(site, 2)
    assert first["totalAmount"]["withTax"] == first["amount"] == 18.93
    assert {one["type"]: one["totalPrice"] for one in first["priceBreakdown"]} == {
        "connection": 1.2, "energy": 16.38, "charging_time": 1.35,
    }  # fmt: skip
    assert second["totalAmount"]["withTax"] == 23.34
    assert running["tariffSnapshotId"] == first["tariffSnapshotId"] != second["tariffSnapshotId"]
    assert (await site.api.delete(path)).status == 204
    snapshot = (await site.api.get(f"/resources/tariff-snapshots/v1.0/{first['tariffSnapshotId']}")).data
    assert snapshot["pricing"]["pricePerKwh"] == 0.52
    again = await billed(site, 1)  # it has its receipt by now
    assert again == first | {"receiptId": again["receiptId"]}


def event(kind: str, number: int, minutes: float, wh: int, context: str, **more: Any) -> dict[str, Any]:
    sample = {"value": wh, "measurand": "Energy.Active.Import.Register", "context": context}
    return {
        "eventType": kind, "seqNo": number, "offline": True, "timestamp": moment(minutes),
        "triggerReason": "MeterValuePeriodic", "transactionInfo": {"transactionId": "T1"}, "evse": {"id": 1},
        "meterValue": [{"timestamp": moment(minutes), "sampledValue": [sample]}],
    } | more  # fmt: skip


async def test_a_placeholder_in_the_register(site: Live) -> None:
    """E6: a station that was offline tells afterwards of a charge that began with 0 and went on with its register."""
    point = await site.charge_point("E6", version="2.0.1", power_w=50_000)
    await tariff_at(site, point["evses"][0]["id"], pricePerKwh=0.4)
    boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
    token = {"idToken": {"idToken": "CARD", "type": "ISO14443"}}
    async with connected(site, "E6", "ocpp2.0.1", boot) as station:
        periodic = "Sample.Periodic"
        for told in (
            event("Started", 0, -120, 0, "Transaction.Begin", triggerReason="Authorized", **token),
            event("Updated", 1, -119, 912_406, periodic),
            event("Updated", 2, -90, 924_906, periodic),
            event("Ended", 3, -60, 934_906, "Transaction.End", triggerReason="StopAuthorized"),
        ):
            await station.ask("TransactionEvent", told)
        found = await billed(site, 1)
    assert found["energy"] == 22_500
    assert found["totalAmount"]["withTax"] == 9.0
    [shown] = (await site.api.get("/internal/sessions/v1.0")).data
    assert shown["anomalies"] == 1
