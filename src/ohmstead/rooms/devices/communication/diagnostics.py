"""Logs: diagnostics and security logs that charge points are asked to upload, and how far each upload is."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Text,
    and_,
    bindparam,
    insert,
    or_,
    select,
    update,
)

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx, table, timestamp
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.validation import label
from ohmstead.kit.views import Link, Opt, View, aware
from ohmstead.rooms.devices.commands.actions import ask, whole_station
from ohmstead.rooms.devices.durable_facts import LogStatusChanged
from ohmstead.rooms.devices.facts import LogStatus
from ohmstead.rooms.devices.stations import GetLog
from ohmstead.rooms.operator.files import files

actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)

Kind = Literal["diagnostics", "security"]
UPLOAD_LASTS = timedelta(hours=24)

log_request = table(
    "log_request",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("reason", Text),
    Column("status", Text, nullable=False),  # requested, then idle | uploading | uploaded | uploadfailed; or rejected
    Column("detail", Text),  # the station's own word for it
    Column("file_name", Text),
    Column("size", Integer),  # bytes that were uploaded to us
    timestamp("uploaded_at"),
    Index(None, "charge_point_id", "id"),
)
STATUS = {"Idle": "idle", "Uploading": "uploading", "Uploaded": "uploaded"}
"""Every other word of a station is a failure."""
ENDED = ("uploaded", "uploadfailed")  # being idle afterwards changes nothing

_own = log_request.c
_number = bindparam("number", type_=BigInteger)
_NEW = Statement(
    insert(log_request)
    .values({name: bindparam(name) for name in ("charge_point_id", "kind", "reason", "created_at", "updated_at")})
    .values(url="", status="requested")
    .returning(_own.id)
)
_ASKED = Statement(
    update(log_request)
    .where(_own.id == _number)
    .values({name: bindparam(name) for name in ("url", "file_name", "updated_at")})
    .returning(log_request)
)
_REFUSED = Statement(
    update(log_request)
    .where(_own.id == _number)
    .values(status="rejected", detail=bindparam("detail"), updated_at=bindparam("updated_at"))
)
_meant = (
    select(_own.id)
    .where(
        _own.charge_point_id == bindparam("station", type_=BigInteger),
        or_(bindparam("kind", type_=Text).is_(None), _own.kind == bindparam("kind", type_=Text)),
        or_(_number.is_(None), _own.id == _number),
        _own.status != "rejected",
    )
    .order_by(_own.id.desc())
    .limit(1)
    .scalar_subquery()
)
_status, _detail = bindparam("status", type_=Text), bindparam("detail", type_=Text)
_SAID = Statement(
    update(log_request)
    .where(_own.id == _meant, or_(_status != "idle", and_(*(_own.status != one for one in ENDED))))
    .where(or_(_own.status != _status, _own.detail.is_distinct_from(_detail)))  # stations repeat themselves
    .values({name: bindparam(name) for name in ("status", "detail", "updated_at")})
    .returning(_own.id, _own.kind, _own.file_name)
)
_STORED = Statement(
    update(log_request)
    .where(_own.id == _number)
    .values({name: bindparam(name) for name in ("file_name", "size", "uploaded_at", "updated_at")})
)
_NAME = Statement(select(_own.file_name).where(_own.id == _number, _own.size.is_not(None)))

Location = Annotated[
    str,
    Meta(max_length=512, description="Where to upload it to (FTP, HTTP); empty: to this system."),
]


class Diagnostics(View):
    location: Location
    start: Opt[datetime] = UNSET
    stop: Opt[datetime] = UNSET


class Requested(View):
    success: Opt[bool] = UNSET
    request_id: Opt[int] = UNSET
    file_name: Opt[str] = UNSET
    url: Opt[Annotated[Link, Meta(description="Where the file can be fetched once it is uploaded here.")]] = UNSET


class SecurityLog(View):
    url: Location
    reason: Annotated[str, Meta(min_length=1, max_length=500, description="Why it is wanted; it is kept.")]
    retries: Opt[Annotated[int, Meta(ge=0, le=10)]] = UNSET
    interval: Opt[Annotated[int, Meta(ge=0, le=3600, description="Seconds between attempts.")]] = UNSET
    start_time: Opt[Annotated[str, Meta(description="The oldest entry wanted, as `2026-01-31 23:59:59`, UTC.")]] = UNSET
    stop_time: Opt[Annotated[str, Meta(description="The latest entry wanted.")]] = UNSET


class LogRequested(View):
    id: int
    status: Opt[str] = UNSET
    file_name: Opt[str] = field(default=UNSET, name="file_name")
    log_type: Literal["SecurityLog"]
    charge_point_id: int
    url: Opt[str] = UNSET


class LogRequestedData(View):
    data: LogRequested


@actions.post("v1.0/{chargePoint}/get-diagnostics", "Charge Point / Get Diagnostics", body=Diagnostics,
              gives=Requested, errors=(401, 403, 404, 406, 422, 429), transactions=Transactions.MANUAL)  # fmt: skip
async def get_diagnostics(call: Call, wanted: Diagnostics) -> Requested:
    """Have the charge point upload its diagnostics. Without a location they come here: the answer tells the URL at
    which they can be fetched for a day."""
    since, until = _moment(wanted.start), _moment(wanted.stop)
    if since and until and until < since:
        raise Invalid(stop="The stop must be a date after start.")
    row, ours = await _request(call, "diagnostics", wanted.location, None, since=since, until=until)
    return Requested(success=True, request_id=row["id"], file_name=row["file_name"] or UNSET, url=ours)


@actions.post("v1.0/{chargePoint}/get-security-log", "Charge Point / Get Security Log", body=SecurityLog,
              answers={201: LogRequestedData}, status=201, errors=(401, 403, 404, 406, 422, 429),
              transactions=Transactions.MANUAL)  # fmt: skip
async def get_security_log(call: Call, wanted: SecurityLog) -> LogRequestedData:
    """Have the charge point upload its security log. Without a URL it comes here: the answer tells the URL at which
    it can be fetched for a day."""
    row, ours = await _request(
        call,
        "security",
        wanted.url,
        wanted.reason,
        since=_written("startTime", wanted.start_time),
        until=_written("stopTime", wanted.stop_time),
        retries=None if wanted.retries is UNSET else wanted.retries,
        retry_interval_s=None if wanted.interval is UNSET else wanted.interval,
    )
    answer = LogRequested(
        id=row["id"],
        status=row["status"],
        file_name=row["file_name"] or UNSET,
        log_type="SecurityLog",
        charge_point_id=row["charge_point_id"],
        url=ours,
    )
    return LogRequestedData(data=answer)


async def log_status(tx: Tx, fact: LogStatus) -> None:
    """A charge point says how far an upload is. Without a request's number it is the latest of its kind."""
    status = STATUS.get(fact.status, "uploadfailed")
    row = await tx.one(
        _SAID, station=fact.charge_point_id, kind=fact.kind, number=fact.request_id, status=status, detail=fact.status,
        updated_at=tx.now,
    )  # fmt: skip
    if row is not None:
        told = {"request_id": row["id"], "kind": row["kind"], "file_name": row["file_name"]}
        tx.tell(LogStatusChanged(id=fact.charge_point_id, status=status, **told))


