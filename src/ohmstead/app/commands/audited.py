"""What commands do when they write: one transaction, and its row in the audit."""

import getpass
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from ohmstead.app.commands.stderr import print_stderr
from ohmstead.app.database import opened
from ohmstead.app.settings import Settings
from ohmstead.kit.audit import Act, write_audit
from ohmstead.kit.db import Tx


@dataclass
class AuditedCommand:
    """A command's transaction. It names its `target` and the `changes` once it changed something; without a target
    there is nothing to be told."""

    tx: Tx
    target: str = ""
    changes: dict[str, Any] = field(default_factory=dict)


@asynccontextmanager
async def audited(settings: Settings, command: str) -> AsyncIterator[AuditedCommand]:
    """One transaction for a command (`token create`), kept with its row in the audit or not at all."""
    async with opened(settings, print_stderr) as database, database.begin() as tx:
        done = AuditedCommand(tx)
        yield done
        if done.target:
            await write_audit(tx, Act(f"ohmstead {command}", done.target, changes={"user": _user()} | done.changes))


def _user() -> str:
    """Whoever runs the command; the number where the machine knows no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
