"""Diagnostics and security logs: asked for, uploaded to us or elsewhere, and told of."""

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from ohmstead.kit.facts import outbox
from ohmstead.rooms.devices.communication import diagnostics as logs
from ohmstead.rooms.devices.communication.diagnostics import UPLOAD_LASTS, Kind, log_request
from ohmstead.rooms.devices.facts import LogStatus
from ohmstead.rooms.devices.stations import (
    Command,
    GetLog,
    Outcome,
    StationError,
    StationOffline,
    StationRefused,
    stations,
)
from ohmstead.rooms.operator.files import MOST_BYTES, files
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Site, site
from tests.scenarios.waiting import becomes

PATH = "/actions/charge-point/v1.0"


@dataclass
class Box:
    """A station that has logs, or an excuse."""

    refusal: str | StationError | None = None
    commands: list[Command] = field(default_factory=list)

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        self.commands.append(command)
        if isinstance(self.refusal, StationError):
            raise self.refusal
        return Outcome(status=self.refusal or "Accepted", file_name="box.log")

    def connected(self, charge_point_id: int) -> bool:
        return True

    @property
    def asked(self) -> GetLog:
        command = self.commands[-1]
        assert isinstance(command, GetLog)
        return command


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    found = Box()
    stations.provide(found)
    yield found
    stations.provide(None)


@pytest.fixture
async def here(given: Given, box: Box) -> AsyncIterator[Site]:
    yield await site(given)
    shutil.rmtree(files.current.root / "uploads", ignore_errors=True)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def row(here: Site) -> Any:
    async with here.system.database.read() as tx:
        return await tx.one(select(log_request).order_by(log_request.c.id.desc()))


async def test_diagnostics_go_where_they_are_wanted(api: Client, here: Site, box: Box) -> None:
    wanted = {
        "location": "ftp://x:y@example.org/logs",
        "start": "2026-03-01T00:00:00Z",
        "stop": "2026-03-02T00:00:00+01:00",
    }
    answer = await api.post(f"{PATH}/{here.id}/get-diagnostics", wanted)
    assert answer.status == 202
    number = answer.body.pop("requestId")
    assert answer.body == {"success": True, "fileName": "box.log"}
    asked = box.asked
    assert (asked.kind, asked.request_id, asked.url) == ("diagnostics", number, wanted["location"])
    assert asked.since is not None
    assert asked.until is not None
    assert (asked.until - asked.since).total_seconds() == 23 * 3600


async def test_what_is_wrong_with_a_request(api: Client, here: Site, box: Box) -> None:
    diagnostics, security = f"{PATH}/{here.id}/get-diagnostics", f"{PATH}/{here.id}/get-security-log"
    for path, body, fields in (
        (diagnostics, {}, {"location"}),
        (diagnostics, {"location": "x", "start": "soon"}, {"start"}),
        (diagnostics, {"location": "", "start": "2026-13-02", "stop": "then"}, {"start", "stop"}),
        (diagnostics, {"location": "", "start": "2026-03-02", "stop": "2026-03-01"}, {"stop"}),
        (security, {}, {"url", "reason"}),
        (security, {"url": "", "reason": "r", "startTime": "2026-03-01T00:00:00Z"}, {"startTime"}),
        (security, {"url": "", "reason": "r", "retries": 11, "interval": 3601}, {"retries", "interval"}),
    ):
        answer = await api.post(path, body)
        assert (answer.status, set(answer.body["errors"])) == (422, fields)
    late = {"location": "", "start": "2026-03-02T00:00:00Z", "stop": "2026-03-01T00:00:00Z"}
    assert set((await api.post(diagnostics, late)).body["errors"]) == {"stop"}
    assert box.commands == []
    assert (await api.post(f"{PATH}/999/get-diagnostics", {"location": ""})).status == 404


async def test_a_refusal_has_its_reason(api: Client, here: Site, box: Box) -> None:
    for refusal, words in ((StationOffline(), "not connected"), (StationRefused("NotImplemented"), "NotImplemented"),
                           ("Rejected", "Rejected")):  # fmt: skip
        box.refusal = refusal
        for action, body in (("get-diagnostics", {"location": ""}), ("get-security-log", {"url": "", "reason": "r"})):
            answer = await api.post(f"{PATH}/{here.id}/{action}", body)
            assert (answer.status, words in answer.body["message"]) == (406, True)
            assert (await row(here))["status"] == "rejected"


