"""Uptime of charge points and EVSEs: of the time in which it was tracked, less the downtime that counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from ohmstead.app.system import System
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.downtime.operational import operational_period
from ohmstead.rooms.network.downtime.table import downtime_period
from ohmstead.rooms.network.evses import evse
from tests.client import Client
from tests.given import Given

NOTICES = "/resources/downtime-period-notices/v1.0"
NOW = datetime.now(UTC).replace(microsecond=0)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def path(point: dict[str, Any]) -> str:
    return f"/internal/charge-points/v1.0/{point['id']}/uptime"


async def tracked(system: System, point: dict[str, Any], *spans: tuple[float, float | None]) -> None:
    """Hours ago from when until when (None: still)."""
    async with system.database.begin() as tx:
        await tx.run(update(charge_point).values(created_at=ago(1000)))
        for start, end in spans:
            row = {"started_at": ago(start), "ended_at": None if end is None else ago(end), "created_at": NOW}
            await tx.run(insert(operational_period).values(charge_point_id=point["id"], updated_at=NOW, **row))


async def recorded(
    system: System, point: dict[str, Any], start: float, end: float | None, outlet: dict[str, Any] | None = None
) -> int:
    row = {"charge_point_id": point["id"], "evse_id": outlet and outlet["id"], "started_at": ago(start)}
    row |= {"ended_at": None if end is None else ago(end), "entry_mode": "automatic", "type": "downtime"}
    row |= {"statuses": {"system": "enabled", "network": "available", "hardware": None}}
    async with system.database.begin() as tx:
        times = {"created_at": NOW, "updated_at": NOW}
        return await tx.value(insert(downtime_period).values(row | times).returning(downtime_period.c.id))


async def shown(api: Client, point: dict[str, Any], first: float, last: float) -> dict[str, Any]:
    stamps = [ago(hours).isoformat().replace("+", "%2B") for hours in (first, last)]
    answer = await api.get(path(point), f"filter[from]={stamps[0]}&filter[to]={stamps[1]}")
    assert answer.status == 200, answer.body
    return answer.data


async def test_what_counts_of_downtime_lowers_it(api: Client, given: Given, system: System) -> None:
    point = await given.charge_point()
    one, two = await given.evse(point), await given.evse(point, networkId="2")
    async with system.database.begin() as tx:
        await tx.run(update(evse).where(evse.c.id == one["id"]).values(created_at=ago(1000)))
        await tx.run(update(evse).where(evse.c.id == two["id"]).values(created_at=ago(50)))
    await tracked(system, point, (100, 60), (50, None))
    lost = await recorded(system, point, 70, 65)
    await recorded(system, point, 70, 65, one)  # with its charge point
    await recorded(system, point, 20, None, one)
    found = await shown(api, point, 90, 10)
    assert found == {
        "startedAt": ago(90).isoformat(), "endedAt": ago(10).isoformat(), "operationalMinutes": 70 * 60,
        "downtimeMinutes": 5 * 60, "uptimePercent": 92.857,
        "evses": [
            {"evseId": one["id"], "operationalMinutes": 70 * 60, "downtimeMinutes": 15 * 60, "uptimePercent": 78.571},
            {"evseId": two["id"], "operationalMinutes": 40 * 60, "downtimeMinutes": 0, "uptimePercent": 100},
        ],
    }  # fmt: skip
    notice = await given.made(NOTICES, {"type": "exempt", "notice": "Flood"})
    periods = "/resources/charge-point-downtime-periods/v1.0"
    assert (await api.patch(f"{periods}/{lost}", {"noticeId": notice["id"]})).status == 200
    found = await shown(api, point, 90, 10)  # what is exempt of the charge point is so of its EVSEs
    assert [found["uptimePercent"], *(each["uptimePercent"] for each in found["evses"])] == [100, 85.714, 100]
    times = {"startedAt": ago(15).isoformat(), "endedAt": ago(10).isoformat(), "noticeId": notice["id"]}
    await given.made("/resources/evse-downtime-periods/v1.0", times | {"evseId": one["id"]})
    found = await shown(api, point, 90, 10)
    assert [each["downtimeMinutes"] for each in found["evses"]] == [5 * 60, 0]


async def test_what_is_not_tracked_has_none(api: Client, given: Given, system: System) -> None:
    point = await given.charge_point()
    await given.evse(point)
    await recorded(system, point, 20, None)
    found = await shown(api, point, 90, 10)
    for each in (found, *found["evses"]):
        assert (each["operationalMinutes"], each["downtimeMinutes"], each["uptimePercent"]) == (0, 0, None)
    await tracked(system, point, (40 * 24, None))
    month = (await api.get(path(point))).data
    assert month["operationalMinutes"] == 30 * 24 * 60
    assert month["uptimePercent"] < 100
    empty = await api.get(path(point), "filter[from]=2999-01-01")
    assert (empty.status, empty.body["errors"].keys()) == (422, {"filter.from"})


async def test_a_partner_sees_that_of_its_own(api: Client, given: Given) -> None:
    partner = await given.client("*", partner_id=71)
    own, other = await given.charge_point(partner={"id": 71}), await given.charge_point()
    assert [(await partner.get(path(point))).status for point in (own, other)] == [200, 404]
    await partner.close()
