"""The embedded PostgreSQL: made on the first start, found again after a crash, stopped cleanly."""

import asyncio
import os
import re
from pathlib import Path
from urllib.parse import quote

import asyncpg

from ohmstead.kit.clock import Clock
from ohmstead.store.binaries import Binaries, ClusterError, find_binaries
from ohmstead.store.placement import (
    LOCK_NAME,
    PORT,
    Account,
    Occupied,
    Say,
    home_of,
    lock,
    remove,
    socket_folder,
    sockets_below,
)
from ohmstead.store.postmaster import PATIENCE_S, SUPERUSER, Postmaster

__all__ = ["Cluster", "ClusterError", "Occupied"]

GUARD_EVERY_S, GUARD_MOST_S = 2.0, 30.0
RETRY_S = 0.05
JOIN_S = 30  # for a server that another process is just starting


def _silent(text: str) -> None:
    """Say nothing of `text`."""


class Cluster:
    """A PostgreSQL server of our own below `data_dir`, reached by a private Unix socket only.

    `say` is told what takes time or matters (the first start, a folder elsewhere, a recovery). `throwaway` gives up
    durability for speed and is for tests alone; such a server and its data end with this process, however it ends.
    Every method raises ClusterError with a message for a person.
    """

    def __init__(self, data_dir: Path, *, throwaway: bool = False, say: Say = _silent) -> None:
        self.data_dir = data_dir.absolute()
        self._throwaway = throwaway
        self._say = say
        self._lock: int | None = None
        self._postmaster: Postmaster | None = None
        self._ended = False  # the server, by itself, and that was said

    async def start(self, database: str = SUPERUSER) -> str:
        """Bring the server up, or take over the one a killed Ohmstead left, and return the address of `database`.

        Raises Occupied where a living process runs it: `join` that one.
        """
        try:
            self._postmaster = await asyncio.to_thread(self._prepared)
            await self._bring_up(self._postmaster)
            return await self.create(database)
        except OSError as fault:
            await self.stop()
            raise ClusterError(f"The embedded PostgreSQL in {self.data_dir} cannot start: {fault}") from fault
        except BaseException:
            await self.stop()
            raise

    def is_free(self) -> bool:
        """Whether no living process runs the server of this folder."""
        if not (self.data_dir / LOCK_NAME).exists():
            return True
        try:
            os.close(lock(self.data_dir))
        except Occupied:
            return False
        return True

    async def join(self, database: str = SUPERUSER) -> str:
        """The address of `database` on the server that another process runs on this folder, once it answers."""
        try:
            async with asyncio.timeout(JOIN_S):
                while True:
                    if address := await self._answering(database):
                        return address
                    await asyncio.sleep(RETRY_S)
        except TimeoutError:
            raise ClusterError(f"Ohmstead runs on {self.data_dir}, but its PostgreSQL does not answer.") from None

    async def _answering(self, database: str) -> str | None:
        try:
            address = _address(sockets_below(self.data_dir), database)
            await (await asyncpg.connect(address)).close()
            return address
        except PermissionError as fault:
            raise ClusterError(f"The database below {self.data_dir} belongs to another user: {fault}") from fault
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.InvalidCatalogNameError):
            return None

    async def stop(self) -> None:
        """Stop the server and let the folder go; nothing happens if it is not running."""
        postmaster, self._postmaster = self._postmaster, None
        try:
            if postmaster:
                await asyncio.to_thread(postmaster.halt)
        finally:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    async def destroy(self) -> None:
        """Stop a throw-away cluster and delete it."""
        postmaster = self._postmaster
        if not self._throwaway:
            raise ClusterError(f"The database in {self.data_dir} is not a throw-away one and stays.")
        await self.stop()
        if postmaster:
            await asyncio.to_thread(remove, self.data_dir, postmaster.home, postmaster.sockets)

    async def create(self, database: str) -> str:
        """Make `database` if it is not there yet and return its address."""
        connection = await self._connected("postgres")
        try:
            if not await connection.fetchval("select true from pg_database where datname = $1", database):
                escaped = database.replace('"', '""')
                await connection.execute(f'create database "{escaped}"')
        finally:
            await connection.close()
        return self.dsn(database)

    def dsn(self, database: str = SUPERUSER) -> str:
        """The address of `database` for asyncpg and, with its driver named, for SQLAlchemy."""
        return _address(self._started().sockets, database)

    async def guard(self, clock: Clock) -> None:
        """Start the server again whenever it ends by itself, as often as that takes, with growing pauses (2, 4 … 30 s);
        runs until the cluster is stopped. What changes is said once."""
        pause_s, said = GUARD_EVERY_S, ""
        while self._postmaster:
            await clock.sleep(pause_s)
            why = await self._looked_after()
            without_times = re.sub(r"\d+", "", why)  # its log ends in lines with times and process numbers
            if why and without_times != said:
                self._say(f"{why}\nIt is tried again, at least every {GUARD_MOST_S:g} s.")
            elif said and not why:
                self._say("PostgreSQL runs again.")
            pause_s, said = min(2 * pause_s, GUARD_MOST_S) if why else GUARD_EVERY_S, without_times

    async def _looked_after(self) -> str:
        """Bring up a server that ended; why that failed, or nothing."""
        postmaster = self._postmaster
        if postmaster is None or await asyncio.to_thread(postmaster.process):
            self._ended = False
            return ""
        if not self._ended:
            self._ended = True
            self._say("PostgreSQL ended unexpectedly; it is started again.")
        try:
            await self._bring_up(postmaster)
        except TimeoutError:
            return f"PostgreSQL did not start within {PATIENCE_S} s; see {postmaster.log}."
        except Exception as fault:  # a full disk, a broken setting, no memory: each may pass
            return str(fault) or repr(fault)
        self._ended = False
        return ""

    def _started(self) -> Postmaster:
        if self._postmaster is None:
            raise ClusterError(f"The embedded PostgreSQL in {self.data_dir} is not running.")
        return self._postmaster

    def _prepared(self) -> Postmaster:
        """Everything before the first launch: the lock, the place, the programs, the data folder."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = lock(self.data_dir)
        home, account = home_of(self.data_dir, throwaway=self._throwaway, say=self._say)
        binaries = self._readable(find_binaries(_made_by(home)), home, account)
        sockets = socket_folder(home, account, self._say)
        postmaster = Postmaster(home, account, binaries, sockets, throwaway=self._throwaway)
        if not postmaster.data.exists():
            self._say(f"First start: making a PostgreSQL {binaries.major} database in {home}.")
            postmaster.initialise()
        return postmaster

    def _readable(self, binaries: Binaries, home: Path, account: Account) -> Binaries:
        if account.reaches(binaries.folder):
            return binaries
        target = home / f"programs-{binaries.version[0]}.{binaries.version[1]}"
        if not target.exists():
            self._say(f"The user {account.name} cannot read PostgreSQL {binaries}; it is copied to {target}.")
        copied = binaries.copied_to(target)
        account.own(target)
        return copied

    async def _bring_up(self, postmaster: Postmaster) -> None:
        """Leave a server with our settings running: the present one if it has them, else a new one."""
        process = await asyncio.to_thread(postmaster.process)
        if process and postmaster.is_configured():
            self._say(f"PostgreSQL (process {process}) still runs from before; it is used on.")
            return
        await asyncio.to_thread(postmaster.halt)
        postmaster.configure()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if await asyncio.to_thread(postmaster.launch):
                    return
                await asyncio.sleep(RETRY_S)

    async def _connected(self, database: str) -> asyncpg.Connection:
        """A connection, once the server takes one: one taken over may be in the middle of its recovery."""
        postmaster = self._started()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return await asyncpg.connect(self.dsn(database))
                except (OSError, asyncpg.CannotConnectNowError) as fault:
                    if not await asyncio.to_thread(postmaster.process):
                        raise ClusterError(f"PostgreSQL is gone; see {postmaster.log}.") from fault
                    await asyncio.sleep(RETRY_S)


def _address(sockets: Path, database: str) -> str:
    return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(sockets), safe='/')}&port={PORT}"


def _made_by(home: Path) -> int | None:
    """The major version that made the data folder; None if there is none yet."""
    written = home / "data" / "PG_VERSION"
    return int(written.read_text()) if written.exists() else None
