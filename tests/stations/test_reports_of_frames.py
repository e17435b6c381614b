"""Frames as stations in the field send them: what is required is left out, JSON has a fault, clocks were never set."""

import itertools
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import live
from tests.scenarios.waiting import becomes
from tests.stations.charger import BOOT, CARD, Charger, Error, plugged
from tests.stations.conftest import Yard
from tests.stations.talker import talker

LEFT_OUT = object()
MISSING, NAMES = [LEFT_OUT, None], ["absent", "null"]
ODD, ODD_NAMES = [*MISSING, "", {}], [*NAMES, "empty", "senseless"]


def but(payload: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """The payload with another value in a field, or without it."""
    rest = {name: old for name, old in payload.items() if name != field}
    return rest if value is LEFT_OUT else rest | {field: value}


def ago(charger: Charger, minutes: float) -> str:
    return charger.now(-60 * minutes)


@pytest.mark.parametrize("value", ODD, ids=ODD_NAMES)
async def test_a_stop_without_its_transaction_ends_the_open_one(yard: Yard, value: Any) -> None:
    """OCPP.Core #29 (null), ev-server #224 (absent); told again as after an error."""
    async with plugged(yard.site) as charger:
        await charger.starts(5000, at=ago(charger, 10))
        stop = but(
            {"transactionId": 0, "meterStop": 6500, "timestamp": charger.now(), "idTag": CARD}, "transactionId", value
        )
        for _ in range(2):
            assert (await charger.ask("StopTransaction", **stop))["idTagInfo"]["status"] == "Accepted"
    assert (await yard.session("finished"))["energy"] == 1500


@pytest.mark.parametrize("value", [*MISSING, "n/a"], ids=[*NAMES, "a word"])
async def test_a_start_that_does_not_say_when_began_now(yard: Yard, value: Any) -> None:
    """citrineos #166, MicroOcpp #88: told twice it is one charge all the same."""
    async with plugged(yard.site) as charger:
        before = charger.clock.now()
        start = but({"connectorId": 1, "idTag": CARD, "meterStart": 0}, "timestamp", value)
        first = await charger.ask("StartTransaction", **start)
        assert first == await charger.ask("StartTransaction", **start)
        assert first["idTagInfo"]["status"] == "Accepted"
        await charger.stops(first["transactionId"], 900, charger.now(60))
        second = await charger.ask("StartTransaction", **start)
        assert second["transactionId"] != first["transactionId"], "that charge is over"
    found = await becomes(yard.sessions, lambda all: len(all) == 2)
    assert (found[0]["status"], found[0]["energy"], found[1]["status"]) == ("finished", 900, "active")
    assert datetime.fromisoformat(found[0]["startedAt"]) >= before - timedelta(seconds=1)


@pytest.mark.parametrize("value", MISSING, ids=NAMES)
async def test_a_stop_that_does_not_say_when_is_now(yard: Yard, value: Any) -> None:
    """Known or not, told twice it is one."""
    async with plugged(yard.site) as charger:
        number = (await charger.starts(1000, at=ago(charger, 10)))["transactionId"]
        for transaction in (number, number, 4711, 4711, -1, -1):
            stop = but({"transactionId": transaction, "meterStop": 1800}, "timestamp", value)
            await charger.ask("StopTransaction", **stop)
    found = await becomes(yard.sessions, lambda all: len(all) == 3)
    assert [(one["status"], one["energy"]) for one in found] == [("finished", 800), ("finished", 0), ("finished", 0)]


@pytest.mark.parametrize("value", MISSING, ids=NAMES)
async def test_a_register_that_is_not_told_is_the_nearest_reading(yard: Yard, value: Any) -> None:
    """And not zero, from which the lifetime of a meter would be billed."""
    async with plugged(yard.site) as charger:
        start = {"connectorId": 1, "idTag": CARD, "timestamp": ago(charger, 10)}
        number = (await charger.ask("StartTransaction", **but(start, "meterStart", value)))["transactionId"]
        await charger.meters({"value": "70000"}, at=ago(charger, 9), transactionId=number)
        await charger.meters({"value": "70900"}, at=ago(charger, 5), transactionId=number)
        stop = {"transactionId": number, "timestamp": charger.now()}
        await charger.ask("StopTransaction", **but(stop, "meterStop", value))
    assert (await yard.session("finished"))["energy"] == 900


@pytest.mark.parametrize("value", MISSING, ids=NAMES)
async def test_a_stop_of_nothing_but_its_reading(yard: Yard, value: Any) -> None:
    """Neither which nor when."""
    async with plugged(yard.site) as charger:
        await charger.starts(5000, at=ago(charger, 10))
        for _ in range(2):
            await charger.ask(
                "StopTransaction", **but(but({"meterStop": 6500}, "transactionId", value), "timestamp", value)
            )
    assert (await yard.session("finished"))["energy"] == 1500


@pytest.mark.parametrize("value", MISSING, ids=NAMES)
async def test_a_start_of_nobody_is_kept_and_not_accepted(yard: Yard, value: Any) -> None:
    async with plugged(yard.site) as charger:
        start = {"connectorId": 1, "meterStart": 5000, "timestamp": ago(charger, 10)}
        answer = await charger.ask("StartTransaction", **but(start, "idTag", value))
        assert answer["idTagInfo"]["status"] == "Invalid"
        await charger.stops(answer["transactionId"], 6500)
        assert (await charger.ask("Authorize", **but({}, "idTag", value)))["idTagInfo"]["status"] == "Invalid"
    assert (await yard.session("finished"))["energy"] == 1500


@pytest.mark.parametrize("value", MISSING, ids=NAMES)
async def test_what_says_not_where_is_where_its_transaction_is(yard: Yard, value: Any) -> None:
    async with plugged(yard.site) as charger:
        start = {"idTag": CARD, "meterStart": 1000, "timestamp": ago(charger, 10)}
        number = (await charger.ask("StartTransaction", **but(start, "connectorId", value)))["transactionId"]
        readings = [but({"sampledValue": [{"value": "1400"}, {"unit": "Wh"}]}, "timestamp", value)]
        metered = {"transactionId": number, "meterValue": readings}
        await charger.ask("MeterValues", **but(metered, "connectorId", value))
        assert (await becomes(yard.session, lambda one: one["energy"] > 0))["energy"] == 400
        await charger.ask("MeterValues", **but({"connectorId": 1}, "meterValue", value))


@pytest.mark.parametrize("value", MISSING, ids=NAMES)
async def test_a_boot_and_a_status_without_what_they_are_about(yard: Yard, value: Any) -> None:
    """No name is no reason to boot for ever, and no error code no error. A status without its status says nothing."""
    async with plugged(yard.site) as charger:
        for field in BOOT:
            assert (await charger.ask("BootNotification", **but(BOOT, field, value)))["status"] == "Accepted"
        told = {"connectorId": 1, "status": "Charging"}
        assert await charger.ask("StatusNotification", **but(told, "errorCode", value)) == {}
        assert (await becomes(yard.evse, lambda one: one["hardwareStatus"] == "charging"))["hardwareStatus"]
        with pytest.raises(Error):
            await charger.ask("StatusNotification", **but({"connectorId": 1, "errorCode": "NoError"}, "status", value))
        assert (await yard.evse())["hardwareStatus"] == "charging"


@pytest.mark.parametrize(
    "fault",
    [
        ('"transactionId":,', '"transactionId":1,'),
        ('"meterValue":[,', '"meterValue":['),
        (",}]", "}]"),
        ("]}]\0", "]}]"),
        ("\ufeff[2", "[2"),
    ],
    ids=["no value", "a comma too many", "a comma at the end", "a NUL", "a byte order mark"],
)
async def test_one_fault_in_the_json_costs_no_energy(yard: Yard, fault: tuple[str, str]) -> None:
    """lbbrhzn/ocpp #2032 (AEFA), #1078 (ZJ BENY); and the frame is found by its id."""
    async with plugged(yard.site) as charger:
        await charger.starts(1000, at=ago(charger, 10))
        reading = {"timestamp": charger.now(), "sampledValue": [{"value": "1750"}]}
        call = [2, "odd-1", "MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": [reading]}]
        right = json.dumps(call, separators=(",", ":"))
        assert fault[1] in right
        await charger.sends(right.replace(fault[1], fault[0], 1), "odd-1")
        assert (await becomes(yard.session, lambda one: one["energy"] > 0))["energy"] == 750
        await the_log_has(yard, "odd-1", "MeterValues", "the frame is not as specified, but readable")


