"""Autostart: at a charge point that wants no authorization a plugged cable is enough to begin.

Stations that do not begin by themselves are told to, a few seconds after Preparing, or Occupied of 2.x
(`autoStartWithoutAuthorization`, unless `disableAutoStartEmulation`).
"""

import asyncio

import structlog
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, or_, select

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.kit.errors import ApiError, NotFound
from ohmstead.rooms.charging.control.checks import place
from ohmstead.rooms.charging.control.orders import Order
from ohmstead.rooms.charging.control.remote import start
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.signals import evse_status_changed

log = structlog.get_logger("ohmstead.charging")

AFTER_S = 3.0
GATHER_S = 0.05  # after an outage the statuses of thousands come together

_PLUGGED = Statement(
    select(evse.c.id)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .where(evse.c.id == any_(bindparam("evses", type_=ARRAY(BigInteger))))
    .where(or_(evse.c.hardware_status == "preparing", evse.c.hardware_status == "occupied"))
    .where(charge_point.c.auto_start_without_authorization, ~charge_point.c.disable_auto_start_emulation)
)


class Autostart:
    """Watches the EVSEs whose stations this process serves."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def run(self) -> None:
        """Until cancelled."""
        changed: asyncio.Queue[int] = asyncio.Queue()
        end = evse_status_changed.connect(lambda _, evse_id: changed.put_nowait(evse_id))
        try:
            async with asyncio.TaskGroup() as starts:
                while True:
                    changes = [await changed.get()]
                    await asyncio.sleep(GATHER_S)
                    changes += [changed.get_nowait() for _ in range(changed.qsize())]
                    for evse_id in await self._plugged(changes):
                        starts.create_task(self._begin(evse_id))
        finally:
            end()

    async def _plugged(self, evse_ids: list[int]) -> list[int]:
        """Those where a plugged cable is enough."""
        async with self._database.read() as tx:
            found = {row["id"] for row in await tx.all(_PLUGGED, evses=evse_ids)}
        return [evse_id for evse_id in evse_ids if evse_id in found]

    async def _begin(self, evse_id: int) -> None:
        """What speaks against a start here is nobody's question: it then just does not begin."""

        async def there(tx: Tx) -> Row:
            found = await place(tx, evse_id) if await tx.value(_PLUGGED, evses=[evse_id]) else None
            if found is None:
                raise NotFound
            return found

        await self._clock.sleep(AFTER_S)
        try:
            await start(self._database, Order(), there, "plug_and_charge")
        except ApiError as error:
            log.debug("not started by itself", evse=evse_id, why=error.message)
        except Exception:  # which would end the starts at all others
            log.exception("not started by itself", evse=evse_id)
