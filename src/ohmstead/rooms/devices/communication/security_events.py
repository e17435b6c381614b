"""Security events: what charge points report of themselves, and who was turned away at the gateway."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, bindparam, insert, select

from ohmstead.kit.access import owned
from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.kit.filters import equals, since, until
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Opt, ReadOnly, View, stamp
from ohmstead.rooms.devices.durable_facts import SecurityEventReceived
from ohmstead.rooms.devices.facts import SecurityEvent
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charge_points.access import partner_of
from ohmstead.store.partitions import aging

CRITICAL = (
    "FirmwareUpdated", "SettingSystemTime", "StartupOfTheDevice", "ResetOrReboot", "SecurityLogWasCleared",
    "MemoryExhaustion", "TamperDetectionActivated",
)  # fmt: skip
NOT_PROVED, UNKNOWN = "FailedToAuthenticateAtCentralSystem", "UnknownChargePoint"
DOWNGRADE, HANDSHAKE = "SecurityProfileDowngrade", "HandshakeRefused"
TYPES = (
    *CRITICAL, NOT_PROVED, UNKNOWN, DOWNGRADE, HANDSHAKE, "CentralSystemFailedToAuthenticate",
    "ReconfigurationOfSecurityParameters", "InvalidMessages", "AttemptedReplayAttacks",
    "InvalidFirmwareSignature", "InvalidFirmwareSigningCertificate",
    "InvalidCentralSystemCertificate", "InvalidChargePointCertificate", "InvalidTLSVersion", "InvalidTLSCipherSuite",
)  # fmt: skip
"""Those of the OCPP 1.6 security whitepaper, and three of ours; vendors have further ones."""

TRUSTED_FOR = timedelta(days=90)  # a station's time further back is taken for a clock that was never set
SLACK = timedelta(minutes=1)
QUIET = timedelta(minutes=1)  # between two records of one address and identity
MOST_SEEN = 10_000

security_event = aging(
    table(
        "security_event",
        Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), index=True),  # None: nobody knows who
        Column("type", Text, nullable=False),
        Column("tech_info", Text),
        Column("partner_id", BigInteger),  # the charge point's at that time
        timestamp("timestamp", nullable=False),
        Index(None, "timestamp"),
        Index(None, "partner_id", "id"),
    ),
    by="timestamp",
    keep=timedelta(days=365),
)

_own = security_event.c
_NAMES = ("charge_point_id", "type", "tech_info", "timestamp", "created_at", "updated_at")
_NEW = Statement(
    insert(security_event)
    .values({name: bindparam(name) for name in _NAMES})
    .values(partner_id=partner_of(bindparam("charge_point_id", type_=BigInteger)))
    .returning(_own.id)
)
_WHO = Statement(
    select(charge_point.c.id).where(
        charge_point.c.network_id == bindparam("identity"), charge_point.c.deleted_at.is_(None)
    )
)

Type = Annotated[
    str,
    Meta(
        description="What happened, in the words of the OCPP security events.",
        extra_json_schema={"anyOf": [{"enum": list(TYPES)}, {"type": "string"}]},
    ),
]


class SecurityEventView(View, rename="camel"):
    id: ReadOnly[int]
    charge_point: ReadOnly[Opt[int]] = UNSET
    type: Type
    tech_info: Opt[str] = UNSET
    timestamp: datetime


def _resource(name: str, tag: str, title: str, key: str, deprecated: bool) -> Resource:
    return Resource(
        name,
        security_event,
        tag=tag,
        title=title,
        key=key,
        versions=[Version("v2.0", SecurityEventView, verbs=("list", "read"), deprecated=deprecated)],
        access=owned(_own.partner_id),
        columns={"charge_point": _own.charge_point_id},
        filters=[
            equals("type", _own.type, Type),
            equals("chargePoint", _own.charge_point_id, int),
            since("timestampFrom", _own.timestamp),
            until("timestampTo", _own.timestamp),
        ],
    )


security_events = _resource(
    "security-events", "resource / security events", "Security Event", "securityEvent", deprecated=False
)
security_events_log = _resource(
    "security-events-log", "resource / security event logs", "Security Event Log", "securityEventLog", deprecated=True
)


async def security_event_told(tx: Tx, fact: SecurityEvent) -> None:
    """A charge point reports an event; a time that cannot be true is that of its receipt."""
    trusted = fact.received_at - TRUSTED_FOR <= fact.at <= fact.received_at + SLACK
    at = fact.at if trusted else fact.received_at
    await _record(tx, fact.charge_point_id, fact.type, fact.tech_info, at)


async def turned_away(tx: Tx, identity: str, remote_ip: str, type: str, why: str = "") -> None:
    """Somebody at `remote_ip` said to be a charge point and was not let in."""
    known = await tx.value(_WHO, identity=identity)
    who = identity[:200] or "somebody without a name"
    await _record(tx, known, type, f"{who} from {remote_ip}{why and ': ' + why[:300]}", tx.now)


async def not_believed(tx: Tx, reason: str, named: str | None) -> None:
    """Somebody showed a client certificate that TLS did not believe. Whose name is in it is a claim, no more."""
    known = None if named is None else await tx.value(_WHO, identity=named.replace("\0", ""))
    whose = "" if named is None else f" in the name of {named[:200]}"
    await _record(tx, known, NOT_PROVED, f"a client certificate{whose}: {reason}", tx.now)


async def _record(tx: Tx, charge_point_id: int | None, type: str, tech_info: str | None, at: datetime) -> None:
    what: dict[str, Any] = {
        "charge_point_id": charge_point_id,
        "type": type.replace("\0", ""),
        "tech_info": tech_info and tech_info.replace("\0", ""),
    }
    number = await tx.value(_NEW, **what, timestamp=at, created_at=tx.now, updated_at=tx.now)
    tx.tell(SecurityEventReceived(id=number, timestamp=stamp(at), **what))


class Quiet:
    """Lets one record pass for each address and identity a minute, so that a flood of attempts floods no table."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], datetime] = {}

    def passes(self, remote_ip: str, identity: str, now: datetime) -> bool:
        """Whether this attempt is to be recorded; where too many are remembered, none is until a minute has passed."""
        key = (remote_ip, identity)
        if len(self._seen) >= MOST_SEEN:
            self._seen = {one: at for one, at in self._seen.items() if now - at < QUIET}
        if len(self._seen) >= MOST_SEEN or now - self._seen.get(key, datetime.min.replace(tzinfo=now.tzinfo)) < QUIET:
            return False
        self._seen[key] = now
        return True
