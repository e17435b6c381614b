"""One PostgreSQL server process over its home folder: made, configured, launched, found, halted."""

import os
import shutil
import subprocess
from pathlib import Path
from threading import Lock

from ohmstead.store.binaries import Binaries, ClusterError
from ohmstead.store.placement import PORT, SOCKET_NAME, Account

SUPERUSER = "ohmstead"
LONGEST_LOG = 10_000_000  # bytes kept before a start sets the log aside
NO_PROCESS = 2**22 + 1  # Linux numbers processes up to 2**22
PATIENCE_S = 120  # a crash recovery may take this long before a start is given up

SETTINGS = """\
# Written at every start. Settings of your own: ALTER SYSTEM, or postgresql.conf below its include line.
listen_addresses = ''
port = {port}
unix_socket_directories = '"{sockets}"'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = {shared_buffers}
work_mem = 8MB
maintenance_work_mem = 64MB
effective_cache_size = 512MB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
# What a statement did wrong is told to its client; the log is for the server's own life.
log_min_messages = log
log_checkpoints = off
min_wal_size = 80MB
max_wal_size = 1GB
wal_compression = on
checkpoint_timeout = 10min
# Meter values only grow: look at tables early and in small steps.
autovacuum_naptime = 30s
autovacuum_vacuum_scale_factor = 0.05
autovacuum_vacuum_insert_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.02
"""
# Waits for its input to end, which happens when we end, however that is; then nothing of a throw-away server stays.
HEIR = 'read -r _; "$1" -D "$2/data" -m immediate -w stop; rm -rf -- "$2"'
DURABLE = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n"
FORGETFUL = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n"


class Postmaster:
    """The server of `home` (its data in home/data, its log in home/server.log), run as `account` by `binaries`."""

    def __init__(self, home: Path, account: Account, binaries: Binaries, sockets: Path, *, throwaway: bool) -> None:
        self.account = account
        self.binaries = binaries
        self.sockets = sockets
        self.throwaway = throwaway
        self.home = home
        self.data = home / "data"
        self.log = home / "server.log"
        self._heir: subprocess.Popen[str] | None = None
        self._turn = Lock()  # nobody halts a server that is being launched: it would outlive us

    def initialise(self) -> None:
        """Make the data folder, all or nothing. Raises ClusterError."""
        unfinished = self.data.with_name("data.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        done = self._run(
            "initdb", "-D", unfinished, "-U", SUPERUSER, "-E", "UTF8", *self._locale(),
            "--auth-local=trust", "--auth-host=reject", *(["--no-sync"] if self.throwaway else []),
        )  # fmt: skip
        if done.returncode:
            raise ClusterError(f"PostgreSQL {self.binaries} could not make {self.data}:\n{done.stderr.strip()}")
        with (unfinished / "postgresql.conf").open("a") as main:
            main.write("\ninclude 'ohmstead.conf'\n")
        unfinished.rename(self.data)

    def _locale(self) -> list[str]:
        """UTF-8 that sorts by code point; from version 17 by PostgreSQL's own tables, whatever the system's library."""
        if self.binaries.major >= 17:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def is_configured(self) -> bool:
        """Whether the settings on disk, and so those of a server that runs, are ours of today."""
        path = self.data / "ohmstead.conf"
        return path.exists() and path.read_text() == self._settings()

    def configure(self) -> None:
        """Write our settings for the next launch, where they are not written yet."""
        if not self.is_configured():
            self._write(self.data / "ohmstead.conf", self._settings())

    def _write(self, path: Path, text: str) -> None:
        """Write a file of the server's user whole or not at all: half of one, on a full disk, would keep the server
        from starting ever after, or let it start with settings that are not ours."""
        half = path.with_name(path.name + ".half")
        half.write_text(text)
        half.chmod(0o600)
        self.account.own(half)
        half.replace(path)

    def _settings(self) -> str:
        quoted = str(self.sockets).replace('"', '""').replace("'", "''")
        memory = "64MB" if self.throwaway else "128MB"
        rest = FORGETFUL if self.throwaway else DURABLE
        return SETTINGS.format(port=PORT, sockets=quoted, shared_buffers=memory) + rest

    def launch(self) -> bool:
        """Start the server and wait until it takes connections; False while a dead one's last helpers still leave.

        Raises ClusterError with the end of the log.
        """
        with self._turn:
            return self._launched()

    def _launched(self) -> bool:
        self._bury_dead_numbers()
        if self.log.exists() and self.log.stat().st_size > LONGEST_LOG:
            self.log.replace(self.log.with_name("server.log.1"))
        before = self.log.stat().st_size if self.log.exists() else 0
        done = self._run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", str(PATIENCE_S), "-s", "start")
        if done.returncode == 0:
            self._appoint_heir()
            return True
        said = self.log.read_bytes()[before:].decode(errors="replace") if self.log.exists() else ""
        if "pre-existing shared memory block" in said:
            return False
        last = "\n".join((said.strip() or done.stderr.strip()).splitlines()[-8:])
        raise ClusterError(f"PostgreSQL {self.binaries} did not start; the end of {self.log}:\n{last}")

    def halt(self) -> None:
        """Stop the server if it runs: statements under way are cut off, all committed work is written down."""
        with self._turn:
            self._halted()

    def _halted(self) -> None:
        self._dismiss_heir()
        if not self.process():
            return
        done = self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "-t", str(PATIENCE_S), "-s", "stop")
        if done.returncode and self.process():
            raise ClusterError(f"PostgreSQL (process {self.process()}) did not stop:\n{done.stderr.strip()}")

    def _appoint_heir(self) -> None:
        if self.throwaway and self._heir is None:
            command = ("/bin/sh", "-c", HEIR, "heir", self.binaries.folder / "pg_ctl", self.home)
            self._heir = self.account.begin(*command)

    def _dismiss_heir(self) -> None:
        if self._heir:
            self._heir.kill()
            self._heir.communicate()
            self._heir = None

    def process(self) -> int | None:
        """The number of the living server process of this folder, whoever started it."""
        number = _first_number(self.data / "postmaster.pid")
        return number if number and self._serves_us(number) else None

    def _serves_us(self, number: int) -> bool:
        # A zombie has an empty command line, so it counts as dead, which it is.
        return str(self.data) in _command_line(number)

    def _bury_dead_numbers(self) -> None:
        """Put a number no process can have into the lock files of a dead server; the rest of them stays.

        PostgreSQL takes any living process of that number for the server: a zombie that nobody reaps, or in a
        container, where numbers repeat at every start, another program. The rest lets it see helpers that still live.
        """
        for path in (self.data / "postmaster.pid", self.sockets / f"{SOCKET_NAME}.lock"):
            number = _first_number(path)
            if number and not self._serves_us(number):
                self._write(path, "\n".join([str(NO_PROCESS), *path.read_text().split("\n")[1:]]))

    def _run(self, program: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        return self.account.run(self.binaries.folder / program, *arguments)


def _first_number(path: Path) -> int | None:
    """The process number a lock file of PostgreSQL begins with."""
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _command_line(number: int) -> str:
    """What process `number` was started with, or nothing if there is no such process."""
    if os.path.isdir("/proc/self"):
        try:
            return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    asked = subprocess.run(["ps", "-o", "command=", "-p", str(number)], capture_output=True, text=True)
    return asked.stdout.strip()