@pytest.mark.parametrize(
    "cut", ['[2,"odd-2","MeterValues",{"connectorId":1,', '[2,"odd-2","MeterValues",{"connectorId" 1}]']
)
async def test_what_cannot_be_read_is_answered_and_found_under_its_id(yard: Yard, cut: str) -> None:
    async with plugged(yard.site) as charger:
        with pytest.raises(Error, match="FormationViolation"):
            await charger.sends(cut, "odd-2")
        await the_log_has(yard, "odd-2", "MeterValues", "faulty JSON")


async def the_log_has(yard: Yard, message_id: str, action: str, deviation: str) -> None:
    async def rows() -> list[Any]:
        await yard.site.system.communication.flush()
        async with yard.site.system.database.read() as tx:
            return await tx.all(
                text("SELECT action, deviations FROM communication_log WHERE message_id = :id"), id=message_id
            )

    found = await becomes(rows, lambda rows: any(row["deviations"] for row in rows))
    assert {row["action"] for row in found} == {action}
    assert any(one.startswith(deviation) for row in found for one in row["deviations"] or ())


UNSET = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "1970-01-01T00:00:11Z", "2000-01-01T00:00:00Z",
         "9999-12-31T23:59:59-01:00", "2099-01-01T00:00:00Z"]  # fmt: skip


