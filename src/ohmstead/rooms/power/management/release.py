"""Release: EVSEs that hang on no circuit any more get their freedom back, now or when their station can be reached."""

import asyncio
from collections.abc import Callable, Collection

import structlog
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, delete, exists, select

from ohmstead.kit.db import Database, Row, Statement
from ohmstead.kit.faults import log_failure
from ohmstead.kit.signals import Signal
from ohmstead.rooms.charging.profiles import limits_taken_off
from ohmstead.rooms.devices.stations import ClearChargingProfile, StationError, Stations
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.power.circuits.table import circuit_charge_point
from ohmstead.rooms.power.management.profiles import ids
from ohmstead.rooms.power.management.table import charging_limit

log = structlog.get_logger("ohmstead.power")

GATHER_S = 0.1  # after an outage thousands come in the same moment

limits_undone = Signal()
"""(charge_point_id): our profiles were cleared there while somebody began to steer it: what it was told may be gone."""

_managed = exists().where(circuit_charge_point.c.charge_point_id == evse.c.charge_point_id)
# what was ever sent to an EVSE was written down before, so a record without a circuit is a limit that outlived it
_left = (
    select(evse.c.id, evse.c.charge_point_id, evse.c.station_id)
    .join(charging_limit, charging_limit.c.evse_id == evse.c.id)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .where(~_managed, evse.c.deleted_at.is_(None), charge_point.c.deleted_at.is_(None))
    .order_by(evse.c.id)
)
_LEFT = Statement(_left)
_LEFT_AT = Statement(_left.where(evse.c.charge_point_id == any_(bindparam("points", type_=ARRAY(BigInteger)))))
_FORGET = Statement(
    delete(charging_limit).where(
        charging_limit.c.evse_id == bindparam("evse"), evse.c.id == charging_limit.c.evse_id, ~_managed
    )
)


class Release:
    """Clears our profiles at those who left. `is_managed` tells of a charge point whether a loop steers it by now,
    `leads` whether it is up to this node."""

    def __init__(
        self, database: Database, stations: Stations, is_managed: Callable[[int], bool], leads: Callable[[], bool]
    ) -> None:
        self._database, self._stations, self._is_managed, self._leads = database, stations, is_managed, leads
        self._wake = asyncio.Event()
        self._anybody = False
        self._points: set[int] = set()

    def wake(self, points: Collection[int] | None) -> None:
        """These charge points, that no loop steers, left or may be reached again; None: nobody knows who."""
        self._anybody = self._anybody or points is None
        self._points.update(points or ())
        if points is None or points:
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled; what fails is tried again at the next waking."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            anybody, self._anybody = self._anybody, False
            points, self._points = self._points, set()
            if not self._leads():
                continue
            try:
                left = await self._left(None if anybody else points)
                await asyncio.gather(*(self._free(row) for row in left if self._stations.connected(row["station_id"])))
            except Exception as error:
                log_failure(log, "limits not released", error)

    async def _left(self, points: set[int] | None) -> list[Row]:
        """Who left, among these charge points or (None) all."""
        async with self._database.read() as tx:
            return await (tx.all(_LEFT) if points is None else tx.all(_LEFT_AT, points=list(points)))

    async def _free(self, row: Row) -> None:
        """The two commands are on their way before a loop of this node that takes the EVSE over can send its first
        limit. The loop of another node may be quicker; it is told, and says all anew."""
        if self._is_managed(row["charge_point_id"]):
            return
        clearing = (ClearChargingProfile(profile_id=id) for id in ids(row["id"]))
        forgotten = 0
        try:
            await asyncio.gather(*(self._stations.call(row["station_id"], command) for command in clearing))
            async with self._database.begin() as tx:
                forgotten = await tx.run(_FORGET, evse=row["id"])
                await limits_taken_off(tx, [row["id"]])
        except StationError as error:
            log.info("profiles not cleared", evse=row["id"], why=str(error))
        if not forgotten:
            limits_undone.send(row["charge_point_id"])
