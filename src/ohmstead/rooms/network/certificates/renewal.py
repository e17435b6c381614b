"""Renewal: charge points are asked for a new request before the certificate they use runs out."""

from datetime import timedelta

import structlog
from sqlalchemy import BigInteger, bindparam, exists, select, update

from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.rooms.network.certificates.tables import issued_certificate
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.stations import StationError, TriggerMessage, stations

log = structlog.get_logger("ohmstead.certificates")

BEFORE_END = timedelta(days=30)
ASK_AGAIN = timedelta(days=1)  # a station that did not follow
AT_ONCE = 10

_own = issued_certificate.c
_newer = issued_certificate.alias("newer")
_ENDING = Statement(
    select(_own.id, _own.charge_point_id, _own.not_after)
    .join(charge_point, charge_point.c.id == _own.charge_point_id)
    .where(_own.used_at.is_not(None), _own.superseded_at.is_(None), _own.revoked_at.is_(None))
    .where(_own.not_after > bindparam("now"), _own.not_after < bindparam("soon"))
    .where(_own.renewal_asked_at.is_(None) | (_own.renewal_asked_at < bindparam("asked_before")))
    .where(charge_point.c.connected, charge_point.c.deleted_at.is_(None))
    .where(~exists().where(_newer.c.charge_point_id == _own.charge_point_id, _newer.c.accepted_at > _own.used_at,
                           _newer.c.id > _own.id, _newer.c.revoked_at.is_(None)))
    .order_by(_own.not_after)
    .limit(AT_ONCE)
)  # fmt: skip
_ASKED = Statement(
    update(issued_certificate)
    .where(_own.id == bindparam("key", type_=BigInteger))
    .values(renewal_asked_at=bindparam("now"), updated_at=bindparam("now"))
)


async def ending(tx: Tx) -> list[Row]:
    """Certificates in use by connected charge points that end within 30 days and of which no successor is there."""
    return await tx.all(_ENDING, now=tx.now, soon=tx.now + BEFORE_END, asked_before=tx.now - ASK_AGAIN)


async def ask_to_renew(database: Database, certificate: Row) -> None:
    """Have the charge point make a new request; once a day until it does."""
    async with database.begin() as tx:
        await tx.run(_ASKED, key=certificate["id"], now=tx.now)
    try:
        outcome = await stations.call(
            certificate["charge_point_id"], TriggerMessage(message="SignChargePointCertificate")
        )
    except StationError as error:
        log.warning("renewal not asked for", charge_point_id=certificate["charge_point_id"], reason=str(error))
        return
    if not outcome.agreed:
        log.warning("renewal refused", charge_point_id=certificate["charge_point_id"], status=outcome.status)
