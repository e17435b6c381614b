"""`ohmstead qr`: the code of a label, by the name on the EVSE or its id."""

import asyncio
from pathlib import Path

import pytest

from ohmstead.rooms.billing.drive.codes import evses_called
from ohmstead.rooms.operator.files import files
from tests.app.test_cli import Run, audited, folder, run  # noqa: F401 - fixtures
from tests.client import Client
from tests.given import Given

BASE = "https://charge.example"


async def test_a_label_is_printed_and_replaced(run: Run, given: Given, api: Client, tmp_path: Path) -> None:  # noqa: F811
    reach = {"database_url": given.system.dsn, "data_dir": files.current.root}
    outlet = await given.evse(await given.charge_point(), physicalReference="A-07")
    printed = await asyncio.to_thread(run, "qr", "A-07", "--url", BASE, **reach)
    *blocks, address = printed.stdout.splitlines()
    assert (printed.returncode, printed.stderr) == (0, "")
    assert len(blocks) > 15
    again = await asyncio.to_thread(run, "qr", outlet["id"], "--svg", tmp_path / "a.svg", public_url=BASE, **reach)
    assert again.stdout == address + "\n"
    assert "<svg" in (tmp_path / "a.svg").read_text()
    replaced = await asyncio.to_thread(run, "qr", "A-07", "--url", f"{BASE}/", "--replace", **reach)
    code = replaced.stdout.splitlines()[-1].removeprefix(f"{BASE}/drive/")
    assert code != address.removeprefix(f"{BASE}/drive/")
    assert (await api.get(f"/internal/drive/v1.0/codes/{code}")).status == 200
    assert (await api.get(address.replace(f"{BASE}/drive", "/internal/drive/v1.0/codes"))).status == 404
    assert await audited(given, "ohmstead qr") == [("ohmstead qr", f"evses/{outlet['id']}")]


async def test_what_has_no_label_is_said(run: Run, given: Given) -> None:  # noqa: F811
    reach = {"database_url": given.system.dsn, "data_dir": files.current.root}
    point = await given.charge_point(type="private")
    await given.evse(point, physicalReference="P-1")
    others = await given.charge_point()
    for number in ("1", "2"):
        await given.evse(others, physicalReference="B-1", networkId=number)
    for words, told in (
        (("A-99", "--url", BASE), "A-99 means no EVSE"),
        (("B-1", "--url", BASE), "B-1 means several EVSEs"),
        (("P-1", "--url", BASE), "is private, not public"),
        (("P-1",), "by --url or the setting public_url"),
    ):
        done = await asyncio.to_thread(run, "qr", *words, **reach)
        assert done.returncode == 1
        assert told in done.stderr


@pytest.mark.parametrize("text", ["99999999999999999999", "²", ""])
async def test_a_name_that_is_no_number_is_no_id(given: Given, text: str) -> None:
    async with given.system.database.read() as tx:
        assert await evses_called(tx, text) == []
