"""The command line, as a person runs it: other processes, their output and exit status."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from sqlalchemy import select

from ohmstead.app.commands.settings import Section
from ohmstead.app.rooms import OPERATIONS
from ohmstead.kit.facts import audit
from ohmstead.rooms.operator.settings import AllSettings
from ohmstead.store.cluster import Cluster
from ohmstead.web.openapi import document
from tests.client import Client
from tests.given import Given

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]
OHMSTEAD = Path(sys.executable).with_name("ohmstead")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that any user's server can reach."""
    with tempfile.TemporaryDirectory(prefix="cli-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a command to its end; settings are given by their names."""

    def one(*arguments: object, **settings: object) -> Done:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("OHMSTEAD_")}
        given = {"data_dir": folder} | settings
        environment = plain | {f"OHMSTEAD_{name.upper()}": str(value) for name, value in given.items()}
        command = [str(OHMSTEAD), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, cwd=folder)

    return one


async def audited(given: Given, command: str) -> list[tuple[str, str]]:
    """What the audit tells of commands that begin so: the act and its target."""
    async with given.system.database.read() as tx:
        rows = await tx.all(select(audit).where(audit.c.action.startswith(command)).order_by(audit.c.id))
    assert all(row["changes"]["user"] for row in rows)
    return [(row["action"], row["target"]) for row in rows]


def test_the_document_needs_no_database(run: Run, folder: Path) -> None:
    done = run("openapi", database_url="postgresql://nobody@127.0.0.1:1/none")
    assert (done.returncode, done.stderr) == (0, "")
    printed, ours = json.loads(done.stdout), document(OPERATIONS, "x")
    assert printed["paths"] == json.loads(json.dumps(ours["paths"]))
    assert list(folder.iterdir()) == []


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    for word in ("serve", "demo", "station", "migrate", "openapi", "token", "settings", "circuit", "notices"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"port": "many"}, "OHMSTEAD_PORT (setting 'port')"),
        ({"database_connections": 1}, "OHMSTEAD_DATABASE_CONNECTIONS"),
        ({"database_url": "postgresql://nobody@127.0.0.1:1/none"}, "database_url does not lead to"),
        ({"database_url": "nonsense"}, "database_url does not lead to"),
        ({"config": "/no/such/file.toml"}, "/no/such/file.toml"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(run: Run, settings: dict[str, object], told: str) -> None:
    done = run("migrate", **settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


async def test_a_token_lives_from_create_to_revoke(run: Run, given: Given, api: Client) -> None:
    reach = {"database_url": given.system.dsn}
    made = await asyncio.to_thread(
        run, "token", "create", "ci", "--scope", "taxes.read", "--scope", "users.*", "--ip", "127.0.0.0/8", **reach
    )
    assert (made.returncode, made.stderr) == (0, "")
    client = Client(api.base, made.stdout.strip())
    try:
        assert (await client.get("/resources/taxes/v2.0")).status == 200
        assert (await client.post("/resources/taxes/v2.0", {})).status == 403
        listed = (await asyncio.to_thread(run, "token", "list", **reach)).stdout.splitlines()
        assert listed[0].split()[:4] == ["id", "name", "administrator", "scopes"]
        number, name, administrator, *rest = listed[-1].split()
        assert (name, administrator, rest[:3]) == ("ci", "Administrator", ["taxes.read", "users.*", "127.0.0.0/8"])
        assert made.stdout.strip() not in "".join(listed)
        revoked = await asyncio.to_thread(run, "token", "revoke", number, **reach)
        assert revoked.stdout == f"Token {number} is revoked.\n"
        given.system.authenticator.forget()
        assert (await client.get("/resources/taxes/v2.0")).status == 401
        again = await asyncio.to_thread(run, "token", "revoke", number, **reach)
        assert (again.returncode, again.stderr) == (1, f"ohmstead: there is no living token {number}\n")
        assert await audited(given, "ohmstead token") == [
            ("ohmstead token create", f"tokens/{number}"), ("ohmstead token revoke", f"tokens/{number}"),
        ]  # fmt: skip
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--scope", "sesions.read"), "no operation needs the scope 'sesions.read'"),
        (("--ip", "10.0.0.300"), "10.0.0.300"),
    ],
)
def test_a_token_of_nonsense_is_refused(run: Run, arguments: tuple[str, ...], told: str) -> None:
    done = run("token", "create", "odd", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr


def test_every_section_of_the_settings_can_be_set() -> None:
    assert {*get_args(Section)} == {one.encode_name for one in msgspec.structs.fields(AllSettings)}


async def test_settings_are_shown_and_set(run: Run, given: Given) -> None:
    reach = {"database_url": given.system.dsn}
    done = await asyncio.to_thread(
        run, "settings", "set", "reservations", "reservationTime=30", "enableReservations=false", **reach
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = json.loads((await asyncio.to_thread(run, "settings", "show", **reach)).stdout)
    assert (shown["reservations"]["reservationTime"], shown["reservations"]["enableReservations"]) == (30, False)
    refused = await asyncio.to_thread(run, "settings", "set", "baseCurrency", "id=999", **reach)
    assert (refused.returncode, refused.stderr) == (1, "ohmstead: baseCurrency.id: The selected id is invalid.\n")
    refused = await asyncio.to_thread(run, "settings", "set", "reservations", "reservationTime", **reach)
    assert refused.stderr == "ohmstead: 'reservationTime' is not of the form name=value\n"
    assert await audited(given, "ohmstead settings") == [("ohmstead settings set", "settings/reservations")]


async def test_a_command_works_on_the_database_of_a_running_ohmstead(run: Run, folder: Path) -> None:
    cluster = Cluster(folder / "postgres", throwaway=True)
    dsn = await cluster.start("ohmstead")
    try:
        first = await asyncio.to_thread(run, "migrate")
        assert first.stdout.startswith("The database is now at revision")
        made = await asyncio.to_thread(run, "token", "create", "beside")
        assert (made.returncode, len(made.stdout.strip())) == (0, 36)
        assert await cluster.create("ohmstead") == dsn, "the server runs on"
    finally:
        await cluster.destroy()


def test_a_command_starts_the_embedded_database_where_none_runs(run: Run) -> None:
    done = run("migrate")
    assert done.stdout.startswith("The database is now at revision")
    assert "First start" in done.stderr
    again = run("migrate")
    assert (again.stdout.startswith("The database was already at revision"), again.stderr) == (True, "")


def test_a_part_of_several_nodes_needs_a_database_that_others_share(run: Run, folder: Path) -> None:
    done = run("serve", "--role", "gateway", port=0, ocpp_port=0)
    assert done.returncode == 2
    assert "role 'gateway' needs a database that others share: set database_url" in done.stderr
    assert list(folder.iterdir()) == []
