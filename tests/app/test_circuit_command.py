"""`ohmstead circuit`, as a person runs it, against a server that steers a circuit."""

import asyncio
import os
import pty
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import Live, live
from tests.scenarios.waiting import becomes, shows

OHMSTEAD = Path(sys.executable).with_name("ohmstead")
HERE = {name: value for name, value in os.environ.items() if not name.startswith("OHMSTEAD_")}


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    """A circuit of the id 1 that is steered, with a charge point."""
    async with live(system.dsn, tmp_path, SystemClock()) as running:
        circuit = await running.given.circuit(name="Deck", maxCurrent=32)
        await running.attach(circuit, await running.charge_point("A", name="Box A"))
        await running.station("A")
        path = f"/internal/circuits/v1.0/{circuit['id']}/explanation"

        async def steered() -> int:
            return (await running.api.get(path)).status

        await becomes(steered, lambda status: status == 200)
        await shows(running.api, path, lambda data: data["evses"] and data["evses"][0]["offered"] == 0)
        yield running


async def ran(site: Live, *arguments: str, token: bool = True) -> tuple[int, str, str]:
    """Exit status and what it wrote; the token comes by the environment."""
    environment = HERE | ({"OHMSTEAD_TOKEN": site.api.token or ""} if token else {})
    process = await asyncio.create_subprocess_exec(
        str(OHMSTEAD), "circuit", *arguments, "--url", site.api.base,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip
    out, errors = await process.communicate()
    return process.returncode or 0, out.decode(), errors.decode()


async def test_it_is_watched_once_and_explained(site: Live) -> None:
    status, out, errors = await ran(site, "watch", "1", "--once")
    assert (status, errors) == (0, "")
    assert "Deck (circuit 1)" in out
    assert "Nobody charges." in out
    status, out, _ = await ran(site, "explain", "1")
    assert (status, out.splitlines()[0]) == (0, "Deck (circuit 1)")
    assert "EVSE 1, Box A" in out
    status, out, _ = await ran(site, "explain", "1", "--evse", "1")
    assert out.splitlines()[1] == "  Nobody charges."


async def test_what_cannot_be_shown_is_said_in_one_line(site: Live) -> None:
    status, out, errors = await ran(site, "watch", "77", "--once")
    assert (status, out, errors.count("\n")) == (1, "", 1)
    assert "404" in errors
    assert (await ran(site, "explain", "1", "--evse", "9"))[2] == "ohmstead: circuit 1 feeds no EVSE 9\n"
    assert (await ran(site, "watch", "1", "--token", "nonsense", "--once"))[2].startswith("ohmstead: GET")
    status, _, _ = await ran(site, "watch", "1", token=False)
    assert status == 2


def _heed_ctrl_c() -> None:
    """As a terminal's shell has it: who starts the tests in the background may have them ignore it, which is
    inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def test_on_a_terminal_it_is_drawn_again_and_ends_with_ctrl_c(site: Live) -> None:
    leader, follower = pty.openpty()
    environment = HERE | {"OHMSTEAD_TOKEN": site.api.token or "", "TERM": "xterm", "COLUMNS": "140", "LINES": "40"}
    process = await asyncio.create_subprocess_exec(
        str(OHMSTEAD), "circuit", "watch", "1", "--url", site.api.base, "--every", "0.2",
        stdin=follower, stdout=follower, stderr=follower, env=environment, start_new_session=True,
        preexec_fn=_heed_ctrl_c,
    )  # fmt: skip
    os.close(follower)
    os.set_blocking(leader, False)
    seen = bytearray()

    async def drawn() -> int:
        with suppress(BlockingIOError, OSError):
            seen.extend(os.read(leader, 65_536))
        return seen.count(b"Nobody charges.")

    await becomes(drawn, lambda times: times >= 3)
    process.send_signal(signal.SIGINT)

    async def ended() -> int | None:
        await drawn()  # or it waits for somebody to read what it draws last
        return process.returncode

    await becomes(ended, lambda code: code is not None)
    assert process.returncode == 0
    os.close(leader)
    assert b"\x1b[?1049h" in seen  # a screen of its own, so that what was there is there again
    assert b"Traceback" not in seen
