"""What operators reported of sessions: stops that are lost for good, orders and cards, reservations, tokens, lists."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import live
from tests.scenarios.waiting import becomes
from tests.stations.charger import CARD, Charger, Error, plugged
from tests.stations.conftest import SPEED, Yard
from tests.stations.talker import Talker, talker

EVSE = {"id": 1, "connectorId": 1}
TOKEN = {"idToken": CARD, "type": "ISO14443"}


@pytest.fixture
async def hasty(system: System, tmp_path: Path) -> AsyncIterator[Yard]:
    """The yard where a lost stop is believed after 20 s."""
    async with live(system.dsn, tmp_path, SystemClock(SPEED), lost_stop_grace=20) as running:
        await running.driver(CARD)
        yield Yard(running, await running.charge_point("ODD"))


@pytest.fixture
async def station(yard: Yard) -> AsyncIterator[Talker]:
    """One of 2.0.1, for the same driver."""
    await yard.site.charge_point("LATER", version="2.0.1")
    async with talker(yard.site, "LATER", yard.site.clock.now() - timedelta(minutes=10)) as found:
        yield found


async def _status(charger: Charger, **facts: Any) -> str:
    return (await charger.starts(at=charger.now(), **facts))["idTagInfo"]["status"]


async def _starts_by_api(yard: Yard, number: int = 1) -> Any:
    return (await yard.act(f"start/{number}", {})).body


# Stops that are lost


async def test_one_that_is_free_and_never_told_the_stop(hasty: Yard) -> None:
    """OCPP.Core #55: SuspendedEV, Finishing, Available and no StopTransaction; that comes much later, with -1."""
    async with plugged(hasty.site) as charger:
        await charger.boots()
        await charger.starts(1000)
        await charger.is_in("Charging")
        await charger.meters({"value": "1050"})
        for status in ("SuspendedEV", "Finishing", "Available"):
            await charger.is_in(status)
        refused = await charger.starts(5000, connectorId=2)  # the stop may still be on its way
        assert refused["idTagInfo"]["status"] == "ConcurrentTx"
        await charger.stops(refused["transactionId"], 5000, reason="DeAuthorized")
        first, *_ = await becomes(hasty.sessions, lambda all: all[0]["status"] == "finished")
        assert (first["energy"], first["reason"]) == (50, "charge_point_timeout")
        asked = [payload["requestedMessage"] for name, payload in charger.heard if name == "TriggerMessage"]
        assert asked == ["StatusNotification", "MeterValues"]
        assert await _status(charger, wh=5000, connectorId=2) == "Accepted"
        await charger.stops(-1, 1060, idTag=CARD, reason="EVDisconnected")
        late = (await hasty.sessions())[-1]
        assert (late["originalSessionId"], late["energy"]) == (int(first["id"]), 10)


async def test_one_that_forgets_its_charge_when_it_boots(hasty: Yard) -> None:
    """It cannot be asked either. The EVSE is free for the API, and for its driver."""
    async with plugged(hasty.site) as charger:
        await charger.boots()
        await charger.starts(1000)
        await charger.is_in("Charging")
    async with plugged(hasty.site, script={"TriggerMessage": Error("NotImplemented")}) as charger:
        await charger.boots()
        await charger.is_in("Available")
        assert (await _starts_by_api(hasty))["errorCode"] == "SESSION_EXISTS"
        lost = await hasty.session("finished")
        assert lost["reason"] == "charge_point_timeout"
        assert (await _starts_by_api(hasty))["success"]


async def test_one_whose_car_is_full_and_that_still_meters(hasty: Yard) -> None:
    """Finishing comes before the stop; it meters the transaction when it is asked to, and so its charge goes on."""
    async with plugged(hasty.site) as charger:
        await charger.boots()
        number = (await charger.starts(1000))["transactionId"]
        await charger.is_in("Charging")
        await charger.is_in("Finishing")

        async def asked_to_meter() -> bool:
            return any(said.get("requestedMessage") == "MeterValues" for _, said in charger.heard)

        for _ in range(2):
            await becomes(asked_to_meter, bool)
            await charger.meters({"value": "1000"}, transactionId=number)
            charger.heard.clear()
        assert (await hasty.session())["status"] == "active"
        await charger.stops(number, 1000)
        assert (await hasty.session())["reason"] == "local"


# Who begins


async def test_one_whose_driver_starts_twice_at_one_outlet(yard: Yard) -> None:
    """The first stop was lost; the start says that the first charge is over, so it is no other transaction."""
    async with plugged(yard.site) as charger:
        await charger.starts(1000)
        assert await _status(charger, wh=2000) == "Accepted"
        assert [one["status"] for one in await yard.sessions()] == ["finished", "active"]
        assert await _status(charger, connectorId=2) == "ConcurrentTx"


async def test_one_where_a_card_is_faster_than_the_app(yard: Yard) -> None:
    """Who taps Start and then holds a card to the reader has one charge, and it is the one that was ordered."""
    user = (await yard.site.api.get("/resources/id-tags/v2.0")).data[0]["userId"]
    async with plugged(yard.site) as charger:
        await charger.boots()
        await charger.is_in("Preparing")
        ordered = (await yard.act("start/1", {"userId": user})).body
        assert (await charger.ask("Authorize", idTag=CARD))["idTagInfo"]["status"] == "Accepted"
        assert await _status(charger) == "Accepted"
        session = await yard.session("active")
        assert (int(session["id"]), session["authorizationId"]) == (ordered["sessionId"], ordered["authorizationId"])


