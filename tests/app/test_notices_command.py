"""`ohmstead notices`, as a person runs it who wants to see webhooks."""

import asyncio
import hashlib
import hmac
import json
import os
import subprocess
import sys
from asyncio.subprocess import Process
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import update

from ohmstead.app.commands.notices import listen, tail
from ohmstead.app.delivery_tail import DeliveryTail
from ohmstead.app.notice_screen import received_line
from ohmstead.app.system import System
from ohmstead.app.webhook_receiver import Receiver, Webhook
from ohmstead.kit.clock import ManualClock, SystemClock
from ohmstead.rooms.notices.endpoints import Endpoints, endpoints
from ohmstead.rooms.notices.tables import notification_delivery
from ohmstead.rooms.operator.outbound import Outbound
from tests.client import Client
from tests.given import Given
from tests.live import live
from tests.rooms.notices.logged import logged

OHMSTEAD = Path(sys.executable).with_name("ohmstead")
HERE = {name: value for name, value in os.environ.items() if not name.startswith("OHMSTEAD_")}
NOW = datetime(2026, 11, 30, 18, tzinfo=UTC)
TOKEN = "fcf458d5-74e6-4cd2-b8dc-003441920e69"
BODY = b'{"notification":"chargePoint.changed","chargePointId":7,"action":"updated"}'


def signed(body: bytes = BODY, token: str = TOKEN, at: datetime = NOW, key: str = "msg_1") -> dict[str, str]:
    """The headers of a webhook, reckoned by hand."""
    second = str(int(at.timestamp()))
    standard = hmac.new(token.encode(), f"{key}.{second}.".encode() + body, hashlib.sha256).digest()
    return {
        "X-Signature": hmac.new(token.encode(), body, hashlib.sha256).hexdigest(),
        "webhook-id": key,
        "webhook-timestamp": second,
        "webhook-signature": "v1," + b64encode(standard).decode(),
    }


async def post(port: int, headers: dict[str, str], body: bytes = BODY) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/any/path", data=body, headers=headers) as answer,
    ):
        return answer.status


@asynccontextmanager
async def listening(*arguments: str, token: str = TOKEN, url: str = "http://127.0.0.1:1") -> AsyncIterator[Any]:
    """The command at a free port, once it listens; there is no server whose clock it could go by."""
    process = await asyncio.create_subprocess_exec(
        str(OHMSTEAD), "notices", "listen", "--port", "0", "--url", url, *arguments,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=HERE | {"OHMSTEAD_TOKEN": token},
    )  # fmt: skip
    assert process.stderr is not None
    said = (await process.stderr.readline()).decode()
    yield process, int(said.partition("127.0.0.1:")[2].partition("/")[0])
    if process.returncode is None:
        process.kill()
        await process.wait()


async def ended(process: Process) -> tuple[int | None, str, str]:
    """After Ctrl-C: exit status and what it wrote."""
    process.send_signal(2)
    out, errors = await process.communicate()
    return process.returncode, out.decode(), errors.decode()


@pytest.mark.parametrize(
    ("headers", "body", "fault"),
    [
        (signed(), BODY, None),
        (signed() | {"webhook-signature": f"v1,AAAA {signed()['webhook-signature']}"}, BODY, None),
        (signed(at=datetime(2026, 11, 30, 17, 55, 1, tzinfo=UTC)), BODY, None),
        ({}, BODY, "X-Signature"),
        (signed(), BODY + b" ", "X-Signature"),
        (signed(token="another"), BODY, "X-Signature"),
        (signed() | {"webhook-signature": "v1,AAAA"}, BODY, "webhook-signature"),
        (signed() | {"webhook-id": "msg_2"}, BODY, "webhook-signature"),
        (signed() | {"webhook-timestamp": "1"}, BODY, "webhook-signature"),
        (signed() | {"webhook-signature": "é"}, BODY, "webhook-signature"),
        (signed(at=datetime(2026, 11, 30, 17, 54, 59, tzinfo=UTC)), BODY, "301 s old"),
        (signed(at=datetime(2026, 11, 30, 18, 5, 1, tzinfo=UTC)), BODY, "301 s ahead"),
    ],
)
async def test_what_does_not_verify_is_refused(headers: dict[str, str], body: bytes, fault: str | None) -> None:
    shown: list[Webhook] = []
    receiver = Receiver(TOKEN, ManualClock(NOW), shown.append)
    status = await post(await receiver.start(0), headers, body)
    await receiver.stop()
    [webhook] = shown
    assert (status, webhook.body) == (202 if fault is None else 401, body)
    assert webhook.fault is None if fault is None else fault in (webhook.fault or "")


async def test_it_prints_what_arrives_and_ends_quietly() -> None:
    now = datetime.now(UTC)
    async with listening() as (process, port):
        assert await post(port, signed(at=now)) == 202
        assert await post(port, signed(at=now)) == 202
        assert await post(port, signed(token="another", at=now)) == 401
        status, out, errors = await ended(process)
    assert status == 0
    lines = out.splitlines()
    assert "chargePoint.changed  chargePointId 7  msg_1" in lines[0]
    assert json.loads("".join(lines[1:6])) == json.loads(BODY)
    assert lines[6].endswith("msg_1  sent again")
    assert "REFUSED (401): X-Signature" in errors
    assert "Traceback" not in errors


def test_one_object_a_line() -> None:
    for body, said in ((BODY, json.loads(BODY)), (b"nonsense", "nonsense")):
        line = received_line(Webhook({"webhook-id": "msg_1"}, body, NOW, None))
        assert json.loads(line) == {"at": "2026-11-30T18:00:00Z", "id": "msg_1", "body": said}
        assert "\n" not in line


