"""Schedules of circuits: as they are written and read, and what they leave at which moment."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ohmstead.app.system import System
from ohmstead.rooms.power.circuit_schedules import Schedule, ScheduledCap, scheduled_caps
from ohmstead.rooms.power.management.caps import EnergyCounter, Limit, Members
from ohmstead.rooms.power.management.snapshot import take
from tests.client import Client
from tests.given import Given
from tests.rooms.odd_sites import START, OddSite, Station

NIGHT = {"startsAt": "22:00", "endsAt": "24:00", "maxCurrent": 20.0}
NOON = {"weekDays": ["mon", "tue"], "startsAt": "11:30", "endsAt": "13:00", "maxPower": 11.0}
HOLIDAY = {"first": "2026-12-24", "last": "2026-12-26", "maxCurrent": 10.0}


async def path(given: Given) -> str:
    return f"/internal/circuits/v1.0/{(await given.circuit())['id']}/schedule"


async def test_a_schedule_is_put_read_replaced_and_taken_away(api: Client, given: Given) -> None:
    at = await path(given)
    assert (await api.get(at)).status == 404
    whole = {"timeZone": "Europe/Vienna", "windows": [NIGHT, NOON], "dates": [HOLIDAY]}
    made = await api.put(at, whole)
    assert (made.status, made.data | whole) == (201, made.data)
    assert (await api.get(at)).data == made.data
    again = await api.put(at, {"windows": [NOON]})
    assert again.status == 200
    assert (again.data["timeZone"], again.data["windows"], again.data["dates"]) == (None, [NOON], [])
    assert (await api.delete(at)).status == 204
    assert [(await api.get(at)).status, (await api.delete(at)).status] == [404, 404]


async def test_its_circuit_has_changed_with_it(api: Client, given: Given) -> None:
    at = await path(given)
    circuit = f"/resources/circuits/v2.0/{at.split('/')[4]}"
    told = (await api.put(at, {"windows": []})).data["lastUpdatedAt"]
    assert (await api.get(circuit)).data["lastUpdatedAt"] == told
    assert (await api.delete(circuit)).status == 204
    assert (await api.get(at)).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"windows": [NIGHT | {"maxPower": 11}]}, "windows.0.maxCurrent"),
        ({"windows": [{"startsAt": "08:00", "endsAt": "09:00"}]}, "windows.0.maxCurrent"),
        ({"windows": [NIGHT | {"endsAt": "06:00"}]}, "windows.0.endsAt"),
        ({"windows": [NIGHT | {"endsAt": "22:00"}]}, "windows.0.endsAt"),
        ({"windows": [NIGHT | {"startsAt": "7:00"}]}, "windows.0.startsAt"),
        ({"windows": [NIGHT | {"endsAt": "24:01"}]}, "windows.0.endsAt"),
        ({"windows": [NIGHT | {"maxCurrent": -1}]}, "windows.0.maxCurrent"),
        ({"windows": [NIGHT | {"weekDays": ["moon"]}]}, "windows.0.weekDays.0"),
        ({"windows": [NIGHT | {"weekDays": []}]}, "windows.0.weekDays"),
        ({"windows": [NIGHT, NIGHT | {"startsAt": "23:59", "weekDays": ["sun"]}]}, "windows.1.startsAt"),
        ({"windows": [NOON | {"startsAt": "12:00"}, NOON]}, "windows.0.startsAt"),
        ({"dates": [HOLIDAY | {"last": "2026-12-23"}]}, "dates.0.last"),
        ({"dates": [HOLIDAY | {"last": "soon"}]}, "dates.0.last"),
        ({"dates": [HOLIDAY, HOLIDAY | {"first": "2026-12-26", "last": "2027-01-01"}]}, "dates.1.first"),
    ],
)
async def test_what_makes_no_sense_is_refused_where_it_stands(
    api: Client, given: Given, body: dict[str, Any], field: str
) -> None:
    answer = await api.put(await path(given), body)
    assert (answer.status, list(answer.body["errors"])) == (422, [field]), answer.body


async def test_windows_that_meet_and_share_no_day_do_not_overlap(api: Client, given: Given) -> None:
    windows = [NIGHT, NIGHT | {"startsAt": "21:00", "endsAt": "22:00"}, NOON, NOON | {"weekDays": ["wed"]}]
    dates = [HOLIDAY, HOLIDAY | {"first": "2026-12-27", "last": "9999-12-31"}]
    assert (await api.put(await path(given), {"windows": windows, "dates": dates})).status == 201


async def test_tokens_of_partners_and_unknown_circuits_find_nothing(api: Client, given: Given) -> None:
    at, partner = await path(given), await given.client("*", partner_id=71)
    assert (await partner.put(at, {"windows": []})).status == 403
    assert (await api.put("/internal/circuits/v1.0/999/schedule", {"windows": []})).status == 404


# What it leaves


def cap(zone: str = "Europe/Vienna", **parts: Any) -> ScheduledCap:
    return ScheduledCap(1, msgspec.convert(parts, Schedule), ZoneInfo(zone))


def leaves(one: ScheduledCap, at: str) -> Limit | None:
    return one.at(datetime.fromisoformat(at).astimezone(UTC), EnergyCounter())


def test_by_the_clock_of_its_zone_in_summer_and_in_winter() -> None:
    one = cap(windows=[NIGHT])
    assert leaves(one, "2026-01-15T21:00:00Z") == Limit(20.0)
    assert leaves(one, "2026-01-15T20:30:00Z") is None
    assert leaves(one, "2026-07-15T20:00:00Z") == Limit(20.0)
    assert leaves(one, "2026-07-15T21:59:59Z") == Limit(20.0)
    assert leaves(one, "2026-07-15T22:00:00Z") is None, "24:00 is the end of the day"


def test_an_hour_that_comes_twice_is_limited_twice_and_one_that_is_left_out_not() -> None:
    one = cap(windows=[{"startsAt": "02:15", "endsAt": "03:15", "maxCurrent": 16}])
    assert [leaves(one, f"2026-10-25T0{hour}:30:00Z") for hour in (0, 1)] == [Limit(16.0)] * 2
    assert leaves(one, "2026-10-25T01:05:00Z") is None, "2:05, the second time"
    assert leaves(one, "2026-10-25T02:20:00Z") is None, "3:20"
    assert leaves(one, "2026-03-29T00:50:00Z") is None, "1:50"
    assert leaves(one, "2026-03-29T01:10:00Z") == Limit(16.0), "3:10, after 1:59"
    assert leaves(one, "2026-03-29T01:20:00Z") is None
    lost = cap(windows=[{"startsAt": "02:15", "endsAt": "02:45", "maxCurrent": 16}])
    assert [leaves(lost, f"2026-03-29T0{hour}:30:00Z") for hour in (0, 1)] == [None, None]


def test_only_on_its_days_and_dates_go_first() -> None:
    one = cap(windows=[NOON, NIGHT], dates=[HOLIDAY])
    assert leaves(one, "2026-11-30T11:00:00Z") == Limit(watts=11_000.0), "a Monday"
    assert leaves(one, "2026-12-02T11:00:00Z") is None
    assert leaves(one, "2026-12-24T12:00:00Z") == Limit(10.0)
    assert leaves(one, "2026-12-26T22:00:00Z") == Limit(10.0), "23:00"
    assert leaves(one, "2026-12-26T23:30:00Z") is None


def test_cars_are_slowed_a_minute_before_and_the_lower_of_two_limits_holds() -> None:
    one = cap("UTC", windows=[{"startsAt": "08:00", "endsAt": "09:00", "maxCurrent": 30},
                              {"startsAt": "09:00", "endsAt": "10:00", "maxCurrent": 10},
                              {"startsAt": "10:00", "endsAt": "11:00", "maxPower": 22}])  # fmt: skip
    assert leaves(one, "2026-01-01T07:58:59Z") is None
    assert leaves(one, "2026-01-01T07:59:00Z") == Limit(30.0)
    assert leaves(one, "2026-01-01T08:59:00Z") == Limit(10.0)
    assert leaves(one, "2026-01-01T09:59:30Z") == Limit(10.0, 22_000.0)
    assert leaves(one, "2026-01-01T10:00:00Z") == Limit(watts=22_000.0)


async def caps(system: System, *circuits: int) -> list[ScheduledCap]:
    async with system.database.read() as tx:
        return await scheduled_caps(tx, Members(circuits, (), ()))


async def test_the_zone_is_that_of_the_location_unless_it_is_given(system: System, api: Client, given: Given) -> None:
    root = await given.circuit()
    below = await given.circuit(parentCircuitId=root["id"], phaseRotation="RST")
    for one in (root, below):
        assert (await api.put(f"/internal/circuits/v1.0/{one['id']}/schedule", {"windows": [NIGHT]})).status == 201
    tree = (root["id"], below["id"])
    assert [one.zone.key for one in await caps(system, *tree)] == ["UTC", "UTC"]
    place = await given.location(timezone="Asia/Tokyo")
    point = await given.managed_charge_point()
    assert (await api.patch(f"/resources/charge-points/v2.0/{point['id']}", {"locationId": place["id"]})).status == 200
    attach = f"/actions/circuit/v2.0/{below['id']}/attach-charge-point"
    assert (await api.post(attach, {"chargePointId": point["id"]})).status == 202
    zoned = {"timeZone": "Europe/Vienna", "windows": [NIGHT]}
    assert (await api.put(f"/internal/circuits/v1.0/{root['id']}/schedule", zoned)).status == 200
    found = {one.circuit_id: one.zone.key for one in await caps(system, *tree)}
    assert found == {root["id"]: "Europe/Vienna", below["id"]: "Asia/Tokyo"}
    async with system.database.read() as tx:
        snapshot = await take(tx, root["id"])
    assert snapshot is not None
    assert {one.circuit_id for one in snapshot.caps} == set(tree)


def test_load_management_keeps_to_it_and_what_flows_besides_counts() -> None:
    site = OddSite(63.0, [Station(), Station()], electricity_meter_id=7, offline_reserved_current=10.0)
    today = f"{datetime.fromtimestamp(START, UTC):%Y-%m-%d}"
    scheduled = cap("UTC", dates=[{"first": today, "last": "2099-01-01", "maxCurrent": 40}])
    site.site.refresh(replace(site.site.snapshot, caps=(scheduled,)))
    site.run(90)
    assert sum(site.site.envelope.offered(id, site.now) or 0.0 for id in site.stations) == pytest.approx(30.0)
