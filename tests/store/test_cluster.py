"""The embedded server through its life: starts, stops, killings, strangers' folders and other users."""

import asyncio
import errno
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from ohmstead.kit.clock import Clock
from ohmstead.store import cluster as cluster_module
from ohmstead.store.binaries import OVERRIDE, Binaries, find_binaries
from ohmstead.store.cluster import Cluster, ClusterError

IS_ROOT = os.geteuid() == 0
Make = Callable[..., Cluster]

# Starts the cluster of argv[1] in a process of its own and then, as argv[2] says, is killed or leaves in order.
# As root it becomes the user argv[3] first, with everything it needs already imported.
OTHER_PROCESS = """
import asyncio, concurrent.futures.thread, encodings.idna, os, signal, sys
from pathlib import Path
from ohmstead.store.cluster import Cluster, ClusterError

async def main():
    cluster = Cluster(Path(sys.argv[1]), throwaway=sys.argv[2] == "killed with a throw-away", say=print)
    try:
        print(await cluster.start())
    except ClusterError as fault:
        sys.exit(str(fault))
    if sys.argv[2].startswith("killed"):
        os.kill(os.getpid(), signal.SIGKILL)
    await cluster.stop()

if len(sys.argv) > 3:
    os.setgroups([]), os.setgid(int(sys.argv[4])), os.setuid(int(sys.argv[3]))
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A data folder made once, below a path short and open enough for any user's server."""
    top = Path(tempfile.mkdtemp(prefix="cluster-test-"))
    top.chmod(0o755)
    asyncio.run(_made_in(top / "template"))
    yield top / "template"
    shutil.rmtree(top)


async def _made_in(folder: Path) -> None:
    cluster = Cluster(folder, throwaway=True)
    await cluster.start()
    await cluster.stop()


@pytest.fixture
def folder(template: Path) -> Iterator[Path]:
    """An empty folder beside the template."""
    path = Path(tempfile.mkdtemp(dir=template.parent))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def data_dir(template: Path, folder: Path) -> Path:
    """A data folder with a stopped cluster in it."""
    return copied(template, folder / "data")


@pytest.fixture
def long_data_dir(template: Path, folder: Path) -> Path:
    """The same where its path does not fit the address of a Unix socket."""
    return copied(template, folder / ("long" * 30))


@pytest.fixture
def closed_folder(folder: Path) -> Path:
    """A folder nobody but its owner may enter."""
    folder.chmod(0o700)
    return folder


