"""User prices: a station of OCPP 1.6 is told what the driver pays who has just presented a tag, or ordered a charge."""

import asyncio

import structlog

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database
from ohmstead.rooms.charging.displays.sending import knows, told
from ohmstead.rooms.charging.signals import user_price_known
from ohmstead.rooms.devices.stations import ShowUserPrice

log = structlog.get_logger("ohmstead.charging")

AFTER_S = 1.0  # the station has its answer first


class UserPrices:
    """Tells the stations that this process serves."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def run(self) -> None:
        """Until cancelled."""
        known: asyncio.Queue[tuple[int, str, str]] = asyncio.Queue()
        end = user_price_known.connect(lambda *price: known.put_nowait(price))
        try:
            async with asyncio.TaskGroup() as telling:
                while True:
                    telling.create_task(self._tell(*await known.get()))
        finally:
            end()

    async def _tell(self, station_id: int, id_tag: str, text: str) -> None:
        await self._clock.sleep(AFTER_S)
        try:
            async with self._database.read() as tx:
                if not await knows(tx, station_id, ShowUserPrice):
                    return
            await told(self._database, station_id, ShowUserPrice(id_tag=id_tag, text=text))
        except Exception:  # which would end all others
            log.exception("a price was not shown", charge_point_id=station_id)
