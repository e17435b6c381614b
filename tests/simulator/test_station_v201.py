"""What a station of OCPP 2.0.1 says and does; every frame is held to the schemas of the standard."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.console import prompt
from ohmstead.simulator.station_v201 import StationV201
from ohmstead.simulator.vehicle import Vehicle
from tests.simulator.central import Central, central_system

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with central_system(version="v201") as running:
        yield running


@pytest.fixture
async def station(central: Central, clock: ManualClock) -> AsyncIterator[StationV201]:
    """One that is online."""
    station = StationV201(central.url, "CP1", clock=clock, connectors=2)
    await station.start()
    await idle(station)
    yield station
    await station.stop()


async def idle(station: StationV201) -> None:
    """Until it is online and has nothing more to say."""
    await station.until(lambda s: s.online and s.in_flight == 0)


async def charging(station: StationV201, connector: int = 1) -> str:
    """Plug in, present a card; the transaction's name."""
    station.plug(connector, Vehicle(3, 32, soc=10))
    assert await station.present_tag(connector, "CARD")
    await idle(station)
    running = station.transaction(connector)
    assert running is not None
    return str(running.id)


def events(central: Central) -> list[tuple[str, str, str | None]]:
    said = central.all("TransactionEvent")
    return [(one["eventType"], one["triggerReason"], one["transactionInfo"].get("chargingState")) for one in said]