async def refused(command: Callable[..., None], token: str = TOKEN, **arguments: Any) -> str:
    """What a command ends with that cannot do its work: the interpreter prints it, and its exit status is 1."""
    try:
        await asyncio.to_thread(command, token=token, **arguments)
    except SystemExit as end:
        return str(end.code)
    raise AssertionError("it went well")


async def test_what_cannot_be_done_is_said_in_one_line() -> None:
    said = await refused(listen, subscribe=["chargepoint.changed"])
    assert said.startswith("ohmstead: there is no notification 'chargepoint.changed'; there are ")
    said = await refused(listen, subscribe=["evse.changed"], port=0, url="http://127.0.0.1:1")
    assert said.startswith("ohmstead: POST http://127.0.0.1:1")
    receiver = Receiver(TOKEN, ManualClock(NOW), lambda webhook: None)
    port = await receiver.start(0)
    assert (await refused(listen, port=port)).startswith(f"ohmstead: port {port} cannot be opened: ")
    await receiver.stop()
    assert (await refused(tail, url="http://127.0.0.1:1")).startswith("ohmstead: http://127.0.0.1:1/public-api: ")


async def test_it_subscribes_and_is_told_and_leaves_nothing(system: System, tmp_path: Path) -> None:
    async with live(system.dsn, tmp_path, SystemClock(), private_hosts="127.0.0.1") as running:
        token, url = running.api.token or "", running.api.base
        async with listening("--json", "--subscribe", "chargePoint.changed", token=token, url=url) as (process, _):
            made = await running.given.charge_point()
            told = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
            assert (await running.api.get("/notifications/v2.0")).data != []
            status, _, errors = await ended(process)
    assert (told["body"]["notification"], told["body"]["chargePointId"]) == ("chargePoint.changed", made["id"])
    assert (status, errors) == (0, "")


async def test_who_meets_a_server_that_does_not_admit_this_machine_is_told_why(api: Client, system: System) -> None:
    back = endpoints.provide(Endpoints(Outbound(), system.vault))
    said = await refused(listen, api.token or "", subscribe=["evse.changed"], port=0, url=api.base)
    back()
    assert "422" in said
    assert said.endswith("(does its OHMSTEAD_PRIVATE_HOSTS have 127.0.0.1?)")


@asynccontextmanager
async def tailing(api: Client, *arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        str(OHMSTEAD), "notices", "tail", "--url", api.base, "--every", "0.2", *arguments,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=HERE | {"OHMSTEAD_TOKEN": api.token or ""},
    )  # fmt: skip
    yield process
    if process.returncode is None:
        process.kill()
        await process.wait()


async def line(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None
    return (await asyncio.wait_for(stream.readline(), 20)).decode()


async def test_deliveries_are_followed_to_their_end(api: Client, system: System, given: Given) -> None:
    async with tailing(api) as process:
        assert "There is no subscription, so nothing is delivered." in await line(process.stderr)
        first, second = [(await given.subscription("http://127.0.0.1:1/", "evse.changed"))["id"] for _ in range(2)]
        key = await logged(system, first)
        told = await line(process.stdout)
        assert f"pending    evse.changed  evse:7  subscription {first}  0 attempts" in told
        tried = {"at": "2026-11-30T18:00:00+00:00", "status": 500, "error": "HTTP 500", "latencyMs": 12}
        last = {"attempts": 1, "response_status": 500, "error": "HTTP 500", "latency_ms": 12, "log": [tried]}
        async with system.database.begin() as tx:
            await tx.run(update(notification_delivery).where(notification_delivery.c.id == key).values(last))
        assert "pending    evse.changed  evse:7  subscription 1  1 attempt  12 ms  HTTP 500  again at " in await line(
            process.stdout
        )
        async with system.database.begin() as tx:
            gone = last | {"status": "failed", "due_at": None}
            await tx.run(update(notification_delivery).where(notification_delivery.c.id == key).values(gone))
        assert "failed     evse.changed" in await line(process.stdout)
        await logged(system, second)
        assert (await api.delete(f"/notifications/v2.0/{second}")).status == 204
        status, out, errors = await ended(process)
    assert (status, errors) == (0, "")
    assert out == "" or f"subscription {second}" in out


async def test_only_what_was_asked_for_with_what_is_sent(api: Client, system: System, given: Given) -> None:
    its = (await given.subscription("http://127.0.0.1:1/", "evse.changed", "circuit.changed"))["id"]
    async with tailing(api, "--json", "--notification", "circuit.changed", "--subscription", str(its)) as process:
        told: list[dict[str, Any]] = []

        async def read() -> None:
            told.append(json.loads(await line(process.stdout)))

        reading = asyncio.create_task(read())
        while not reading.done():
            await logged(system, its)
            await logged(system, its, name="circuit.changed", status="delivered", due_at=None)
            await asyncio.wait((reading,), timeout=0.2)
        await reading
        assert await ended(process)
    assert (told[0]["name"], told[0]["body"]) == ("circuit.changed", '{"notification":"circuit.changed","id":7}')


async def test_nothing_is_told_twice() -> None:
    class Api:
        async def call(self, method: str, path: str) -> Any:
            assert "2026-11-30T18%3A00%3A00%2B00%3A00" in path  # the API's moments have no fractions
            return {"data": [row], "meta": {"next_cursor": None}}

    row = {"id": 1, "createdAt": NOW.isoformat(), "status": "delivered", "attempts": 1}
    following = DeliveryTail(Api(), ManualClock(NOW.replace(microsecond=400_000)), {}, bodies=False)  # type: ignore[arg-type]
    assert [await following.changed(), await following.changed()] == [[row], []]
