"""Renewal: charge points are asked for a new request before the certificate they use runs out."""

from datetime import timedelta

import structlog
from sqlalchemy import BigInteger, Integer, bindparam, exists, select, update

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement
from ohmstead.rooms.devices.certificates.tables import issued_certificate
from ohmstead.rooms.devices.stations import StationError, TriggerMessage, stations
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.store.due_work import DueWork

log = structlog.get_logger("ohmstead.certificates")

BEFORE_END = timedelta(days=30)
ASK_AGAIN = timedelta(days=1)  # a station that did not follow
EVERY_S = 60.0

_own = issued_certificate.c
_now = bindparam("now", type_=_own.not_after.type)
_newer = issued_certificate.alias("newer")
_ENDING = Statement(
    select(_own.id, _own.charge_point_id, _own.not_after)
    .join(charge_point, charge_point.c.id == _own.charge_point_id)
    .where(_own.used_at.is_not(None), _own.superseded_at.is_(None), _own.revoked_at.is_(None))
    .where(_own.not_after > _now, _own.not_after < _now + BEFORE_END)
    .where(_own.renewal_asked_at.is_(None) | (_own.renewal_asked_at < _now - ASK_AGAIN))
    .where(charge_point.c.connected, charge_point.c.deleted_at.is_(None))
    .where(~exists().where(_newer.c.charge_point_id == _own.charge_point_id, _newer.c.accepted_at > _own.used_at,
                           _newer.c.id > _own.id, _newer.c.revoked_at.is_(None)))
    .order_by(_own.not_after)
    .limit(bindparam("most", type_=Integer))
)  # fmt: skip
_ASKED = Statement(
    update(issued_certificate)
    .where(_own.id == bindparam("key", type_=BigInteger))
    .values(renewal_asked_at=_now, updated_at=bindparam("at", type_=_own.updated_at.type))
)


class CertificateRenewals(DueWork):
    """Asks the connected charge points that use a certificate which ends within 30 days and has no successor.
    Certificates end by the real time, so this looks by it."""

    due = _ENDING
    every_s = EVERY_S

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock.real)

    async def carry_out(self, row: Row) -> None:
        """Have the charge point make a new request; once a day until it does."""
        async with self._database.begin() as tx:
            await tx.run(_ASKED, key=row["id"], now=self._clock.now(), at=tx.now)
        try:
            outcome = await stations.current.call(
                row["charge_point_id"], TriggerMessage(message="SignChargePointCertificate")
            )
        except StationError as error:
            log.warning("renewal not asked for", charge_point_id=row["charge_point_id"], reason=str(error))
            return
        if not outcome.agreed:
            log.warning("renewal refused", charge_point_id=row["charge_point_id"], status=outcome.status)

    async def failed(self, row: Row, error: Exception) -> None:
        """It was noted that it was asked, unless that failed: so it is tomorrow, or in a minute."""
        log.warning("renewal not asked for", charge_point_id=row["charge_point_id"], reason=str(error))