async def log_stored(tx: Tx, number: int, file_name: str | None, size: int) -> None:
    """The log of a request was uploaded to us, `size` bytes."""
    known = await tx.value(select(_own.file_name).where(_own.id == number))
    await tx.run(_STORED, number=number, file_name=file_name or known, size=size, uploaded_at=tx.now, updated_at=tx.now)


async def log_name(tx: Tx, number: int) -> str | None:
    """What the file of a request is called; None while nothing was uploaded to us."""
    row = await tx.one(_NAME, number=number)
    return None if row is None else row["file_name"] or f"log-{number}"


async def _request(
    call: Call, kind: Kind, location: str, reason: str | None, **wanted: Any
) -> tuple[Row, str | UnsetType]:
    """Ask the station; the request's row, and our URL where the log comes here."""
    async with call.begin() as tx:
        station = await whole_station(call, tx)
        number = await tx.value(
            _NEW, charge_point_id=station, kind=kind, reason=reason, created_at=tx.now, updated_at=tx.now
        )
    ours = UNSET if location else files.current.url("uploads", number, UPLOAD_LASTS, call.url)
    url = location or str(ours)
    try:
        outcome = await ask(station, GetLog(kind=kind, request_id=number, url=url, **wanted))
    except Rejected as refused:
        async with call.begin() as tx:
            await tx.run(_REFUSED, number=number, detail=str(refused), updated_at=tx.now)
        raise
    async with call.begin() as tx:
        kept = url if location else "here"  # our URL is a key to the file, and is kept nowhere
        row = await tx.one(_ASKED, number=number, url=kept, file_name=outcome.file_name, updated_at=tx.now)
    assert row is not None
    return row, ours


def _moment(moment: datetime | UnsetType) -> datetime | None:
    return None if moment is UNSET else aware(moment)


def _written(name: str, text: str | UnsetType) -> datetime | None:
    """A moment as this one operation writes it: `Y-m-d H:i:s`, UTC."""
    if text is UNSET:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid.of({name: [f"The {label(name)} does not match the format Y-m-d H:i:s."]}) from None
