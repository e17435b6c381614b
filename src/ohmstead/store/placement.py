"""The embedded server's place: the user that runs it, the folder it lives in, its socket, and the folder's lock."""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ohmstead.store.binaries import ClusterError

Say = Callable[[str], None]

# A Unix socket's address holds 107 bytes on Linux and 103 on macOS.
LONGEST_SOCKET = 103
PORT = 5432  # no network listens there: it only names the socket
SOCKET_NAME = f".s.PGSQL.{PORT}"
FALLBACK = Path("/var/lib/ohmstead")
POINTER = "postgres.path"
LOCK_NAME = "postgres.lock"


class Occupied(ClusterError):
    """Another process runs the server of this folder."""


@dataclass(frozen=True)
class Account:
    """A user of the machine that runs the server; `drops` when we are root and have to become that user first."""

    uid: int
    gid: int
    name: str
    drops: bool

    def run(self, *command: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run a program as this user to its end."""
        return subprocess.run(command, capture_output=True, text=True, **self._as_this_user())

    def begin(self, *command: str | Path) -> "subprocess.Popen[Any]":
        """Begin a program as this user, deaf to our terminal, whose input ends when we do."""
        unheard = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "start_new_session": True}
        return subprocess.Popen(command, **unheard, **self._as_this_user())

    def _as_this_user(self) -> dict[str, Any]:
        """From / (our own folder may be closed to that user) and without a stray PG* setting."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
        identity = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drops else {}
        return {"cwd": "/", "env": environment, "umask": 0o077, **identity}

    def reaches(self, folder: Path) -> bool:
        """Whether this user can enter `folder`, asked of the machine itself: rights are more than nine bits."""
        return not self.drops or self.run("/bin/sh", "-c", 'cd "$1"', "sh", folder).returncode == 0

    def own(self, top: Path) -> None:
        """Make this user the owner of `top` and all below it."""
        if self.drops:
            for path in (top, *top.rglob("*")):
                os.chown(path, self.uid, self.gid, follow_symlinks=False)


def account_for(folder: Path) -> Account:
    """Who runs the server of `folder`: ourselves, or, as PostgreSQL refuses root, its owner, postgres or nobody.

    Raises ClusterError when there is no such user.
    """
    if os.geteuid() != 0:
        return _named(_user(os.geteuid()), drops=False)
    candidates = (_user(folder.stat().st_uid), _user("postgres"), _user("nobody"))
    return _named(next((each for each in candidates if each and each.pw_uid != 0), None), drops=True)


def _named(user: pwd.struct_passwd | None, *, drops: bool) -> Account:
    if user is None:
        raise ClusterError(
            f"PostgreSQL needs a user with a name, and user id {os.geteuid()} has none here (no entry in /etc/passwd)."
            " Add one, or give the address of a running PostgreSQL in OHMSTEAD_DATABASE_URL."
        )
    return Account(user.pw_uid, user.pw_gid, user.pw_name, drops)


def _user(key: int | str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(key) if isinstance(key, int) else pwd.getpwnam(key)
    except KeyError:
        return None


def home_of(data_dir: Path, *, throwaway: bool, say: Say) -> tuple[Path, Account]:
    """The cluster's home and its user: `data_dir`/postgres, or where that user cannot get there, a folder outside.

    The outside folder is /var/lib/ohmstead/cluster-*, for a throw-away cluster in the temp directory, and
    `data_dir`/postgres.path names it. Raises ClusterError.
    """
    pointer, inside = data_dir / POINTER, data_dir / "postgres"
    home = Path(pointer.read_text().strip()) if pointer.exists() else None
    if home and (home.is_dir() or not throwaway):
        if not home.is_dir():
            raise ClusterError(
                f"{pointer} says the database lies in {home}, but there is no such folder. Bring it back, or delete"
                f" {pointer} to begin with an empty database."
            )
        return home, _owner_of(home)
    if inside.exists():
        return inside, _owner_of(inside)
    account = account_for(data_dir)
    if account.reaches(data_dir):
        _private_folder(account, data_dir, ".postgres-").rename(inside)
        return inside, account
    home = _outside(account, Path(tempfile.gettempdir()) if throwaway else FALLBACK)
    pointer.write_text(f"{home}\n")
    say(f"The user {account.name} cannot reach {data_dir}, so the database lies in {home} ({pointer} says so too).")
    return home, account


def _owner_of(home: Path) -> Account:
    account, owner = account_for(home), home.stat().st_uid
    if account.uid != owner:
        user = _user(owner)
        raise ClusterError(
            f"The database in {home} belongs to the user {user.pw_name if user else owner}, and this is {account.name}."
            " Start Ohmstead as that user or as root, or give it another data folder."
        )
    return account


def _outside(account: Account, base: Path) -> Path:
    if not base.exists():
        base.mkdir(parents=True)
        base.chmod(0o755)
    if not account.reaches(base):
        raise ClusterError(f"The user {account.name} can reach neither the data folder nor {base}. Open one.")
    return _private_folder(account, base, "cluster-" if base == FALLBACK else "ohmstead-")


def _private_folder(account: Account, base: Path, prefix: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    account.own(folder)
    return folder


def socket_folder(home: Path, account: Account, say: Say) -> Path:
    """A folder of mode 0700 for the server's socket: in `home`, or where its path does not fit an address, a short one.

    `home`/socket.path names the short one, so that a later start finds the server again.
    """
    inside, pointer = home / "socket", home / "socket.path"
    if _suits(inside):
        inside.mkdir(mode=0o700, exist_ok=True)
        account.own(inside)
        return inside
    if pointer.exists() and _is_private(Path(pointer.read_text().strip()), account):
        return Path(pointer.read_text().strip())
    folder = _private_folder(account, next(_short_bases(account)), "ohmstead-")
    pointer.write_text(f"{folder}\n")
    say(f"The path of {home} does not suit a Unix socket, so the server's socket lies in {folder}.")
    return folder


def _suits(folder: Path) -> bool:
    """Whether a socket in the folder can be addressed: its path is short, and has no comma, which parts hosts."""
    return len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET and "," not in str(folder)


def sockets_below(data_dir: Path) -> Path:
    """Where the socket of the server that runs on `data_dir` lies. Makes nothing; OSError while there is no server."""
    pointer = data_dir / POINTER
    home = Path(pointer.read_text().strip()) if pointer.exists() else data_dir / "postgres"
    inside = home / "socket"
    return inside if _suits(inside) else Path((home / "socket.path").read_text().strip())


def _short_bases(account: Account) -> Iterator[Path]:
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):
        if len(os.fsencode(base / "ohmstead-12345678" / SOCKET_NAME)) <= LONGEST_SOCKET and account.reaches(base):
            yield base
    raise ClusterError("The data folder's path is too long for a Unix socket, and so is the temp directory's.")


def _is_private(folder: Path, account: Account) -> bool:
    """Whether the folder is still ours: after a reboot somebody else may have taken its name in the temp directory."""
    try:
        seen = os.lstat(folder)
    except OSError:
        return False
    return (seen.st_mode, seen.st_uid) == (0o040700, account.uid)


def lock(data_dir: Path) -> int:
    """Hold `data_dir` for this process until it ends or closes the returned descriptor. Raises Occupied.

    The kernel keeps the lock (flock), so nothing stale is left by a process that was killed.
    """
    path = data_dir / LOCK_NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode().strip() or "unknown"
        os.close(descriptor)
        raise Occupied(
            f"Ohmstead is already running on {data_dir} (process {holder}). Stop that one, or give this one another"
            " data folder."
        ) from None
    if os.geteuid() == 0:
        os.fchown(descriptor, data_dir.stat().st_uid, data_dir.stat().st_gid)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    return descriptor


def remove(data_dir: Path, home: Path, sockets: Path) -> None:
    """Delete a throw-away cluster's folders and the pointer to them."""
    for folder in (home, sockets):
        shutil.rmtree(folder, ignore_errors=True)
    (data_dir / POINTER).unlink(missing_ok=True)
