"""The details of transaction events: what triggers them, what state follows, what comes late and what is missing."""

from typing import Any

import pytest

from ohmstead.rooms.charging.facts import (
    ChargeStarted,
    ChargeStopped,
    ChargingStateTold,
    EndTaken,
    Metered,
    TagPresented,
    TagVerdict,
)
from ohmstead.rooms.devices.facts import StatusChanged
from tests.ocpp.conftest import House
from tests.ocpp.schemas import check
from tests.ocpp.scripted_station import ScriptedStation
from tests.ocpp.test_v201_messages_in import TOKEN, event, reading

EVSE = {"evse": {"id": 1, "connectorId": 1}}


async def begun(house: House) -> ScriptedStation:
    """A station with a transaction."""
    station = await house.later_station()
    await station.ask("TransactionEvent", event("Started", "Authorized", 0, idToken=TOKEN, **EVSE))
    house.rooms.facts.clear()
    return station


def states(house: House) -> list[str]:
    return [fact.status for fact in house.rooms.only(StatusChanged)]


@pytest.mark.parametrize(
    ("kind", "trigger", "state", "shown"),
    [
        ("Updated", "CablePluggedIn", "EVConnected", ["preparing"]),
        ("Updated", "Authorized", "Idle", ["preparing"]),
        ("Updated", "ChargingStateChanged", "Charging", ["charging"]),
        ("Updated", "ChargingStateChanged", "SuspendedEV", ["suspendedEV"]),
        ("Updated", "TxResumed", "SuspendedEVSE", ["suspendedEVSE"]),
        ("Updated", "StopAuthorized", "EVConnected", ["finishing"]),
        ("Updated", "Deauthorized", "SuspendedEVSE", ["suspendedEVSE"]),
        ("Updated", "EVDeparted", "Idle", ["finishing"]),
        ("Updated", "MeterValueClock", None, []),
        ("Ended", "StopAuthorized", "EVConnected", ["finishing"]),
        ("Ended", "RemoteStop", None, ["finishing"]),
        ("Ended", "EVDeparted", None, []),
        ("Ended", "StopAuthorized", "Idle", []),
    ],
)
async def test_the_state_of_the_evse(house: House, kind: str, trigger: str, state: str | None, shown: list[str]):
    station = await begun(house)
    told = {"chargingState": state} if state else {}
    await station.ask("TransactionEvent", event(kind, trigger, 1, told))
    assert states(house) == shown
    assert {fact.basis for fact in house.rooms.only(StatusChanged)} <= {"transaction"}


@pytest.mark.parametrize(
    ("trigger", "told", "reason"),
    [("EVDeparted", {}, "EVDisconnected"), ("Deauthorized", {}, "DeAuthorized"), ("StopAuthorized", {}, None),
     ("ResetCommand", {}, "ImmediateReset"), ("EVDeparted", {"stoppedReason": "Local"}, "Local")],
)  # fmt: skip
async def test_why_it_ended(house: House, trigger: str, told: dict[str, Any], reason: str | None):
    station = await begun(house)
    await station.ask("TransactionEvent", event("Ended", trigger, 1, told))
    assert [fact.reason for fact in house.rooms.only(ChargeStopped)] == [reason]


async def test_who_presents_a_token_to_stop_begins_nothing(house: House):
    station = await begun(house)
    house.rooms.verdicts["OTHER"] = TagVerdict(status="blocked")
    other = TOKEN | {"idToken": "OTHER"}
    answer = await station.ask("TransactionEvent", event("Updated", "StopAuthorized", 1, idToken=other))
    assert answer == {"idTokenInfo": {"status": "Blocked"}}
    assert [fact.id_tag for fact in house.rooms.only(TagPresented)] == ["OTHER"]
    assert house.rooms.only(ChargeStarted) == []


async def test_a_button_without_a_token_begins_too(house: House):
    station = await house.later_station()
    button = {"idToken": "", "type": "NoAuthorization"}
    answer = await station.ask("TransactionEvent", event("Started", "Authorized", 0, idToken=button, **EVSE))
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    assert [fact.id_tag for fact in house.rooms.only(ChargeStarted)] == [""]


async def test_what_resumes_after_a_reset_is_a_charge(house: House):
    station = await house.later_station()
    resumed = event("Updated", "TxResumed", 0, {"chargingState": "Charging"}, **EVSE)
    await station.ask("TransactionEvent", resumed)
    assert [fact.transaction_ref for fact in house.rooms.only(ChargeStarted)] == ["tx-1"]


