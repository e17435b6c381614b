"""Upkeep of security profiles: the raises whose turn it is are carried out, a step at a time."""

from datetime import datetime, timedelta
from typing import Any

from ohmstead.kit.db import Row
from ohmstead.rooms.devices.security_profiles.profile_upgrade import DUE, failed, move
from ohmstead.rooms.devices.security_profiles.upgrade_steps import Taken, step
from ohmstead.rooms.devices.stations import StationError, StationOffline
from ohmstead.store.due_work import DueWork

NEXT_STEP = timedelta(seconds=5)  # a station with a new password connects anew in between
OFFLINE = timedelta(seconds=30)


class SecurityRaises(DueWork):
    """Takes the next step of each raise."""

    due = DUE

    async def carry_out(self, row: Row) -> None:
        """The step, and what came of it."""
        try:
            taken: Taken | StationError = await step(self._database.begin, row)
        except StationError as error:
            taken = error
        async with self._database.begin() as tx:
            if isinstance(taken, StationOffline):
                await move(tx, row, due_at=tx.now + OFFLINE)
            elif isinstance(taken, StationError):
                await failed(tx, row, str(taken))
            else:
                await move(tx, row, **_after(taken, tx.now))

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again, as with a station that is not there."""
        async with self._database.begin() as tx:
            await move(tx, row, due_at=tx.now + OFFLINE, error=str(error))


def _after(taken: Taken, now: datetime) -> dict[str, Any]:
    if taken.stage == "done":
        return {"finished_at": now}
    return {"stage": taken.stage, "due_at": now + NEXT_STEP if taken.stage == "waits" else None}