async def test_a_security_log(api: Client, here: Site, box: Box) -> None:
    wanted = {"url": "https://example.org/in", "reason": "audit", "retries": 2, "interval": 60,
              "startTime": "2026-03-01 10:00:00"}  # fmt: skip
    answer = await api.post(f"{PATH}/{here.id}/get-security-log", wanted)
    assert answer.status == 201
    number = answer.data["id"]
    assert answer.data == {
        "id": number, "status": "requested", "file_name": "box.log", "logType": "SecurityLog", "chargePointId": here.id,
    }  # fmt: skip
    asked = box.asked
    assert (asked.kind, asked.retries, asked.retry_interval_s, asked.until) == ("security", 2, 60, None)
    assert asked.since is not None
    assert asked.since.isoformat() == "2026-03-01T10:00:00+00:00"
    assert (await row(here))["reason"] == "audit"


async def test_statuses_find_their_request(api: Client, here: Site, box: Box) -> None:
    first = (await api.post(f"{PATH}/{here.id}/get-diagnostics", {"location": "ftp://x"})).body["requestId"]
    second = (await api.post(f"{PATH}/{here.id}/get-security-log", {"url": "ftp://x", "reason": "r"})).data["id"]
    said: list[tuple[Kind | None, int | None, str]] = [
        ("diagnostics", None, "Uploading"),
        (None, second, "PermissionDenied"),
        ("diagnostics", None, "Uploaded"),
        (None, 999, "Uploaded"),
        ("diagnostics", None, "Idle"),
    ]
    for kind, number, word in said:
        fact = LogStatus(
            charge_point_id=here.id, kind=kind, status=word, request_id=number, received_at=here.system.clock.now()
        )
        await here.tells(logs.log_status, fact)
    async with here.system.database.read() as tx:
        told = [one[0] for one in await tx.all(
            select(outbox.c.payload).where(outbox.c.topic == "chargePoint.logStatusChanged").order_by(outbox.c.id)
        )]  # fmt: skip
    assert [(one["request_id"], one["kind"], one["status"]) for one in told] == [
        (first, "diagnostics", "uploading"), (second, "security", "uploadfailed"), (first, "diagnostics", "uploaded"),
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["PUT", "POST", "form"])
async def test_an_upload_to_us(api: Client, here: Site, box: Box, http: aiohttp.ClientSession, method: str) -> None:
    url = (await api.post(f"{PATH}/{here.id}/get-diagnostics", {"location": ""})).body["url"]
    assert box.asked.url == url
    assert url.startswith(api.base + "/uploads/")
    assert (await http.get(url)).status == 404  # nothing there yet
    content = bytes(range(256)) * 5000
    if method == "form":
        form = aiohttp.FormData({"note": "ignored"})
        form.add_field("file", content, filename="../../etc/passwd")
        sent = await http.post(url, data=form)
    else:
        sent = await http.request(method, f"{url}/..%5Cevil%22.log", data=content)
    assert sent.status == 201
    stored = await row(here)
    assert (stored["size"], stored["uploaded_at"] is not None, stored["url"]) == (len(content), True, "here")
    given_back = await http.get(url)
    assert await given_back.read() == content
    assert "/" not in given_back.headers["Content-Disposition"]
    path = files.current.path("uploads", stored["id"])
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(str(stored["id"]))] == [path.name]


async def test_an_upload_needs_a_url_of_ours(api: Client, here: Site, http: aiohttp.ClientSession) -> None:
    desk = files.current
    old = desk.url("uploads", 1, -UPLOAD_LASTS, api.base + "/public-api/x")
    other = desk.url("firmware", 1, UPLOAD_LASTS, api.base + "/public-api/x").replace("/firmware/", "/uploads/")
    for url in (old, other, f"{api.base}/uploads/nonsense", f"{api.base}/uploads/nonsense/file"):
        for method in ("PUT", "POST", "GET"):
            assert (await http.request(method, url, data=b"x")).status == 403
    assert not desk.path("uploads", 1).exists()