def copied(template: Path, target: Path) -> Path:
    subprocess.run(["cp", "-a", template, target], check=True)
    return target


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def there(path: Path) -> bool:
    return path.exists()


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Makes clusters and stops them after the test, come what may."""
    made: list[Cluster] = []

    def one(data_dir: Path, **options: object) -> Cluster:
        made.append(Cluster(data_dir, **{"throwaway": True, **options}))  # pyright: ignore[reportArgumentType]
        return made[-1]

    yield one
    for cluster in made:
        await cluster.stop()


async def ask(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def server_process(data_dir: Path) -> int:
    return int((data_dir / "postgres/data/postmaster.pid").read_text().split()[0])


def run_other(data_dir: Path, end: str, *identity: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", OTHER_PROCESS, str(data_dir), end, *map(str, identity)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


async def test_data_outlives_a_stop(data_dir: Path, make: Make) -> None:
    cluster = make(data_dir)
    dsn = await cluster.start()
    await ask(dsn, "create table kept as select 42 as answer")
    await cluster.stop()
    with pytest.raises(OSError, match=r"No such file|refused"):
        await asyncpg.connect(dsn)
    assert await cluster.start() == dsn
    assert await ask(dsn, "select answer from kept") == 42


async def test_a_stop_may_come_twice_or_before_any_start(data_dir: Path, make: Make) -> None:
    cluster = make(data_dir)
    await cluster.stop()
    await cluster.start()
    await cluster.stop()
    await cluster.stop()
    with pytest.raises(ClusterError, match="not running"):
        cluster.dsn()


async def test_each_database_is_made_once_and_apart(data_dir: Path, make: Make) -> None:
    cluster = make(data_dir)
    main = await cluster.start()
    odd = await cluster.create('odd "name"')
    await ask(odd, "create table here ()")
    assert await cluster.create('odd "name"') == odd
    assert await ask(odd, "select to_regclass('here') is not null")
    assert await ask(main, "select to_regclass('here') is null")


async def test_a_first_start_is_durable_private_and_unicode(folder: Path, make: Make) -> None:
    said: list[str] = []
    dsn = await make(folder / "new/data", throwaway=False, say=said.append).start()
    assert [await ask(dsn, f"show {name}") for name in ("fsync", "full_page_writes", "synchronous_commit")] == [
        "on"
    ] * 3
    assert await ask(dsn, "show listen_addresses") == ""
    assert await ask(dsn, "select lower('ÅÄÖ')") == "åäö"
    assert await ask(dsn, "select 'Z' < 'a'"), "text sorts by code point"
    assert (folder / "new/data/postgres/socket").stat().st_mode & 0o777 == 0o700
    assert "First start" in said[0]


async def test_a_killed_server_comes_back_with_its_data(data_dir: Path, make: Make) -> None:
    cluster = make(data_dir, throwaway=False)
    dsn = await cluster.start()
    await ask(dsn, "create table kept as select 42 as answer")
    os.kill(server_process(data_dir), signal.SIGKILL)
    await cluster.stop()
    assert await ask(await cluster.start(), "select answer from kept") == 42


class TurnByTurn:
    """A clock whose sleeper tells the test that it sleeps, and wakes when the test says so."""

    def __init__(self) -> None:
        self.sleeping: asyncio.Queue[float] = asyncio.Queue()
        self.wake: asyncio.Queue[None] = asyncio.Queue()

    @property
    def real(self) -> Clock:
        return self

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.sleeping.put_nowait(seconds)
        await self.wake.get()


async def test_the_guard_starts_a_killed_server_again(data_dir: Path, make: Make) -> None:
    clock, said = TurnByTurn(), list[str]()
    cluster = make(data_dir, throwaway=False, say=said.append)
    dsn = await cluster.start()
    await ask(dsn, "create table kept as select 42 as answer")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(cluster.guard(clock))
        await clock.sleeping.get()
        os.kill(server_process(data_dir), signal.SIGKILL)
        while not said:  # a killed process takes a moment to be gone
            clock.wake.put_nowait(None)
            await clock.sleeping.get()
        assert await ask(dsn, "select answer from kept") == 42
        assert said == ["PostgreSQL ended unexpectedly; it is started again."]
        await cluster.stop()
        clock.wake.put_nowait(None)


async def test_the_guard_tries_again_for_as_long_as_it_takes(data_dir: Path, make: Make) -> None:
    clock, said, pauses = TurnByTurn(), list[str](), list[float]()
    cluster = make(data_dir, throwaway=False, say=said.append)
    dsn = await cluster.start()
    settings = data_dir / "postgres/data/postgresql.conf"
    away = settings.rename(settings.with_suffix(".away"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(cluster.guard(clock))
        pauses.append(await clock.sleeping.get())
        os.kill(server_process(data_dir), signal.SIGKILL)
        while len(pauses) < 7:
            clock.wake.put_nowait(None)
            pauses.append(await clock.sleeping.get())
            if not said:
                pauses.pop()  # a killed process takes a moment to be gone
        assert pauses == [2, 4, 8, 16, 30, 30, 30]
        assert len(said) == 2, "once when it ended, once why it does not start"
        assert "postgresql.conf" in said[1]
        away.rename(settings)
        clock.wake.put_nowait(None)
        assert await clock.sleeping.get() == 2
        assert await ask(dsn, "select 1") == 1
        assert said[2:] == ["PostgreSQL runs again."]
        await cluster.stop()
        clock.wake.put_nowait(None)


async def test_a_file_that_cannot_be_written_whole_stays_as_it_was(
    data_dir: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = make(data_dir)
    await cluster.start()
    await cluster.stop()
    written = data_dir / "postgres/data/ohmstead.conf"
    before, write_text = written.read_text(), Path.write_text

    def half(path: Path, text: str) -> int:
        write_text(path, text[: len(text) // 2])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(ClusterError, match="No space left"):
        await make(data_dir, throwaway=False).start()
    assert written.read_text() == before


async def test_the_server_of_a_killed_ohmstead_is_used_on(data_dir: Path, make: Make) -> None:
    assert run_other(data_dir, "killed").returncode == -signal.SIGKILL
    before, said = server_process(data_dir), list[str]()
    dsn = await make(data_dir, throwaway=False, say=said.append).start()
    assert server_process(data_dir) == before
    assert await ask(dsn, "select 1") == 1
    assert said == [f"PostgreSQL (process {before}) still runs from before; it is used on."]


async def test_a_server_left_with_other_settings_is_started_anew(data_dir: Path, make: Make) -> None:
    run_other(data_dir, "killed")
    before = server_process(data_dir)
    dsn = await make(data_dir, throwaway=True).start()
    assert server_process(data_dir) != before
    assert await ask(dsn, "show fsync") == "off"


def test_nothing_stays_of_the_throwaway_server_of_a_killed_process(data_dir: Path) -> None:
    killed = run_other(data_dir, "killed with a throw-away")  # returns when the heir ends: it has the same stderr
    assert killed.returncode == -signal.SIGKILL
    assert "postgresql://" in killed.stdout
    assert not there(data_dir / "postgres/data")


async def test_a_throwaway_cluster_that_is_gone_is_made_anew(folder: Path, make: Make) -> None:
    (folder / "postgres.path").write_text(f"{folder}/gone\n")
    assert await ask(await make(folder).start(), "select 1") == 1


async def test_a_second_ohmstead_is_refused_and_told_of_the_first(data_dir: Path, make: Make) -> None:
    dsn = await make(data_dir).start()
    other = await asyncio.to_thread(run_other, data_dir, "leaves")
    assert other.returncode == 1
    assert f"already running on {data_dir} (process {os.getpid()})" in other.stderr
    assert await ask(dsn, "select 1") == 1, "the first one works on"


async def test_a_dead_servers_number_taken_by_another_program_is_no_obstacle(data_dir: Path, make: Make) -> None:
    cluster = make(data_dir)
    await cluster.start()
    written = data_dir / "postgres/data/postmaster.pid"
    left = written.read_text().split("\n", 1)[1]
    await cluster.stop()
    written.write_text(f"{os.getpid()}\n{left}")
    shutil.chown(written, *_owner(data_dir / "postgres"))
    assert await ask(await cluster.start(), "select 1") == 1


def _owner(path: Path) -> tuple[int, int]:
    return path.stat().st_uid, path.stat().st_gid


async def test_a_data_folder_of_an_unknown_version_is_left_alone(data_dir: Path, make: Make) -> None:
    (data_dir / "postgres/data/PG_VERSION").write_text("13\n")
    with pytest.raises(ClusterError, match=r"made by PostgreSQL 13, but .* pg_upgrade"):
        await make(data_dir).start()
    with pytest.raises(ClusterError, match="made by PostgreSQL 13"):
        await make(data_dir).start()  # and not "already running": the folder was let go


async def test_an_older_data_folder_keeps_its_version(
    folder: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = find_binaries(16)
    monkeypatch.setenv(OVERRIDE, str(older.folder))
    cluster = make(folder / "data")
    await ask(await cluster.start(), "create table kept as select 42 as answer")
    await cluster.stop()
    monkeypatch.delenv(OVERRIDE)
    assert find_binaries().major > 16
    dsn = await cluster.start()
    assert await ask(dsn, "select answer from kept") == 42
    assert str(await ask(dsn, "show server_version")).startswith("16")


async def test_a_broken_configuration_is_told_with_the_end_of_the_log(data_dir: Path, make: Make) -> None:
    with (data_dir / "postgres/data/postgresql.conf").open("a") as main:
        main.write("max_connections = many\n")
    with pytest.raises(ClusterError, match="max_connections"):
        await make(data_dir).start()


def test_without_programs_the_advice_names_the_ways_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OVERRIDE, str(folder))
    with pytest.raises(ClusterError, match="OHMSTEAD_DATABASE_URL"):
        find_binaries()


async def test_a_long_path_gets_a_short_socket_found_again(long_data_dir: Path, make: Make) -> None:
    said: list[str] = []
    cluster = make(long_data_dir, say=said.append)
    dsn = await cluster.start()
    assert await ask(dsn, "select 1") == 1
    sockets = Path((long_data_dir / "postgres/socket.path").read_text().strip())
    assert rights(sockets) == 0o700
    assert str(sockets) in said[0]
    await cluster.stop()
    assert await cluster.start() == dsn
    await cluster.destroy()
    assert not there(sockets)


async def test_a_folder_closed_to_the_servers_user_is_not_opened(closed_folder: Path, make: Make) -> None:
    said: list[str] = []
    cluster = make(closed_folder / "data", say=said.append)
    await ask(await cluster.start(), "create table kept as select 42 as answer")
    pointer = closed_folder / "data/postgres.path"
    home = Path(pointer.read_text().strip()) if IS_ROOT else closed_folder / "data/postgres"
    assert rights(closed_folder) == 0o700
    assert there(home / "data/PG_VERSION")
    assert str(home) in said[0]
    await cluster.stop()
    assert await ask(await cluster.start(), "select answer from kept") == 42
    await cluster.destroy()
    assert not there(home)
    assert not there(pointer)


async def test_a_database_that_was_moved_away_is_not_replaced_by_an_empty_one(folder: Path, make: Make) -> None:
    (folder / "postgres.path").write_text(f"{folder}/gone\n")
    with pytest.raises(ClusterError, match="no such folder"):
        await make(folder, throwaway=False).start()
    assert not there(folder / "postgres")
    assert not there(folder / "gone")


async def test_programs_closed_to_the_servers_user_are_copied_once(
    folder: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    found = find_binaries().copied_to(closed)
    parts = tuple(closed / part.relative_to(_root(find_binaries())) for part in find_binaries().parts)
    closed.chmod(0o700)
    monkeypatch.setattr(cluster_module, "find_binaries", lambda major: Binaries(found.folder, found.version, parts))
    said: list[str] = []
    cluster = make(folder / "data", say=said.append)
    assert await ask(await cluster.start(), "select 1") == 1
    await cluster.stop()
    await cluster.start()
    assert sum("copied" in text for text in said) == IS_ROOT
    assert closed.stat().st_mode & 0o777 == 0o700


def _root(binaries: Binaries) -> Path:
    return binaries.parts[0].parent


async def test_a_durable_cluster_is_not_destroyed(data_dir: Path, make: Make) -> None:
    cluster = make(data_dir, throwaway=False)
    with pytest.raises(ClusterError, match="stays"):
        await cluster.destroy()
    assert (data_dir / "postgres/data/PG_VERSION").exists()


def test_a_plain_user_runs_the_server_as_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = pwd.getpwnam("nobody") if IS_ROOT else pwd.getpwuid(os.geteuid())
    programs = find_binaries().copied_to(folder / "programs")  # the checkout may be closed to that user
    monkeypatch.setenv(OVERRIDE, str(programs.folder))
    (folder / "own").mkdir()
    shutil.chown(folder / "own", user.pw_uid, user.pw_gid)
    for _ in range(2):
        done = run_other(folder / "own/data", "leaves", *([user.pw_uid, user.pw_gid] if IS_ROOT else []))
        assert done.returncode == 0, done.stderr
        assert f"host={folder}/own/data/postgres/socket" in done.stdout
    assert (folder / "own/data/postgres/data").stat().st_uid == user.pw_uid


async def test_a_cluster_of_another_user_is_refused_by_name(folder: Path, make: Make) -> None:
    (folder / "postgres.path").write_text("/\n")  # a folder that is never ours: it belongs to root
    with pytest.raises(ClusterError, match="belongs to the user root"):
        await make(folder).start()
