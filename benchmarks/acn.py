"""The allocator held against others: acnportal's EDF, LLF, round robin and its simulation of a car park of 54 sockets.

Run it with `scripts/bench acn`. acnportal and what it needs are a lock of their own, in an environment of its own: no
user and no other developer's tool has to do with them.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK, VENV = ROOT / "requirements-acn.lock", ROOT / ".venv" / "acn"


def environment() -> Path:
    """The Python of an environment that holds what the lock names, made anew where the lock changed."""
    python, mark, wanted = VENV / "bin" / "python", VENV / "lock", LOCK.read_text()
    if not mark.exists() or mark.read_text() != wanted:
        print(f"Making {VENV.relative_to(ROOT)}")
        uv = ROOT / ".venv" / "uv" / "bin" / "uv"
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "--requirement", LOCK]
        subprocess.run(install, check=True)
        mark.write_text(wanted)
    return python


if __name__ == "__main__":
    paths = os.pathsep.join(str(ROOT / part) for part in ("benchmarks", "src"))
    command = [environment(), "-m", "parts.acn.table", *sys.argv[1:]]
    sys.exit(subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}).returncode)