def profile(limit: float, transaction: str | None = None, id: int = 1, **more: Any) -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": limit}]
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    purpose = "TxDefaultProfile" if transaction is None else "TxProfile"
    return {
        "id": id, "stackLevel": 1, "chargingProfilePurpose": purpose, "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    } | ({"transactionId": transaction} if transaction else {}) | more  # fmt: skip


async def test_a_charge_from_plug_to_unplug(central: Central, clock: ManualClock, station: StationV201):
    name = await charging(station)
    await clock.advance(60)
    await idle(station)
    station.unplug(1)
    await idle(station)
    assert events(central)[0] == ("Started", "Authorized", "EVConnected")
    assert events(central)[1] == ("Updated", "ChargingStateChanged", "Charging")
    assert ("Updated", "MeterValuePeriodic", "Charging") in events(central)
    assert events(central)[-1] == ("Ended", "EVDeparted", None)
    said = central.all("TransactionEvent")
    assert [one["seqNo"] for one in said] == list(range(len(said)))
    assert {one["transactionInfo"]["transactionId"] for one in said} == {name}
    assert said[-1]["meterValue"][0]["sampledValue"][0]["value"] == int(station.energy_wh(1)) > 0
    states = [one["connectorStatus"] for one in central.all("StatusNotification") if one["evseId"] == 1]
    assert states == ["Available", "Occupied", "Available"]


async def test_a_token_that_is_not_wanted_ends_the_charge(central: Central, station: StationV201):
    central.script["TransactionEvent"] = lambda _: {"idTokenInfo": {"status": "Blocked"}}
    station.plug(1, Vehicle(3, 32, soc=10))
    await station.present_tag(1, "CARD")
    await station.until(lambda s: s.transaction(1) is None)
    await idle(station)
    assert events(central)[-1][:2] == ("Ended", "Deauthorized")


async def test_what_happens_offline_is_told_later(central: Central, clock: ManualClock, station: StationV201):
    await charging(station)
    await station.drop()
    station.stop_local(1)
    await clock.advance(5)
    await idle(station)
    ended = central.all("TransactionEvent")[-1]
    assert (ended["eventType"], ended["offline"]) == ("Ended", True)


async def test_limits_of_a_transaction_need_its_name(central: Central, clock: ManualClock, station: StationV201):
    name = await charging(station)
    wrong = {"evseId": 1, "chargingProfile": profile(10, "another")}
    assert await central.tell("SetChargingProfile", wrong) == REJECTED
    assert await central.tell("SetChargingProfile", {"evseId": 1, "chargingProfile": profile(10, name)}) == ACCEPTED
    assert station.offered(1) == 10
    schedule = (await central.tell("GetCompositeSchedule", {"evseId": 1, "duration": 60}))["schedule"]
    assert schedule["chargingSchedulePeriod"][0]["limit"] == 10
    assert await central.tell("ClearChargingProfile", {"chargingProfileId": 1}) == ACCEPTED
    assert station.offered(1) == 32
    assert await central.tell("ClearChargingProfile", {"chargingProfileId": 1}) == {"status": "Unknown"}


async def test_a_start_and_a_stop_from_afar(central: Central, station: StationV201):
    token = {"idToken": "*0000007", "type": "Central"}
    order = {"idToken": token, "remoteStartId": 7, "evseId": 2, "chargingProfile": profile(8, id=3)}
    assert await central.tell("RequestStartTransaction", order) == REJECTED  # no default may travel with a start
    order["chargingProfile"] |= {"chargingProfilePurpose": "TxProfile"}
    assert await central.tell("RequestStartTransaction", order) == ACCEPTED
    station.plug(2, Vehicle(3, 32, soc=10))
    await idle(station)
    started = central.all("TransactionEvent")[0]
    assert (started["idToken"], started["transactionInfo"]["remoteStartId"]) == (token, 7)
    assert (started["evse"]["id"], station.offered(2)) == (2, 8)
    name = started["transactionInfo"]["transactionId"]
    running = await central.tell("GetTransactionStatus", {"transactionId": name})
    assert running == {"ongoingIndicator": True, "messagesInQueue": False}
    assert await central.tell("RequestStopTransaction", {"transactionId": "another"}) == REJECTED
    assert await central.tell("RequestStopTransaction", {"transactionId": name}) == ACCEPTED
    await idle(station)
    assert events(central)[-1][:2] == ("Ended", "RemoteStop")


async def test_a_reset_on_idle_waits_for_the_end(central: Central, clock: ManualClock, station: StationV201):
    await charging(station)
    assert await central.tell("Reset", {"type": "OnIdle"}) == {"status": "Scheduled"}
    station.unplug(1)
    await station.until(lambda s: not s.online)
    await clock.advance(10)
    await idle(station)
    assert len(central.all("BootNotification")) == 2
    assert events(central)[-1][:2] == ("Ended", "EVDeparted")


async def test_variables(central: Central, station: StationV201):
    interval = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    unknown = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "Coffee"}}
    nowhere = {"component": {"name": "Kitchen"}, "variable": {"name": "Coffee"}}
    wanted = [one | {"attributeValue": "77"} for one in (interval, unknown, nowhere)]
    written = (await central.tell("SetVariables", {"setVariableData": wanted}))["setVariableResult"]
    words = ["Accepted", "UnknownVariable", "UnknownComponent"]
    assert [one["attributeStatus"] for one in written] == words
    of_evse = interval | {"component": {"name": "OCPPCommCtrlr", "evse": {"id": 1}}}
    of_instance = interval | {"variable": {"name": "HeartbeatInterval", "instance": "x"}}
    limit = interval | {"attributeType": "MaxSet"}
    strange = await central.tell("GetVariables", {"getVariableData": [of_evse, of_instance, limit]})
    words = ["UnknownComponent", "UnknownVariable", "NotSupportedAttributeType"]
    assert strange["getVariableResult"] == [
        asked | {"attributeStatus": word} for asked, word in zip((of_evse, of_instance, limit), words, strict=True)
    ]
    read = (await central.tell("GetVariables", {"getVariableData": [interval]}))["getVariableResult"]
    assert (read[0]["attributeValue"], station.settings.heartbeat_s) == ("77", 77)
    assert await central.tell("GetBaseReport", {"requestId": 4, "reportBase": "FullInventory"}) == ACCEPTED
    report = await central.hear("NotifyReport")
    assert (report["requestId"], len(report["reportData"]) > 10) == (4, True)