async def test_a_clock_that_was_never_set_is_no_clock_that_is_wrong(system: System, tmp_path: Path) -> None:
    """lorenzodonini/ocpp-go #20: Go's zero time, while the clock itself is right; .NET's, east of Greenwich."""
    async with live(system.dsn, tmp_path, SystemClock(400)) as site:
        yard = Yard(site, await site.charge_point("ODD"))
        async with plugged(site) as charger:
            for status, unset in itertools.product(("Available", "Charging"), UNSET):
                before = charger.clock.now() - timedelta(seconds=1)
                told = {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": unset}
                assert await charger.ask("StatusNotification", **told) == {}
                await site.clock.sleep(61)
            assert (await yard.evse())["hardwareStatus"] == "charging"
            point = f"/resources/charge-points/v1.0/{yard.point['id']}/status"
            assert "clockDriftSeconds" not in (await site.api.get(point)).data
            async with site.system.database.read() as tx:
                assert await tx.value(text("SELECT count(*) FROM station_event")) == 0
                at = await tx.value(text("SELECT hardware_status_at FROM evse"))
        assert at >= before - timedelta(seconds=61 * len(UNSET)), "when it became so"


CARD_201 = {"idToken": CARD, "type": "ISO14443"}


async def later(yard: Yard) -> dict[str, Any]:
    return await yard.site.charge_point("LATER", version="2.0.1")


@pytest.mark.parametrize("value", MISSING, ids=NAMES)
@pytest.mark.parametrize("field", ["triggerReason", "seqNo"])
async def test_the_end_of_a_charge_is_not_lost_for_a_field(yard: Yard, field: str, value: Any) -> None:
    """MicroOcpp #405: the word that it has not set decides nothing."""
    await later(yard)
    since = (yard.site.clock.now() - timedelta(hours=1)).replace(microsecond=0)
    async with talker(yard.site, "LATER", since) as station:
        for event, minute, wh in (("Started", 10.0, 1000.0), ("Ended", 40.0, 2500.0)):
            whole = {
                "eventType": event, "timestamp": station.at(minute), "triggerReason": "Authorized", "seqNo": 0,
                "transactionInfo": {"transactionId": "tx-1"}, "evse": {"id": 1}, "idToken": CARD_201,
                "meterValue": [station.reading(minute, wh)],
            }  # fmt: skip
            for _ in range(2):
                await station.call("TransactionEvent", but(whole, field, value))
        assert (await yard.session("finished"))["energy"] == 1500


async def test_what_a_station_of_2_0_1_tells_without_a_time_is_of_now(yard: Yard) -> None:
    """Each event twice."""
    await later(yard)
    async with talker(yard.site, "LATER", yard.site.clock.now()) as station:
        await station.call("StatusNotification", {"evseId": 1, "connectorId": 1, "connectorStatus": "Occupied"})
        event: dict[str, Any] = {
            "triggerReason": "Authorized", "seqNo": 0, "evse": {"id": 1}, "idToken": CARD_201,
            "transactionInfo": {"transactionId": "tx-1"},
        }  # fmt: skip
        for _ in range(2):
            readings = [{"sampledValue": [{"value": 1000}]}]
            await station.call("TransactionEvent", event | {"eventType": "Started", "meterValue": readings})
        await station.call("MeterValues", {"evseId": 1, "meterValue": [{"sampledValue": [{"value": "1012,5"}, {}]}]})
        assert (await becomes(yard.session, lambda one: one["energy"] > 0))["energy"] == 12.5
        for _ in range(2):
            readings = [{"sampledValue": [{"value": 1090}]}]
            await station.call("TransactionEvent", event | {"eventType": "Ended", "meterValue": readings})
        assert (await yard.session("finished"))["energy"] == 90
