"""Closes connections that have gone silent: a dead line often looks open for hours."""

import asyncio

import structlog
from websockets.frames import CloseCode

from ohmstead.kit.clock import Clock
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.registry import Registry
from ohmstead.ocpp.surviving import survivable

logger = structlog.get_logger()


async def sweep(registry: Registry, clock: Clock, interval_s: float) -> None:
    """Look every `interval_s` s, for ever."""
    while True:
        await clock.sleep(interval_s)
        silent = [connection for connection in registry if connection.is_silent()]
        await asyncio.gather(*map(_close, silent))


async def _close(connection: Connection) -> None:
    """One that cannot be closed is tried again, and keeps nobody from closing the others."""
    logger.info("connection silent", charge_point_id=connection.charge_point_id, heard_at=connection.heard_at)
    try:
        await connection.close(CloseCode.GOING_AWAY, "nothing was heard for too long")
    except BaseException as error:
        if not survivable(error):
            raise
        logger.error("connection not closed", charge_point_id=connection.charge_point_id, exc_info=error)