async def test_an_upload_has_a_bound(api: Client, here: Site, http: aiohttp.ClientSession, monkeypatch: Any) -> None:
    url = (await api.post(f"{PATH}/{here.id}/get-diagnostics", {"location": ""})).body["url"]
    for module in ("ohmstead.app.files", "ohmstead.rooms.operator.files"):
        monkeypatch.setattr(f"{module}.MOST_BYTES", 1000)
    assert MOST_BYTES > 1000

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 300

    for data in (b"x" * 1001, unannounced()):
        assert (await http.put(url, data=data)).status == 413
    assert not files.current.path("uploads", (await row(here))["id"]).exists()
    assert (await http.put(url, data=b"x" * 1000)).status == 201


FORM = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
BROKEN = {
    "with its length": (b"Content-Length: 5000000\r\n", b"x" * 200_000),
    "in chunks": (b"Transfer-Encoding: chunked\r\n", b"30d40\r\n" + b"x" * 200_000 + b"\r\n"),
    "as a form": (
        b"Content-Length: 5000000\r\nContent-Type: multipart/form-data; boundary=b\r\n",
        FORM + b"x" * 200_000 + b"\r\n--b",
    ),
}


@pytest.fixture
async def good(api: Client, here: Site, http: aiohttp.ClientSession) -> str:
    """The URL of an upload that came whole."""
    url = (await api.post(f"{PATH}/{here.id}/get-diagnostics", {"location": ""})).body["url"]
    assert (await http.put(url, data=b"good" * 1000)).status == 201
    return url


@pytest.mark.parametrize("how", BROKEN)
async def test_an_upload_that_was_cut_leaves_the_good_file(
    here: Site, http: aiohttp.ClientSession, good: str, how: str
) -> None:
    before, folder = await row(here), files.current.root / "uploads"
    host, _, path = good.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    _, line = await asyncio.open_connection(name, int(port))
    headers, body = BROKEN[how]
    line.write(b"PUT /%b HTTP/1.1\r\nHost: a\r\n%b\r\n%b" % (path.encode(), headers, body))
    await becomes(lambda: parts_of(folder), bool)
    line.close()
    await becomes(lambda: parts_of(folder), lambda found: not found)
    assert await (await http.get(good)).read() == b"good" * 1000
    assert await row(here) == before


async def parts_of(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.endswith(".part")]


@pytest.mark.parametrize("end", [b"", b"\r\n--b", b"\r\n--another--"])
async def test_a_form_without_its_end_is_no_upload(http: aiohttp.ClientSession, good: str, end: bytes) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert (await http.put(good, data=FORM + b"x" * 2000 + end, headers=kind)).status == 400
    assert await (await http.get(good)).read() == b"good" * 1000
    assert (await http.put(good, data=FORM + b"x" * 2000 + b"\r\n--b--", headers=kind)).status == 201
    assert await (await http.get(good)).read() == b"x" * 2000


async def test_an_upload_for_which_there_is_no_room_is_asked_for_again(
    http: aiohttp.ClientSession, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        answer = await http.put(good, data=b"x" * 2000)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    assert await (await http.get(good)).read() == b"good" * 1000


async def test_uploads_are_removed_at_their_age(api: Client, here: Site, http: aiohttp.ClientSession) -> None:
    urls, now = [], datetime.now(UTC)
    for days in (0, 100):
        urls.append((await api.post(f"{PATH}/{here.id}/get-diagnostics", {"location": ""})).body["url"])
        assert (await http.put(urls[-1], data=b"x")).status == 201
        written = (now - timedelta(days=days)).timestamp()
        os.utime(files.current.path("uploads", (await row(here))["id"]), (written, written))
    assert await files.current.prune("uploads", now - timedelta(days=90)) == 1
    assert [(await http.get(url)).status for url in urls] == [200, 404]
    assert (await row(here))["size"] == 1, "what was asked for, and came, is still told"
    assert await files.current.prune("photos", now - timedelta(days=365)) == 0