async def test_lists_reservations_and_triggers(central: Central, station: StationV201):
    entry = {"idToken": {"idToken": "CARD", "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}}
    update = {"versionNumber": 3, "updateType": "Full", "localAuthorizationList": [entry]}
    assert await central.tell("SendLocalList", update) == ACCEPTED
    assert await central.tell("GetLocalListVersion") == {"versionNumber": 3}
    assert await central.tell("ClearCache") == ACCEPTED
    until = "2026-01-05T09:00:00Z"
    reserve = {"id": 5, "expiryDateTime": until, "idToken": entry["idToken"], "evseId": 1}
    assert await central.tell("ReserveNow", reserve) == ACCEPTED
    assert await central.tell("CancelReservation", {"reservationId": 5}) == ACCEPTED
    assert await central.tell("CancelReservation", {"reservationId": 5}) == REJECTED
    await idle(station)
    said = len(central.all("StatusNotification"))
    trigger = {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}
    assert await central.tell("TriggerMessage", trigger) == ACCEPTED
    await central.hear("StatusNotification", said + 1)
    assert await central.tell("TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 2}}) == ACCEPTED
    assert (await central.hear("MeterValues"))["evseId"] == 2
    unknown = {"requestedMessage": "SignV2GCertificate"}
    assert await central.tell("TriggerMessage", unknown) == {"status": "NotImplemented"}


async def test_what_cannot_be_read_is_named_as_such(central: Central, station: StationV201):
    assert (await central.tell("Reset", {}))[0] == "OccurrenceConstraintViolation"
    assert (await central.tell("MakeCoffee", {}))[0] == "NotImplemented"


TEMPERATURE = {"component": {"name": "TemperatureSensor"}, "variable": {"name": "Temperature"}}
MONITOR = TEMPERATURE | {"type": "UpperThreshold", "severity": 5, "value": 60}
MESSAGE = {"id": 1, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Hello"}}


@pytest.mark.parametrize(
    ("action", "payload", "word"),
    [
        ("ClearDisplayMessage", {"id": 1}, "Unknown"),
        ("CustomerInformation", {"requestId": 1, "report": True, "clear": False}, "Rejected"),
        ("GetDisplayMessages", {"requestId": 1}, "Unknown"),
        ("GetMonitoringReport", {"requestId": 1}, "EmptyResultSet"),
        ("PublishFirmware", {"location": "http://x", "checksum": "0" * 32, "requestId": 1}, "Rejected"),
        ("SetDisplayMessage", {"message": MESSAGE}, "Rejected"),
        ("SetMonitoringBase", {"monitoringBase": "All"}, "NotSupported"),
        ("SetMonitoringLevel", {"severity": 5}, "Rejected"),
        ("UnpublishFirmware", {"checksum": "0" * 32}, "NoFirmware"),
        ("GetReport", {"requestId": 1, "componentCriteria": ["Problem"]}, "NotSupported"),
        ("GetReport", {"requestId": 1, "componentVariable": [TEMPERATURE]}, "EmptyResultSet"),
    ],
)
async def test_what_it_has_nothing_for_is_declined(
    central: Central, station: StationV201, action: str, payload: dict[str, Any], word: str
):
    assert await central.tell(action, payload) == {"status": word}


async def test_monitors_are_declined_one_by_one(central: Central, station: StationV201):
    answer = await central.tell("SetVariableMonitoring", {"setMonitoringData": [MONITOR]})
    assert [one["status"] for one in answer["setMonitoringResult"]] == ["UnsupportedMonitorType"]
    answer = await central.tell("ClearVariableMonitoring", {"id": [1, 2]})
    assert answer["clearMonitoringResult"] == [{"status": "NotFound", "id": 1}, {"status": "NotFound", "id": 2}]


async def test_a_report_of_some_variables(central: Central, station: StationV201):
    wanted = [{"component": {"name": "TxCtrlr"}}, TEMPERATURE]
    assert await central.tell("GetReport", {"requestId": 6, "componentVariable": wanted}) == ACCEPTED
    report = await central.hear("NotifyReport")
    assert (report["requestId"], {one["component"]["name"] for one in report["reportData"]}) == (6, {"TxCtrlr"})


async def test_it_tells_which_profiles_it_holds(central: Central, station: StationV201):
    asked = {"requestId": 3, "chargingProfile": {"chargingLimitSource": ["CSO"]}}
    assert await central.tell("GetChargingProfiles", asked) == {"status": "NoProfiles"}
    name = await charging(station)
    for evse, laid in ((1, profile(10, name)), (2, profile(9, id=2, validTo="2026-01-06T08:00:00Z"))):
        assert await central.tell("SetChargingProfile", {"evseId": evse, "chargingProfile": laid}) == ACCEPTED
    assert await central.tell("GetChargingProfiles", asked | {"evseId": 2}) == ACCEPTED
    assert await central.tell("GetChargingProfiles", asked) == ACCEPTED
    await central.hear("ReportChargingProfiles", 3)
    one, first, second = central.all("ReportChargingProfiles")
    assert (one["evseId"], one["tbc"], one["chargingProfile"]) == (2, False, second["chargingProfile"])
    assert [(part["evseId"], part["tbc"]) for part in (first, second)] == [(1, True), (2, False)]
    assert first["chargingProfile"][0]["transactionId"] == name
    assert second["chargingProfile"][0]["validTo"] == "2026-01-06T08:00:00.000Z"
    assert await central.tell("GetChargingProfiles", asked | {"chargingProfile": {"stackLevel": 9}}) == {
        "status": "NoProfiles"
    }


async def test_somebody_else_limits_it(central: Central, station: StationV201):
    await charging(station)
    station.limit_outside(20)
    station.limit_outside(12, 1, "SO", critical=True)
    assert station.offered(1) == 12
    station.ignore_profiles()
    station.limit_outside(None, 1, "SO")
    assert station.offered(1) == 20
    station.limit_outside(None)
    assert station.offered(1) == 32
    await idle(station)
    told, critical = central.all("NotifyChargingLimit")
    assert (told["evseId"], told["chargingLimit"]) == (0, {"chargingLimitSource": "EMS", "isGridCritical": False})
    assert critical["chargingSchedule"][0]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 12}]
    assert [one["chargingLimitSource"] for one in central.all("ClearedChargingLimit")] == ["SO", "EMS"]


async def test_a_vehicle_tells_what_it_needs(central: Central, clock: ManualClock, station: StationV201):
    """By the station's own clock; what it wants is up to its target where nobody says how much."""
    with pytest.raises(ValueError, match="nobody"):
        station.tell_needs(2)
    station.skew_clock(3600)
    await charging(station)
    station.tell_needs(1, timedelta(hours=2), 12_000)
    station.tell_needs(1)
    await idle(station)
    first, second = central.all("NotifyEVChargingNeeds")
    assert first == {
        "evseId": 1,
        "chargingNeeds": {
            "requestedEnergyTransfer": "AC_three_phase",
            "acChargingParameters": {
                "energyAmount": 12_000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400,
            },
            "departureTime": "2026-01-05T11:00:00.000Z",
        },
    }  # fmt: skip
    assert "departureTime" not in second["chargingNeeds"]
    assert second["chargingNeeds"]["acChargingParameters"]["energyAmount"] == 54_000


async def test_reservations_that_it_ends_itself(central: Central, clock: ManualClock, station: StationV201):
    token = {"idToken": "CARD", "type": "ISO14443"}
    for evse in (1, 2):
        wanted = {"id": evse, "expiryDateTime": "2026-01-05T08:01:00Z", "idToken": token, "evseId": evse}
        assert await central.tell("ReserveNow", wanted) == ACCEPTED
    station.fault(1)
    await idle(station)
    assert central.all("ReservationStatusUpdate") == [{"reservationId": 1, "reservationUpdateStatus": "Removed"}]
    problem = central.all("NotifyEvent")[0]["eventData"][0]
    assert (problem["component"]["name"], problem["actualValue"], problem["techCode"]) == (
        "Connector", "true", "GroundFailure",
    )  # fmt: skip
    await clock.advance(61)
    await idle(station)
    assert central.all("ReservationStatusUpdate")[1:] == [{"reservationId": 2, "reservationUpdateStatus": "Expired"}]


async def test_by_hand(central: Central, station: StationV201):
    """What the prompt lets one say."""
    written: list[str] = []

    async def lines() -> AsyncIterator[str]:
        for line in (
            "event TemperatureSensor Temperature 71 1", "event EVSE Problem true 2 E17", "limit 16", "limit off 1",
            "needs 90", "plug", "needs 90 12.5", "needs later",
            "limit much", "event A B C D", "send Heartbeat", "send DataTransfer '{\"vendorId\": \"V\"}'",
        ):  # fmt: skip
            yield line
            await idle(station)

    await prompt(station, lines(), written.append)
    first, second = (one["eventData"][0] for one in central.all("NotifyEvent"))
    assert (first["actualValue"], first["component"]["evse"], second["techCode"]) == ("71", {"id": 1}, "E17")
    assert second["eventId"] == first["eventId"] + 1
    assert len(central.all("NotifyChargingLimit")) == len(central.all("ClearedChargingLimit")) == 1
    [needs] = central.all("NotifyEVChargingNeeds")
    assert needs["chargingNeeds"]["acChargingParameters"]["energyAmount"] == 12_500
    said = "\n".join(written)
    assert "Not done: nobody is at 1" in said
    assert "Not done: a car stays for so many minutes" in said
    assert "Not done: a limit is in A a phase, or off" in said
    assert "Not done: 'D' is no number of an EVSE" in said
    assert 'Heartbeat was answered: {"currentTime"' in said
    assert central.all("DataTransfer") == [{"vendorId": "V"}]
