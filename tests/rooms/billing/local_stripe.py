"""localstripe, a stand-in for Stripe, in a process and an environment of its own. What it lacks of Stripe, and the
adapter needs, is added by a relay before it: see `Relay`."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import ClientSession, web

ROOT = Path(__file__).parents[3]
LOCK, FOLDER, UV = ROOT / "requirements-localstripe.lock", ROOT / ".venv/localstripe", ROOT / ".venv/uv/bin/uv"
KEY = "sk_test_12345"
Form = list[tuple[str, str]]
Answer = tuple[int, Any]


def installed() -> Path:
    """The folder with what the lock names."""
    mark = FOLDER / "lock"
    if not mark.exists() or mark.read_bytes() != LOCK.read_bytes():
        shutil.rmtree(FOLDER, ignore_errors=True)
        tool = [UV, "pip", "install", "--quiet", "--python", sys.executable]
        if not UV.exists():
            tool = [sys.executable, "-m", "pip", "install", "--quiet"]
        subprocess.run([*tool, "--target", FOLDER, "--require-hashes", "--requirement", LOCK], check=True)
        shutil.copy(LOCK, mark)
    return FOLDER


@asynccontextmanager
async def local_stripe() -> AsyncIterator["Relay"]:
    """It, at work."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    order = [sys.executable, "-u", "-m", "localstripe", "--port", str(port), "--from-scratch"]
    process = await asyncio.create_subprocess_exec(
        *order, env=os.environ | {"PYTHONPATH": str(installed())}, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout
    async with asyncio.timeout(30):
        while b"Running on" not in (line := await process.stdout.readline()):
            assert line, "it ended at once"
    async with ClientSession(f"http://127.0.0.1:{port}") as session:
        relay = Relay(session)
        await relay.start()
        yield relay
        await relay.stop()
    process.terminate()
    await process.wait()


class Relay:
    """What goes through gets, as Stripe has it: answers repeated by their idempotency key, the amounts that a payment
    received and a charge captured, a search, pages that store cards, refunds and captures that are refused, and cards
    that only who owns them can use. `broken` is how often calls are done whose answer is lost."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session
        self._answers: dict[str, Answer] = {}
        self._taken: dict[str, int] = {}  # of payments, what was captured
        self._pages: dict[str, dict[str, Any]] = {}
        self.broken = 0
        self.calls: list[str] = []
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def ask(self, method: str, path: str, form: Form | None = None) -> Answer:
        """localstripe itself."""
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}
        async with self._session.request(method, path, data=urlencode(form or []), headers=headers) as answer:
            return answer.status, await answer.json()

    async def payment(self, reference: str) -> dict[str, Any]:
        """A payment with its charge, as Stripe tells of it."""
        return self._whole((await self.ask("GET", f"/v1/payment_intents/{reference}"))[1])

    async def _serve(self, request: web.Request) -> web.Response:
        self.calls.append(f"{request.method} {request.path}")
        key, form = request.headers.get("Idempotency-Key"), parse_qsl(await request.text())
        if key not in self._answers or request.method != "POST":
            answer = await self._answer(request.method, request.path, form or [*request.query.items()])
            self._answers[key or ""] = answer
        status, said = self._answers[key or ""]
        if self.broken:
            self.broken -= 1
            return web.json_response({"error": {"type": "api_error", "message": "It broke."}}, status=500)
        return web.json_response(said, status=status)

    async def _answer(self, method: str, path: str, form: Form) -> Answer:
        for pattern, answers in self._ways().items():
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return await answers(form, *found.groups())
        if method == "GET" and form:
            path, form = f"{path}?{urlencode(form)}", []
        status, said = await self.ask(method, path, form)
        return status, self._shown(said, form)

    def _ways(self) -> dict[str, Callable[..., Any]]:
        return {
            r"POST /v1/payment_intents": self._hold,
            r"POST /v1/payment_intents/(\w+)/capture": self._capture,
            r"GET /v1/payment_intents/search": self._search,
            r"GET /v1/payment_intents/(pi_\w+)": self._read,
            r"POST /v1/refunds": self._refund,
            r"POST /v1/checkout/sessions": self._open_page,
            r"GET /v1/checkout/sessions/(\w+)": self._page,
        }

    async def _hold(self, form: Form) -> Answer:
        its = dict(form)
        _, method = await self.ask("GET", f"/v1/payment_methods/{its['payment_method']}")
        if method.get("customer") != its["customer"]:
            return _refused("The PaymentMethod does not belong to the Customer.")
        status, said = await self.ask("POST", "/v1/payment_intents", [one for one in form if one[0] != "description"])
        return status, self._shown(said, form)

    async def _capture(self, form: Form, reference: str) -> Answer:
        marks = [one for one in form if one[0].startswith("metadata")]
        _, before = await self.ask("GET", f"/v1/payment_intents/{reference}")
        if before.get("status") != "requires_capture":
            return _refused("There is nothing to capture.")
        status, said = await self.ask(
            "POST", f"/v1/payment_intents/{reference}/capture", [one for one in form if one not in marks]
        )
        if status == 200:
            self._taken[reference] = int(dict(form)["amount_to_capture"])
            _, said = await self.ask("POST", f"/v1/payment_intents/{reference}", marks)
        return status, self._shown(said, form)

    async def _read(self, form: Form, reference: str) -> Answer:
        status, said = await self.ask("GET", f"/v1/payment_intents/{reference}")
        return status, self._shown(said, form)

    async def _search(self, form: Form) -> Answer:
        found = re.fullmatch(r"metadata\['(\w+)'\]:'(.*)'", dict(form)["query"])
        assert found
        _, every = await self.ask("GET", "/v1/payment_intents?limit=100")
        sought = re.sub(r"\\(.)", r"\1", found[2])
        own = [one for one in every["data"] if one["metadata"].get(found[1]) == sought]
        return 200, {"object": "search_result", "data": [self._whole(one) for one in own], "has_more": False}

    async def _refund(self, form: Form) -> Answer:
        its = dict(form)
        payment = await self.payment(its["payment_intent"])
        charge = payment["latest_charge"]
        given_back = charge["amount_refunded"] - (charge["amount"] - charge["amount_captured"])
        if payment["status"] != "succeeded" or given_back + int(its["amount"]) > payment["amount_received"]:
            return _refused("There is not so much to give back.")
        return await self.ask("POST", "/v1/refunds", form)

    async def _open_page(self, form: Form) -> Answer:
        kept = [one for one in form if one[0].startswith(("customer", "metadata", "payment_method_types"))]
        status, intent = await self.ask("POST", "/v1/setup_intents", kept)
        assert status == 200, intent
        page = {
            "id": f"cs_test_{len(self._pages) + 1}", "object": "checkout.session", "status": "open",
            "url": "https://checkout.stripe.com/c/pay/cs_test", "setup_intent": intent["id"],
        }  # fmt: skip
        self._pages[page["id"]] = page
        return 200, page

    async def _page(self, form: Form, reference: str) -> Answer:
        return 200, self._pages[reference]

    def _shown(self, said: Any, form: Form) -> Any:
        """An object; of a payment the charge whole only where that is asked for."""
        if said.get("object") != "payment_intent":
            return said
        whole = self._whole(said)
        if not any(name.startswith("expand") for name, _ in form) and whole["latest_charge"]:
            whole["latest_charge"] = whole["latest_charge"]["id"]
        return whole

    def _whole(self, payment: dict[str, Any]) -> dict[str, Any]:
        taken = self._taken.get(payment["id"], 0)
        charge = payment["latest_charge"]
        if charge:
            charge = charge | {"amount_captured": taken, "metadata": payment["metadata"]}
        return json.loads(json.dumps(payment | {"amount_received": taken, "latest_charge": charge}))


def _refused(message: str) -> Answer:
    return 400, {"error": {"type": "invalid_request_error", "message": message}}
