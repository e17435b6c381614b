"""The communication log as operators read it: newest first, filtered, page by page, each partner its own."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.communication.log import CommunicationLog
from ohmstead.rooms.network.charge_points import charge_point
from tests.client import Client
from tests.given import Given
from tests.live import live
from tests.scenarios.waiting import shows

PATH = "/internal/communication-log/v1.0"
START = datetime.now(UTC).replace(microsecond=123456) - timedelta(hours=2)


class Line:
    """What stands in the log after a few calls of two charge points; `first` and `second` are their ids."""

    def __init__(self, system: System, first: int, second: int, start: datetime = START) -> None:
        self.at = start
        self.log = CommunicationLog(system.database)
        self.first, self.second = first, second

    async def spoke(self) -> None:
        """Five frames of the first, a minute between them, and one of the second at the same moment as the last."""
        self.frame("in", "BootNotification", "b", None)
        self.frame("out", "BootNotification", "b", 0.25004)
        heartbeat = self.frame("in", "Heartbeat", "h", None, "timestamp without a zone")
        self.log.frame(self.first, self.at, "out", b'[2,"h"]', "Heartbeat", "h", 60.0, (), heartbeat)
        self.at += timedelta(minutes=1)
        self.frame("in", None, None, None, "no JSON", station=self.second, pause_s=0)
        self.frame("in", "StatusNotification", "s", None)
        await self.log.flush()

    def frame(
        self, direction: str, action: str | None, number: str | None, latency_s: float | None, *deviations: str,
        station: int = 0, pause_s: float = 60,
    ) -> Any:  # fmt: skip
        raw = b'[2,"%s"]' % str(number).encode()
        logged = self.log.frame(station or self.first, self.at, direction, raw, action, number, latency_s, deviations)
        self.at += timedelta(seconds=pause_s)
        return logged


@pytest.fixture
async def line(system: System, given: Given) -> Line:
    line = Line(system, *[(await given.charge_point())["id"] for _ in range(2)])
    await line.spoke()
    return line


async def test_every_frame_newest_first(api: Client, line: Line) -> None:
    rows = (await api.get(PATH)).data
    assert len(rows) == 6
    assert all(one["at"] >= other["at"] for one, other in pairwise(rows))
    answer = next(row for row in rows if row["latencyMs"] == 250)
    assert answer == {
        "chargePoint": line.first, "at": (START + timedelta(minutes=1)).isoformat(timespec="microseconds"),
        "direction": "out", "action": "BootNotification", "messageId": "b", "latencyMs": 250.0, "deviations": [],
        "frame": '[2,"b"]',
    }  # fmt: skip
    assert [row["deviations"] for row in rows if row["action"] is None] == [["no JSON"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter[chargePoint]={first}", "s h h b b"),
        ("chargePointId={first}", "s h h b b"),
        ("chargePointId={first}&filter[chargePoint]={second}", "None"),
        ("filter[chargePoint]={second}", "None"),
        ("filter[direction]=out", "h b"),
        ("filter[action]=Heartbeat", "h h"),
        ("filter[messageId]=b", "b b"),
        ("filter[deviating]=true", "None h"),
        ("filter[chargePoint]={first}&filter[deviating]=false", "s h b b"),
        ("filter[minLatencyMs]=3.5", "h b"),
        ("filter[minLatencyMs]=250.5", "h"),
        ("filter[from]={second_minute}&filter[chargePoint]={first}", "s h h"),
        ("filter[to]={second_minute}", "h b b"),
        ("filter[direction]=in&filter[action]=Heartbeat&filter[deviating]=true", "h"),
    ],
)
async def test_each_filter(api: Client, line: Line, query: str, found: str) -> None:
    moment = (START + timedelta(minutes=2)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    asked = query.format(first=line.first, second=line.second, second_minute=moment)
    assert " ".join(str(row["messageId"]) for row in (await api.get(PATH, asked)).data) == found


@pytest.mark.parametrize(
    "query",
    ["filter[direction]=up", "filter[minLatencyMs]=-1", "filter[from]=then", "filter[x]=1", "per_page=0",
     "cursor=nonsense", "cursor=eyJpZCI6OTIyMzM3MjAzNjg1NDc3NTgwN30", "filter[chargePoint]=one"],
)  # fmt: skip
async def test_what_makes_no_sense_is_named(api: Client, query: str) -> None:
    answer = await api.get(PATH, query)
    assert answer.status == 422
    assert list(answer.body["errors"]) == [query.partition("=")[0].replace("[", ".").rstrip("]")]


async def _pages(api: Client, way: str, link: str) -> list[list[dict[str, Any]]]:
    """The pages from a link on, in one direction."""
    pages = []
    while link:
        answer = await api.get(link)
        pages.append(answer.data)
        link = answer.body["links"][way]
    return pages


async def test_pages_lose_nothing_though_frames_share_a_moment(api: Client, line: Line) -> None:
    whole = [row["frame"] + row["at"] for row in (await api.get(PATH)).data]
    for size in (1, 2, 3, 4, 5, 6):
        pages = await _pages(api, "next", f"{PATH}?per_page={size}")
        shown = [row["frame"] + row["at"] for page in pages for row in page]
        assert sorted(shown) == sorted(whole)
        assert [one[-32:] for one in shown] == [one[-32:] for one in whole]
        assert all(size <= len(page) <= size + 1 for page in pages[:-1])
    last = (await api.get(PATH, "per_page=2")).body["links"]["next"]
    last = (await api.get(last)).body["links"]
    assert len((await api.get(last["prev"])).data) == 2


async def test_backward_comes_to_the_newest(api: Client, line: Line) -> None:
    oldest = (await _pages(api, "next", f"{PATH}?per_page=2&filter[chargePoint]={line.first}"))[-1]
    assert [row["messageId"] for row in oldest] == ["b"]
    second = (await api.get(PATH, f"per_page=2&filter[chargePoint]={line.first}")).body["links"]["next"]
    third = (await api.get(second)).body["links"]["next"]
    back = await _pages(api, "prev", (await api.get(third)).body["links"]["prev"])
    assert [[row["messageId"] for row in page] for page in back] == [["h", "b"], ["s", "h"]]


async def test_of_all_charge_points_the_last_day_unless_a_start_is_named(
    system: System, api: Client, line: Line
) -> None:
    old = Line(system, line.first, line.second, START - timedelta(days=3))
    old.frame("in", "Heartbeat", "old", None)
    await old.log.flush()
    assert len((await api.get(PATH)).data) == 6
    assert len((await api.get(PATH, f"filter[chargePoint]={line.first}")).data) == 6
    assert len((await api.get(PATH, "filter[from]=2026-01-01")).data) == 7


async def test_only_with_its_scope_and_for_its_partner(system: System, given: Given, line: Line) -> None:
    await given.partner_of_id(7)
    async with system.database.begin() as tx:
        await tx.run(update(charge_point).where(charge_point.c.id == line.second).values(partner_id=7))
    for scopes, partner, status, frames in (
        ("charge-points.read", None, 403, 0), ("communication-log.read", None, 200, 6),
        ("communication-log.read", 7, 200, 1), ("*", 8, 200, 0),
    ):  # fmt: skip
        client = await given.client(scopes, partner_id=partner)
        answer = await client.get(PATH)
        await client.close()
        assert answer.status == status
        assert status != 200 or len(answer.data) == frames


async def test_what_a_simulated_station_says_is_there_to_read(system: System, tmp_path: Path) -> None:
    async with live(system.dsn, tmp_path, SystemClock(25)) as scene:
        made = await scene.charge_point("talks")
        await scene.station("talks")
        query = f"filter[chargePoint]={made['id']}&filter[action]=BootNotification"
        answer, call = await shows(scene.api, PATH, lambda rows: len(rows) == 2, query)
        assert (call["direction"], call["latencyMs"], answer["direction"]) == ("in", None, "out")
        assert call["messageId"] == answer["messageId"]
        assert answer["latencyMs"] > 0
        assert answer["frame"].startswith('[3,"')
