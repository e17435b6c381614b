"""The smart-charging details of a charge point: four modes and what each asks for."""

from typing import Any

import pytest

from tests.client import Client
from tests.given import Given

BASE = "/resources/charge-points/v2.0"
DYNAMIC = {
    "mode": "dynamic",
    "defaultChargePointMaxCurrent": 32,
    "maxVoltage": "230",
    "phases": "three_phase",
    "phaseRotation": "RST",
}
OWNERS = DYNAMIC | {"mode": "user_schedule", "minCurrent": 6, "enableKeepAwake": True}


def _day(week_day: str, *hours: str, most: float | None = None) -> dict[str, Any]:
    elements = [
        {"startAt": f"{hour}:00", "endAt": f"{(int(hour) + 1) % 24:02}:00", "maxCurrent": most} for hour in hours
    ]
    return {"weekDay": week_day, "elements": elements}


async def _path(given: Given, **fields: Any) -> str:
    return f"{BASE}/{(await given.charge_point(**fields))['id']}/smart-charging"


async def test_details_are_set_as_a_whole(api: Client, given: Given) -> None:
    path = await _path(given)
    answer = await api.post(path, DYNAMIC | {"preconditioningTime": 20, "circuitId": 9})
    assert answer.status == 201
    kept = DYNAMIC | {"electricalConfiguration": "star", "connectedPhase": None, "circuitId": None}
    assert answer.data == kept | {"preconditioningTime": 20}
    assert (await api.post(path, DYNAMIC)).data == kept
    read = await api.get(path.removesuffix("/smart-charging"), "include[]=smartCharging")
    assert read.data["smartCharging"] == kept
    assert (await api.post(path, {"mode": "disabled", "preconditioningTime": 5} | {"minCurrent": 6})).data == {
        "mode": "disabled",
        "preconditioningTime": 5,
        "circuitId": None,
    }


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"mode"}),
        ({"mode": "dynamic"}, {"defaultChargePointMaxCurrent", "maxVoltage", "phases", "phaseRotation"}),
        ({"mode": "turbo"}, {"mode"}),
        (DYNAMIC | {"minCurrent": 40}, {"minCurrent"}),
        (DYNAMIC | {"connectedPhase": "L1"}, {"connectedPhase"}),
        (DYNAMIC | {"phases": "split_phase", "connectedPhase": "L1"}, {"connectedPhase"}),
        (DYNAMIC | {"phases": "single_phase", "connectedPhase": "L1_L2"}, {"connectedPhase"}),
        (OWNERS, {"mode"}),
    ],
)
async def test_what_a_mode_asks_for(api: Client, given: Given, body: dict[str, Any], fields: set[str]) -> None:
    answer = await api.post(await _path(given), body)
    assert answer.status == 422
    assert answer.body["errors"].keys() == fields


async def test_a_single_phase_is_read_from_the_rotation(api: Client, given: Given) -> None:
    path = await _path(given)
    single = DYNAMIC | {"phases": "single_phase", "phaseRotation": "TSR"}
    assert (await api.post(path, single)).data["connectedPhase"] == "L3"
    assert (await api.post(path, single | {"connectedPhase": "L1"})).data["connectedPhase"] == "L1"
    delta = single | {"electricalConfiguration": "delta"}
    assert (await api.post(path, delta)).data["connectedPhase"] is None
    assert (await api.post(path, delta | {"connectedPhase": "L1_L2"})).data["connectedPhase"] == "L1_L2"


async def test_a_personal_one_follows_its_owner(api: Client, given: Given) -> None:
    path = await _path(given, type="personal", pin="1234")
    assert (await api.post(path, DYNAMIC)).body["errors"].keys() == {"mode"}
    missing = {name: value for name, value in OWNERS.items() if name not in ("minCurrent", "enableKeepAwake")}
    assert (await api.post(path, missing)).body["errors"].keys() == {"minCurrent", "enableKeepAwake"}
    answer = await api.post(path, OWNERS | {"allowDynamicLoadManagement": True})
    assert (answer.status, answer.data["allowDynamicLoadManagement"]) == (201, True)


@pytest.mark.parametrize(
    ("periods", "faults"),
    [
        ([_day("all", "07", "08", most=10)], 0),
        ([_day("all", "23")], 0),
        ([_day(day, "07") for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")], 0),
        ([_day("all", "07", "07")], 1),
        ([_day("all", "07"), _day("mon", "07")], 1),
        ([_day("mon", "07")], 1),
        ([*(_day(day, "07") for day in ("mon", "tue", "wed", "thu", "fri", "sat")), _day("sun", "08")], 1),
        ([{"weekDay": "all", "elements": [{"startAt": "07:30", "endAt": "08:30"}]}], 1),
        ([{"weekDay": "all", "elements": [{"startAt": "07:00", "endAt": "09:00"}]}], 1),
    ],
)
async def test_hours_of_the_day(api: Client, given: Given, periods: list[dict[str, Any]], faults: int) -> None:
    answer = await api.post(await _path(given), DYNAMIC | {"mode": "tod", "periods": periods})
    if faults:
        assert answer.status == 422
        assert all(name.startswith("periods") for name in answer.body["errors"])
    else:
        assert answer.data["periods"] == periods