async def test_one_of_2_0_1_where_a_card_is_faster_than_the_app(yard: Yard, station: Talker) -> None:
    station.answers["RequestStartTransaction"] = {"status": "Accepted"}
    user = (await yard.site.api.get("/resources/id-tags/v2.0")).data[0]["userId"]
    point = (await yard.site.api.get("/resources/charge-points/v2.0", "filter[networkId]=LATER")).data[0]["id"]
    await station.says("Occupied", 0)
    ordered = (await yard.site.api.post(f"/actions/charge-point/v1.0/{point}/start/1", {"userId": user})).body
    assert ordered["success"], ordered
    assert (await station.call("Authorize", {"idToken": TOKEN}))["idTokenInfo"]["status"] == "Accepted"
    begun = await station.event("Started", 9, evse=EVSE, idToken=TOKEN)
    assert begun["idTokenInfo"]["status"] == "Accepted"
    session = await yard.session("active")
    assert int(session["id"]) == ordered["sessionId"]


@pytest.mark.parametrize("named", [{}, {"reservationId": 0}, {"reservationId": -1}])
async def test_one_that_names_0_or_minus_1_for_no_reservation(yard: Yard, named: dict[str, int]) -> None:
    """steve #1414, MicroOcpp #154, evcc #10399: such a station does not check, so we have to."""
    api, outlet = yard.site.api, yard.point["evses"][0]["id"]
    path = f"/resources/charge-points/v2.0/{yard.point['id']}/evses/{outlet}"
    await api.patch(path, {"allowsReservation": True})
    user = (await api.get("/resources/id-tags/v2.0")).data[0]["userId"]
    await yard.site.driver("OTHER")
    async with plugged(yard.site) as charger:
        await charger.boots()
        await charger.is_in("Available")
        kept = (await yard.act("reserve/1", {"userId": user})).body["reservationId"]
        shown = f"/resources/reservations/v1.0/{kept}"
        assert await _status(charger, tag="OTHER", **named) == "Blocked"
        assert (await api.get(shown)).data["status"] == "active"
        assert await _status(charger, wh=1001, **named) == "Accepted"
        assert (await api.get(shown)).data["status"] == "done"


# Tokens of 2.0.1


async def test_one_with_a_start_button(yard: Yard, station: Talker) -> None:
    """citrineos-core #964, ocpp-go #223: an empty token of the type NoAuthorization, and a register in kWh."""
    button = {"idToken": "", "type": "NoAuthorization"}

    def metered(minute: float, kwh: float, context: str) -> list[dict[str, Any]]:
        value = {"context": context, "measurand": "Energy.Active.Import.Register", "value": kwh,
                 "unitOfMeasure": {"multiplier": 0, "unit": "kWh"}}  # fmt: skip
        return [{"timestamp": station.at(minute), "sampledValue": [value]}]

    begun = await station.event(
        "Started", 0, {"chargingState": "EVConnected"}, triggerReason="CablePluggedIn", evse=EVSE, idToken=button,
        meterValue=metered(0, 1.46, "Transaction.Begin"),
    )  # fmt: skip
    assert begun["idTokenInfo"] == {"status": "Accepted"}
    ended = await station.event(
        "Ended", 9, evse=EVSE, idToken=button, meterValue=metered(9, 2.96, "Transaction.End")
    )  # fmt: skip
    assert ended["idTokenInfo"] == {"status": "Accepted"}
    session = await yard.session("finished")
    assert (round(session["energy"]), session["userId"]) == (1500, None)
    assert (await station.call("Authorize", {"idToken": button}))["idTokenInfo"]["status"] == "Accepted"


async def test_one_with_a_keypad(yard: Yard, station: Talker) -> None:
    """What is typed in is no card, though its characters are those of one."""
    for kind in ("KeyCode", "Central"):
        told = await station.call("Authorize", {"idToken": {"idToken": CARD, "type": kind}})
        assert told["idTokenInfo"]["status"] == "Invalid"


async def test_one_of_2_0_1_that_keeps_a_list_in_its_own_way(yard: Yard, station: Talker) -> None:
    point = (await yard.site.api.get("/resources/charge-points/v2.0", "filter[networkId]=LATER")).data[0]["id"]
    for number in range(3):
        await yard.site.driver(f"MORE{number}")
    component = {"name": "LocalAuthListCtrlr"}
    told = [
        {"component": component, "variable": {"name": name}, "attributeStatus": "Accepted", "attributeValue": value}
        for name, value in (("ItemsPerMessage", "50"), ("BytesPerMessage", "600"))
    ]
    station.answers |= {
        "GetLocalListVersion": {"versionNumber": 0}, "GetVariables": {"getVariableResult": told},
        "SendLocalList": {"status": "Accepted"}, "Reset": {"status": "Accepted"},
    }  # fmt: skip
    path = f"/actions/charge-point/v1.0/{point}"
    assert (await yard.site.api.post(f"{path}/send-local-list")).body == {"listVersion": 2, "tags": 4}
    lists = [payload for action, payload in station.told if action == "SendLocalList"]
    assert [one["updateType"] for one in lists] == ["Full", "Differential"]
    assert [one["versionNumber"] for one in lists] == [1, 2]
    listed = [entry["idToken"]["idToken"] for one in lists for entry in one["localAuthorizationList"]]
    assert sorted(listed) == [CARD, "MORE0", "MORE1", "MORE2"]
    assert (await yard.site.api.post(f"{path}/reset/hard/1")).body == {"success": True}
    # it is asked for its profiles at times of their own
    assert [one for one in station.told if one[0] == "Reset"] == [("Reset", {"type": "Immediate", "evseId": 1})]
