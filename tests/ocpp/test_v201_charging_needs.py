"""NotifyEVChargingNeeds of 2.0.1 and 2.1: what a vehicle asks for is a fact in our terms and by our clock."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from ohmstead.kit.clock import ManualClock
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.v21.version import OCPP_2_1
from ohmstead.rooms.charging.facts import NeedsTold, NeedsVerdict
from tests.ocpp.conftest import NOW, House
from tests.ocpp.memory_socket import MemorySocket
from tests.ocpp.recording_rooms import RecordingRooms
from tests.ocpp.schemas import check

LEAVES = NOW + timedelta(hours=3)
AC = {"energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}
DC = {"evMaxCurrent": 300, "evMaxVoltage": 450}


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def needs(kind: str = "AC_three_phase", evse: int = 1, **told: Any) -> dict[str, Any]:
    return {"evseId": evse, "chargingNeeds": {"requestedEnergyTransfer": kind, **told}}


def fact(**told: Any) -> NeedsTold:
    return NeedsTold(charge_point_id=1, evse_network_id=1, received_at=NOW, **told)


async def told(house: House, payload: dict[str, Any]) -> NeedsTold:
    check("NotifyEVChargingNeedsRequest", payload, "v201")
    station = await house.later_station()
    answer = await station.ask("NotifyEVChargingNeeds", payload)
    check("NotifyEVChargingNeedsResponse", answer, "v201")
    assert answer == {"status": "Processing"}
    assert house.deviations() == []
    return house.rooms.only(NeedsTold)[-1]


async def test_a_car_that_charges_with_ac(house: House):
    payload = needs(acChargingParameters=AC, departureTime=stamp(LEAVES)) | {"maxScheduleTuples": 12}
    assert await told(house, payload) == fact(departure_at=LEAVES, energy_wh=20_000, min_current=6, max_current=16)


@pytest.mark.parametrize(
    ("more", "wh", "soc"),
    [
        ({"energyAmount": 30_000, "stateOfCharge": 40}, 30_000, 40),
        ({"stateOfCharge": 40, "evEnergyCapacity": 50_000}, 30_000, 40),
        ({"stateOfCharge": 40, "evEnergyCapacity": 50_000, "fullSoC": 90, "bulkSoC": 80}, 25_000, 40),
        ({"stateOfCharge": 95, "evEnergyCapacity": 50_000, "fullSoC": 90}, None, 95),  # it is full, and asks
        ({"stateOfCharge": 0}, None, 0),
        ({"evEnergyCapacity": 50_000}, None, None),
    ],
)
async def test_a_car_that_charges_with_dc(house: House, more: dict[str, Any], wh: float | None, soc: float | None):
    """Its amperes are those of its battery, which no line carries."""
    assert await told(house, needs("DC", dcChargingParameters=DC | more)) == fact(energy_wh=wh, soc_percent=soc)


@pytest.mark.parametrize(
    ("departure", "energy", "expected"),
    [
        (NOW - timedelta(minutes=5), 0, fact(min_current=6, max_current=16)),
        (NOW, -5, fact(min_current=6, max_current=16)),
        (NOW + timedelta(seconds=2**32 - 1), 2**31 - 1, fact(min_current=6, max_current=16)),
        (datetime.fromisoformat("1970-01-01T00:00:00Z"), 1, fact(energy_wh=1, min_current=6, max_current=16)),
        (LEAVES, 1, fact(departure_at=LEAVES, energy_wh=1, min_current=6, max_current=16)),
    ],
)  # fmt: skip
async def test_what_stands_for_not_known_is_not_taken_for_a_wish(
    house: House, departure: datetime, energy: int, expected: NeedsTold
):
    ac = AC | {"energyAmount": energy}
    assert await told(house, needs(acChargingParameters=ac, departureTime=stamp(departure))) == expected


@pytest.mark.parametrize("verdict", ["rejected", "unknown"])
async def test_where_nobody_makes_schedules_it_is_rejected_with_the_reason(house: House, verdict: NeedsVerdict):
    house.rooms.needs_verdict = verdict
    station = await house.later_station()
    answer = await station.ask("NotifyEVChargingNeeds", needs())
    check("NotifyEVChargingNeedsResponse", answer, "v201")
    reason = {"rejected": "NoSchedule", "unknown": "UnknownEvse"}[verdict]
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", reason)


async def test_where_a_schedule_follows_at_once_it_is_accepted(house: House):
    house.rooms.needs_verdict = "accepted"
    station = await house.later_station()
    assert await station.ask("NotifyEVChargingNeeds", needs()) == {"status": "Accepted"}


async def test_what_cannot_be_kept_is_an_error_and_told_again(house: House):
    house.rooms.broken = "needs_told"
    station = await house.later_station()
    frame = await station.call("NotifyEVChargingNeeds", needs())
    assert (frame[0], frame[2]) == (4, "InternalError")


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(hours=-5)])
async def test_a_station_whose_clock_is_wrong_means_a_moment_of_ours(house: House, ahead: timedelta):
    station = await house.later_station()
    for _ in range(4):
        said = {"timestamp": stamp(house.clock.now() + ahead), "connectorStatus": "Occupied", "evseId": 1,
                "connectorId": 1}  # fmt: skip
        await station.ask("StatusNotification", said)
        await house.clock.advance(61)
    leaves = house.clock.now() + timedelta(hours=3)
    await station.ask("NotifyEVChargingNeeds", needs(departureTime=stamp(leaves + ahead)))
    assert house.rooms.only(NeedsTold)[0].departure_at == leaves


async def test_what_is_wrong_is_repaired_or_answered_with_an_error(house: House):
    """Of what makes no sense nothing is told; a payload that is no object is none."""
    station = await house.later_station()
    odd = {"evseId": "1", "chargingNeeds": {"acChargingParameters": {"energyAmount": "a lot", "evMaxCurrent": 16},
                                            "departureTime": "soon"}}  # fmt: skip
    assert (await station.ask("NotifyEVChargingNeeds", odd))["status"] == "Processing"
    assert house.rooms.only(NeedsTold) == [fact(max_current=16)]
    assert any("departureTime" in one for one in house.deviations())
    assert (await station.ask("NotifyEVChargingNeeds", {"evseId": [], "chargingNeeds": 7}))["status"] == "Processing"
    assert house.rooms.only(NeedsTold)[1] == structs.replace(fact(), evse_network_id=0)
    frame = await station.call("NotifyEVChargingNeeds", [])
    assert (frame[0], frame[2]) == (4, "FormatViolation")
    assert len(house.rooms.only(NeedsTold)) == 2


async def later(*payloads: dict[str, Any]) -> tuple[list[Any], list[NeedsTold], list[str]]:
    """The answers to a station of 2.1, what it told, and what was odd about that."""
    rooms, odd = RecordingRooms(asyncio.Event()), list[str]()
    calls = [json.dumps([2, str(place), "NotifyEVChargingNeeds", one]).encode() for place, one in enumerate(payloads)]
    socket = MemorySocket(calls)

    def log(charge_point_id: int, at: Any, direction: str, *rest: Any) -> None:
        if direction == "in":
            odd.extend(rest[4])

    connection = Connection(1, OCPP_2_1, socket, rooms, ManualClock(NOW), log)
    await connection.run()
    await connection.finish()
    return [json.loads(frame) for frame in socket.said], rooms.only(NeedsTold), odd


async def test_a_station_of_2_1_says_when_it_was_and_what_iso_15118_20_wants():
    before = NOW - timedelta(minutes=20)
    v2x = needs("AC_BPT", v2xChargingParameters={"evTargetEnergyRequest": 12_500.5}, departureTime=stamp(LEAVES))
    said, found, odd = await later(v2x | {"timestamp": stamp(before)}, needs(acChargingParameters=AC))
    assert [frame[2]["status"] for frame in said] == ["Processing"] * 2
    assert found == [
        fact(asked_at=before, departure_at=LEAVES, energy_wh=12_500.5),
        fact(energy_wh=20_000, min_current=6, max_current=16),
    ]
    assert odd == ["chargingNeeds.requestedEnergyTransfer 'AC_BPT' is not one of the specified words"]


async def test_a_moment_that_is_yet_to_come_is_that_of_receipt():
    _, found, _ = await later(needs() | {"timestamp": stamp(NOW + timedelta(hours=1))})
    assert found[0].asked_at == NOW
