"""Downtime: notices, periods entered by hand, and those that follow from what charge points say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.versions import Version
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import Connected, Disconnected, StatusChanged
from ohmstead.rooms.network.downtime import charge_point_periods, evse_periods, notices
from ohmstead.rooms.network.downtime.watching import look
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

NOTICES = "/resources/downtime-period-notices/v1.0"
POINTS, EVSES = "/resources/charge-point-downtime-periods/v1.0", "/resources/evse-downtime-periods/v1.0"
MAY = {"startedAt": "2026-05-01T10:00:00+00:00", "endedAt": "2026-05-01T11:30:00+00:00"}


async def notice(given: Given, type: str = "exempt") -> int:
    return (await given.made(NOTICES, {"type": type, "notice": "Road works"}))["id"]


class TestNotices(ResourceContract):
    resource = notices
    create = {"type": "exempt", "notice": "Road works", "description": "The street is closed."}
    update = {"notice": "Flood"}


class TestChargePointPeriods(ResourceContract):
    resource = charge_point_periods
    update = {"endedAt": "2026-05-01T12:00:00+00:00"}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return MAY | {"chargePointId": (await given.charge_point())["id"], "noticeId": await notice(given)}


class TestEvsePeriods(ResourceContract):
    resource = evse_periods
    update = {"startedAt": "2026-05-01T09:00:00+00:00"}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        outlet = await given.evse(await given.charge_point())
        return MAY | {"evseId": outlet["id"], "noticeId": await notice(given)}


async def test_the_type_of_a_notice_in_use_stays(api: Client, given: Given) -> None:
    reason, point = await notice(given), await given.charge_point()
    assert (await api.patch(f"{NOTICES}/{reason}", {"type": "downtime"})).status == 200
    await api.patch(f"{NOTICES}/{reason}", {"type": "exempt", "description": None})
    await given.made(POINTS, MAY | {"chargePointId": point["id"], "noticeId": reason})
    refused = await api.patch(f"{NOTICES}/{reason}", {"type": "downtime"})
    assert (refused.status, refused.body["errors"].keys()) == (422, {"type"})
    assert (await api.delete(f"{NOTICES}/{reason}")).status == 409
    other = await notice(given, "downtime")
    assert [one["id"] for one in (await api.get(NOTICES, "filter[type]=downtime")).data] == [other]


async def test_a_period_by_hand_is_exempt(api: Client, given: Given) -> None:
    point, reason = await given.charge_point(), await notice(given)
    made = await given.made(POINTS, MAY | {"chargePointId": point["id"], "noticeId": reason})
    assert made == MAY | {
        "id": made["id"], "chargePointId": point["id"], "locationId": point["locationId"], "entryMode": "manual",
        "type": "exempt", "noticeId": reason,
        "statuses": {"system": "enabled", "network": "never connected", "hardware": None},
    }  # fmt: skip
    assert (await api.get(EVSES)).data == []
    bodies = {
        "chargePointId": {"chargePointId": 999}, "noticeId": {"noticeId": await notice(given, "downtime")},
        "endedAt": {"endedAt": MAY["startedAt"]},
    }  # fmt: skip
    for field, change in bodies.items():
        answer = await api.post(POINTS, MAY | {"chargePointId": point["id"], "noticeId": reason} | change)
        assert (answer.status, answer.body["errors"].keys()) == (422, {field})
    missing = await api.patch(f"{POINTS}/{made['id']}", {"noticeId": None})
    assert missing.body["errors"].keys() == {"noticeId"}


@pytest.fixture
async def point(given: Given) -> dict[str, Any]:
    made = await given.charge_point()
    return made | {"evses": [await given.evse(made, networkId=number) for number in ("1", "2")]}


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class Line:
    """What a charge point tells, and the looks at it."""

    def __init__(self, system: System, point: int) -> None:
        self.system, self.point = system, point
        self.looked: datetime | None = None

    async def connects(self, at: datetime) -> None:
        fact = Connected(charge_point_id=self.point, version="1.6", remote_ip="::1", at=at)
        async with self.system.database.begin() as tx:
            await presence.connected(tx, fact)

    async def goes(self, at: datetime) -> None:
        async with self.system.database.begin() as tx:
            await presence.disconnected(tx, Disconnected(charge_point_id=self.point, at=at))

    async def says(self, number: int, status: Any, at: datetime) -> None:
        fact = StatusChanged(
            charge_point_id=self.point, evse_network_id=number, status=status, error_code=None,
            vendor_error_code=None, vendor_id=None, info=None, at=at, received_at=at,
        )  # fmt: skip
        async with self.system.database.begin() as tx:
            await presence.status_changed(tx, fact)

    async def looks(self) -> None:
        async with self.system.database.begin() as tx:
            await look(tx, self.looked)


@pytest.fixture
async def line(system: System, point: dict[str, Any], now: datetime) -> Line:
    found = Line(system, point["id"])
    await found.connects(now - timedelta(hours=9))
    return found


def spans(rows: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(one["startedAt"], one["endedAt"]) for one in rows]


async def test_a_lost_line_is_downtime_of_all(api: Client, line: Line, point: dict[str, Any], now: datetime) -> None:
    await line.looks()
    assert (await api.get(POINTS)).data == (await api.get(EVSES)).data == []
    left, back = now - timedelta(hours=3), now - timedelta(hours=1)
    await line.goes(left)
    await line.looks()
    await line.looks()  # once
    [found] = (await api.get(POINTS)).data
    assert spans([found]) == [(left.isoformat(), None)]
    assert (found["type"], found["entryMode"], found["locationId"]) == ("downtime", "automatic", point["locationId"])
    assert found["statuses"] == {"system": "enabled", "network": "temporarily unavailable", "hardware": None}
    assert [one["evseId"] for one in (await api.get(EVSES)).data] == [one["id"] for one in point["evses"]]
    await line.connects(back)
    await line.looks()
    for path in (POINTS, EVSES):
        assert set(spans((await api.get(path)).data)) == {(left.isoformat(), back.isoformat())}
    await line.looks()
    assert len((await api.get(POINTS)).data) == 1


async def test_a_broken_evse_is_down_alone(
    api: Client, given: Given, line: Line, point: dict[str, Any], now: datetime
) -> None:
    broke, mended = now - timedelta(hours=2), now - timedelta(minutes=30)
    await line.says(2, "faulted", broke)
    await line.looks()
    assert (await api.get(POINTS)).data == []
    [found] = (await api.get(EVSES)).data
    assert (found["evseId"], found["chargePointId"]) == (point["evses"][1]["id"], point["id"])
    assert found["statuses"] == {"system": "enabled", "network": "available", "hardware": "faulted"}
    mode = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": point["id"]}
    satellite = await given.charge_point(network={}, **mode)
    body = {"satelliteChargePointId": satellite["id"], "evseIds": [found["evseId"]]}
    assert (await api.post(f"/actions/charge-point/v1.0/{point['id']}/move-evses-to-satellite", body)).status == 202
    await line.looks()
    assert (await api.get(EVSES)).data == [found]  # wherever it is mounted
    await line.says(2, "available", mended)
    await line.looks()
    assert spans((await api.get(EVSES)).data) == [(broke.isoformat(), mended.isoformat())]


async def test_what_is_not_meant_to_be_used_is_not_down(
    api: Client, line: Line, point: dict[str, Any], now: datetime
) -> None:
    path = f"/resources/charge-points/v2.0/{point['id']}"
    await line.goes(now - timedelta(hours=5))
    await api.patch(path, {"status": "disabled"})
    await line.looks()
    assert (await api.get(POINTS)).data == []
    line.looked = looked = now - timedelta(hours=1)  # out of order since: what was before is another matter
    await api.patch(path, {"status": "out of order"})
    await line.looks()
    assert (await api.get(POINTS)).data[0]["startedAt"] == looked.isoformat()
    await api.patch(path, {"status": "demo"})
    await line.looks()
    [found] = (await api.get(POINTS)).data
    assert found["endedAt"] >= now.isoformat()


async def test_what_was_recorded_is_only_given_a_reason(api: Client, given: Given, line: Line, now: datetime) -> None:
    await line.goes(now - timedelta(hours=3))
    await line.looks()
    [found] = (await api.get(POINTS)).data
    path, exempt = f"{POINTS}/{found['id']}", await notice(given)
    moved = await api.patch(path, {"startedAt": MAY["startedAt"], "endedAt": MAY["endedAt"]})
    assert (moved.status, moved.body["errors"].keys()) == (422, {"startedAt", "endedAt"})
    assert (await api.patch(path, {"noticeId": exempt})).data["type"] == "exempt"
    cleared = (await api.patch(path, {"noticeId": None})).data
    assert (cleared["type"], "noticeId" in cleared) == ("downtime", False)
    assert (await api.delete(path)).status == 409


async def test_what_is_filtered(api: Client, given: Given, line: Line, point: dict[str, Any], now: datetime) -> None:
    await line.goes(now - timedelta(hours=3))
    await line.looks()
    body = MAY | {"evseId": point["evses"][0]["id"], "noticeId": await notice(given)}
    by_hand = (await given.made(EVSES, body))["id"]
    first, second = (one["id"] for one in (await api.get(EVSES, "filter[entryMode]=automatic")).data)
    wanted = {
        f"evseId={point['evses'][0]['id']}": [first, by_hand], f"chargePointId={point['id']}": [first, second, by_hand],
        f"locationId={point['locationId']}": [first, second, by_hand], "locationId=999": [],
        "entryMode=manual": [by_hand], "type=downtime": [first, second],
        "startedAfter=2026-05-01T10:00:01Z": [first, second],
        "stoppedBefore=2026-05-01T11:30:00Z": [by_hand], "durationLessThan=90": [by_hand],
        "durationLessThan=89": [], "durationGreaterThan=179": [first, second],
    }  # fmt: skip
    for query, found in wanted.items():
        name, _, value = query.partition("=")
        assert [one["id"] for one in (await api.get(EVSES, f"filter[{name}]={value}")).data] == found, query
