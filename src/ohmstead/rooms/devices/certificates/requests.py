"""Certificate requests: a charge point asks for a certificate, is promised one, and gets it afterwards.

The promise is a row, the certificate a second row, so that neither a crash nor a charge point that goes offline in
between loses anything (OCPP 1.6 security whitepaper A02, OCPP 2.0.1 A02).
"""

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import BigInteger, Integer, SmallInteger, Text, bindparam, func, insert, select, update

from ohmstead.engines.pki import RequestRefused, checked
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.devices.certificates.authority import authority
from ohmstead.rooms.devices.certificates.tables import certificate_request, issued_certificate
from ohmstead.rooms.devices.durable_facts import CertificateAccepted, CertificateRefused
from ohmstead.rooms.devices.facts import CertificateWanted
from ohmstead.rooms.devices.stations import CertificateSigned, StationError, StationOffline, stations
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.store.due_work import DueWork

log = structlog.get_logger("ohmstead.certificates")

SETTLE = timedelta(seconds=1)  # until the station surely has our promise
AGAIN = timedelta(seconds=30)
MOST_AN_HOUR = 10  # certificates for one charge point; one that goes round in circles gets no more
MOST_ATTEMPTS = 5  # of telling a station that does not answer; one that is offline is waited for
PATIENCE = timedelta(days=1)  # after which nobody waits for the certificate any more

_own = certificate_request.c
_key = bindparam("key", type_=BigInteger)
_station = bindparam("station", type_=BigInteger)
_now = bindparam("now", type_=_own.due_at.type)
_IDENTITY = Statement(select(charge_point.c.network_id).where(charge_point.c.id == _station))
_LATELY = Statement(
    select(func.count())
    .select_from(issued_certificate)
    .where(issued_certificate.c.charge_point_id == _station, issued_certificate.c.created_at > bindparam("since"))
)
_NEW = Statement(
    insert(certificate_request).values(
        charge_point_id=_station, request=bindparam("request"), due_at=bindparam("due_at"), created_at=_now,
        updated_at=_now,
    )
)  # fmt: skip
_FORGET = Statement(
    update(certificate_request)
    .where(_own.charge_point_id == _station, _own.finished_at.is_(None))
    .values(finished_at=_now, updated_at=_now, error="It asked again.")
)
_DUE = Statement(
    select(certificate_request)
    .where(_own.finished_at.is_(None), _own.due_at <= _now)
    .order_by(_own.due_at)
    .limit(bindparam("most", type_=Integer))
)
_PROMISED = Statement(
    select(certificate_request, charge_point.c.network_id, issued_certificate.c.certificate)
    .join(charge_point, charge_point.c.id == _own.charge_point_id)
    .outerjoin(issued_certificate, issued_certificate.c.id == _own.issued_certificate_id)
    .where(_own.id == _key, _own.finished_at.is_(None))
    .with_for_update(of=certificate_request)
)
_ISSUED = Statement(
    update(certificate_request).where(_own.id == _key).values(issued_certificate_id=bindparam("issued"))
)
_FINISH = Statement(
    update(certificate_request)
    .where(_own.id == _key)
    .values(finished_at=_now, updated_at=_now, error=bindparam("error", type_=Text))
)
_PUT_OFF = Statement(
    update(certificate_request)
    .where(_own.id == _key)
    .values(due_at=bindparam("due_at"), attempts=bindparam("tried", type_=SmallInteger), updated_at=_now)
)
_ACCEPTED = Statement(
    update(issued_certificate)
    .where(issued_certificate.c.id == bindparam("issued"))
    .values(accepted_at=_now, updated_at=_now)
)


async def certificate_wanted(tx: Tx, fact: CertificateWanted) -> bool:
    """Promise a certificate where the request is sound; whether it was promised. The newest request is the one."""
    identity = await tx.value(_IDENTITY, station=fact.charge_point_id)
    try:
        checked(fact.request, identity or "")
        lately = await tx.value(_LATELY, station=fact.charge_point_id, since=tx.now - timedelta(hours=1))
        if lately >= MOST_AN_HOUR:
            raise RequestRefused(f"{lately} certificates were issued within the hour")
    except RequestRefused as refused:
        log.warning("certificate request refused", charge_point_id=fact.charge_point_id, reason=str(refused))
        tx.tell(CertificateRefused(charge_point_id=fact.charge_point_id, reason=str(refused)))
        return False
    await tx.run(_FORGET, station=fact.charge_point_id, now=tx.now)
    await tx.run(
        _NEW, station=fact.charge_point_id, request=fact.request, due_at=tx.now + SETTLE, now=tx.now
    )  # fmt: skip
    return True


class PendingSignings(DueWork):
    """Keeps the promises that have fallen due."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        """Issue the certificate, hand it over without a transaction, and note what came of it."""
        async with self._database.begin() as tx:
            promised = await _issued(tx, row["id"])
        if promised is None:
            return
        try:
            outcome = await stations.current.call(
                promised["charge_point_id"], CertificateSigned(chain=promised["certificate"])
            )
            failure = None if outcome.agreed else f"The charge point answered: {outcome.status}."
        except StationError as error:
            await self.failed(promised, error)
            return
        async with self._database.begin() as tx:
            await _finish(tx, promised, failure)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again, but not for ever."""
        async with self._database.begin() as tx:
            tried = row["attempts"] + (not isinstance(error, StationOffline))
            if tried >= MOST_ATTEMPTS or tx.now - row["created_at"] > PATIENCE:
                await _finish(tx, row, str(error))
            else:
                await tx.run(_PUT_OFF, key=row["id"], due_at=tx.now + AGAIN, tried=tried, now=tx.now)


async def _issued(tx: Tx, key: int) -> dict[str, Any] | None:
    """The request with its certificate, issued now if it was not; None where it is settled."""
    row = await tx.one(_PROMISED, key=key)
    if row is None:
        return None
    if row["certificate"] is not None:
        return dict(row)
    identity = row["network_id"] or ""
    try:
        request = checked(row["request"], identity)
    except RequestRefused as refused:  # its identity is another by now
        await tx.run(_FINISH, key=key, now=tx.now, error=str(refused))
        return None
    issued = await authority.current.issue(tx, row["charge_point_id"], identity, request)
    await tx.run(_ISSUED, key=key, issued=issued["id"])
    return dict(row) | {"issued_certificate_id": issued["id"], "certificate": issued["certificate"]}


async def _finish(tx: Tx, promised: Row, failure: str | None) -> None:
    await tx.run(_FINISH, key=promised["id"], now=tx.now, error=failure)
    if failure is None:
        await tx.run(_ACCEPTED, issued=promised["issued_certificate_id"], now=tx.now)
        tx.tell(CertificateAccepted(charge_point_id=promised["charge_point_id"]))
    else:
        log.warning("certificate not taken", charge_point_id=promised["charge_point_id"], reason=failure)