async def test_what_comes_after_an_end_says_so(house: House):
    """It changes no state. A new beginning under the same name, or one after a boot, is one like any other."""
    station = await begun(house)
    await station.ask("TransactionEvent", event("Ended", "EVDeparted", 2))
    late = event(
        "Updated", "ChargingStateChanged", 3, {"chargingState": "Charging"}, meterValue=[reading(5, 3)], **EVSE
    )
    for _ in range(2):
        await station.ask("TransactionEvent", late)
    assert (states(house), len(house.rooms.only(Metered))) == ([], 2)
    await station.ask("TransactionEvent", event("Started", "Authorized", 4, idToken=TOKEN, **EVSE))
    await station.ask("TransactionEvent", event("Ended", "EVDeparted", 5))
    await station.ask("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}})
    await station.ask("TransactionEvent", event("Updated", "Authorized", 6, idToken=TOKEN, **EVSE))
    assert [fact.after_end for fact in house.rooms.only(ChargeStarted)] == [True, True, False, False]


async def test_gaps_in_the_numbers_are_noted_and_not_waited_on(house: House):
    station = await house.later_station()
    for minute, (kind, number) in enumerate(
        [("Started", 0), ("Updated", 1), ("Updated", 5), ("Updated", 0), ("Ended", 1), ("Started", 7), ("Ended", 9)]
    ):
        await station.ask("TransactionEvent", event(kind, "Authorized", minute, **EVSE) | {"seqNo": number})
    assert house.deviations() == ["seqNo 5 follows 1", "seqNo 9 follows 7"]
    assert len(house.rooms.only(ChargeStopped)) == 2


async def test_a_boot_begins_the_numbers_anew(house: House):
    station = await house.later_station()
    await station.ask("TransactionEvent", event("Updated", "Authorized", 0, **EVSE))
    await station.ask("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}})
    await station.ask("TransactionEvent", event("Updated", "Authorized", 1, **EVSE) | {"seqNo": 8})
    assert house.deviations() == []


async def test_the_charging_state_is_told_with_its_own_moment_though_it_is_long_ago(house: House):
    station = await begun(house)
    for minute, state in ((1, "Charging"), (2, "SuspendedEV"), (3, "EVConnected"), (4, "SuspendedEVSE")):
        await station.ask("TransactionEvent", event("Updated", "MeterValueClock", minute, {"chargingState": state}))
    await station.ask("TransactionEvent", event("Updated", "Trigger", 5, {"chargingState": "Charging"}, offline=True))
    await station.ask("TransactionEvent", event("Ended", "RemoteStop", 6, {"chargingState": "SuspendedEV"}))
    told = [(fact.at.minute, fact.state, fact.transaction_ref) for fact in house.rooms.only(ChargingStateTold)]
    states = ((1, "charging"), (2, "suspended_ev"), (4, "suspended_evse"), (5, "charging"))
    assert told == [(*one, "tx-1") for one in states]


async def test_the_display_is_told_what_it_costs_in_the_answers(house: House):
    station = await house.later_station()
    house.rooms.verdicts["TAG"] = TagVerdict(status="accepted", message="0.50 €/kWh")
    house.rooms.end = EndTaken(cost=3.2, message="Energy 3.20 EUR")
    message = {"format": "UTF8", "content": "0.50 €/kWh"}
    told = {"idTokenInfo": {"status": "Accepted", "personalMessage": message}}
    assert await station.ask("Authorize", {"idToken": TOKEN}) == told
    assert await station.ask("TransactionEvent", event("Started", "Authorized", 0, idToken=TOKEN, **EVSE)) == told
    house.rooms.verdicts[""] = TagVerdict(status="accepted", message="0.50 €/kWh")
    ordered = event("Updated", "RemoteStart", 1, {"remoteStartId": 7})
    assert await station.ask("TransactionEvent", ordered) == {"updatedPersonalMessage": message}
    ended = await station.ask("TransactionEvent", event("Ended", "StopAuthorized", 2, idToken=TOKEN))
    info = told["idTokenInfo"]
    final = {"format": "UTF8", "content": "Energy 3.20 EUR"}
    assert ended == {"totalCost": 3.2, "idTokenInfo": info, "updatedPersonalMessage": final}
    check("TransactionEventResponse", ended, "v201")
