"""Charging profiles of OCPP 2.1: what is sent fits its schemas, and no earlier version says it."""

import asyncio
import json
import typing
from typing import Any

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.v16 import set_charging_profile as v16
from ohmstead.ocpp.v21.version import OCPP_2_1
from ohmstead.ocpp.v201 import set_charging_profile as v201
from ohmstead.rooms.devices.stations import (
    ChargingProfile,
    Command,
    Disconnect,
    RawCall,
    RefreshQuirks,
    SchedulePeriod,
    SetChargingProfile,
    ShowFinalCost,
    ShowUserPrice,
    StationRefused,
    UpdateDynamicSchedule,
)
from tests.ocpp.conftest import NOW
from tests.ocpp.memory_socket import MemorySocket
from tests.ocpp.recording_rooms import RecordingRooms
from tests.ocpp.schemas import check


def laid(kind: Any, offline_s: int | None, limit: float = 16.04) -> SetChargingProfile:
    profile = ChargingProfile(
        id=3, stack_level=1, purpose="transaction", kind=kind, unit="A", periods=(SchedulePeriod(0, limit, 3),),
        starts_at=None if kind == "dynamic" else NOW, offline_s=offline_s, transaction_ref="tx-1",
    )  # fmt: skip
    return SetChargingProfile(evse_network_id=1, profile=profile)


def written(command: Any) -> tuple[str, dict[str, Any]]:
    mapping = OCPP_2_1.commands[type(command)]
    request = mapping.request(command)
    action = mapping.action_of(request)
    payload = json.loads(bytes(OCPP_2_1.request(action).write(request)))
    check(f"{action}Request", payload, "v21")
    return action, payload


@pytest.mark.parametrize(("kind", "word"), [("absolute", "Absolute"), ("dynamic", "Dynamic"), ("relative", "Relative")])
def test_a_limit_that_ends_offline(kind: str, word: str) -> None:
    _, payload = written(laid(kind, 900))
    profile = payload["chargingProfile"]
    assert profile["chargingProfileKind"] == word
    assert (profile["maxOfflineDuration"], profile["invalidAfterOfflineDuration"]) == (900, True)
    assert ("startSchedule" in profile["chargingSchedule"][0]) == (kind != "dynamic")


def test_one_without_is_as_in_2_0_1() -> None:
    _, payload = written(laid("absolute", None))
    assert not {"maxOfflineDuration", "invalidAfterOfflineDuration"} & payload["chargingProfile"].keys()


def test_a_change_is_the_limit_and_nothing_else() -> None:
    action, payload = written(UpdateDynamicSchedule(profile_id=3, limit=10.09))
    assert (action, payload) == (
        "UpdateDynamicSchedule", {"chargingProfileId": 3, "scheduleUpdate": {"limit": 10.0}},
    )  # fmt: skip


@pytest.mark.parametrize("version", [v16, v201])
@pytest.mark.parametrize(("kind", "offline_s"), [("absolute", 900), ("dynamic", None), ("dynamic", 900)])
def test_earlier_versions_do_not_leave_the_end_away(version: Any, kind: str, offline_s: int | None) -> None:
    with pytest.raises(StationRefused, match=r"only OCPP 2\.1"):
        version.request(laid(kind, offline_s))


async def heard(*frames: list[Any]) -> tuple[list[list[Any]], list[tuple[str, ...]]]:
    """What it is answered, and what is odd about each."""
    rooms, socket = RecordingRooms(asyncio.Event()), MemorySocket([json.dumps(frame).encode() for frame in frames])
    odd: list[tuple[str, ...]] = []

    def log(charge_point_id: int, at: Any, direction: str, *rest: Any) -> None:
        if direction == "in":
            odd.append(rest[4])

    connection = Connection(1, OCPP_2_1, socket, rooms, ManualClock(NOW), log)
    await connection.run()
    await connection.finish()
    return [json.loads(frame) for frame in socket.said], odd


async def test_one_that_asks_for_its_limit_is_told_that_there_is_nothing_new() -> None:
    answers, odd = await heard(
        [2, "a", "PullDynamicScheduleUpdate", {"chargingProfileId": 3}], [2, "b", "PullDynamicScheduleUpdate", {}]
    )
    for answer in answers:
        check("PullDynamicScheduleUpdateResponse", answer[2], "v21")
        assert (answer[0], answer[2]["status"], "scheduleUpdate" in answer[2]) == (3, "Rejected", False)
    assert [bool(one) for one in odd] == [False, True]


async def test_what_it_tells_of_such_profiles_is_nothing_odd() -> None:
    _, payload = written(laid("dynamic", 900))
    told = payload["chargingProfile"] | {"dynUpdateTime": "2026-03-01T12:00:00Z", "dynUpdateInterval": 0}
    report = {"requestId": 5, "evseId": 1, "chargingLimitSource": "CSO", "chargingProfile": [told]}
    check("ReportChargingProfilesRequest", report, "v21")
    answers, odd = await heard([2, "a", "ReportChargingProfiles", report])
    assert (answers, odd) == ([[3, "a", {}]], [()])


def test_every_command_is_in_the_table_of_2_1() -> None:
    assert set(OCPP_2_1.commands) == set(typing.get_args(Command)) - {
        RawCall, Disconnect, RefreshQuirks, ShowUserPrice, ShowFinalCost,
    }  # fmt: skip
