"""The gateway's rooms over the database: every message becomes a transaction, many meter messages become one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Generic, TypeVar

import structlog

from ohmstead.app.admitted import Usual, admitted, habits
from ohmstead.app.nodes.membership import Membership
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Away, Database, Tx
from ohmstead.kit.signals import Signal
from ohmstead.ocpp.admission import Admitted, Refused, Tls
from ohmstead.ocpp.habits import Habits
from ohmstead.rooms.charging import flow, profiles, reservations
from ohmstead.rooms.charging.facts import (
    ChargeStarted,
    ChargeStopped,
    Metered,
    ProfilesTold,
    ReservationEnded,
    TagPresented,
    TagVerdict,
)
from ohmstead.rooms.network import (
    certificates,
    clocks,
    events,
    firmware,
    logs,
    outside_limits,
    presence,
    security_events,
)
from ohmstead.rooms.network.configuration.keeping import keep_told
from ohmstead.rooms.network.facts import (
    Booted,
    BootVerdict,
    CertificateStatus,
    CertificateStatusWanted,
    CertificateWanted,
    ClockTold,
    Connected,
    DataReceived,
    DataVerdict,
    Disconnected,
    EventsTold,
    FirmwareStatus,
    LimitCleared,
    LimitTold,
    LogStatus,
    MonitorsTold,
    SecurityEvent,
    SettingsTold,
    StatusChanged,
)
from ohmstead.rooms.network.outbound import Outbound
from ohmstead.rooms.network.stations import Outcome

log = structlog.get_logger("ohmstead.gateway")
Item = TypeVar("Item")
Result = TypeVar("Result")

PATIENCE_S = 30.0  # a database that restarts is back by then; stations wait longer for their answers
BATCH = 500
GATHER_S = 0.02
TURNED_AWAY = {  # refusal -> status of the handshake, type of the security event
    "unknown": (HTTPStatus.NOT_FOUND, security_events.UNKNOWN),
    "disabled": (HTTPStatus.FORBIDDEN, None),
    "password": (HTTPStatus.UNAUTHORIZED, security_events.NOT_PROVED),
    "certificate": (HTTPStatus.FORBIDDEN, security_events.NOT_PROVED),
    "downgrade": (HTTPStatus.FORBIDDEN, security_events.DOWNGRADE),
}


class Batcher(Generic[Item]):
    """Writes many items in one transaction: those of 20 ms, and all that gather while one is being written. A batch
    that fails is tried item by item, so that a bad one hurts nobody else."""

    def __init__(self, write: Callable[[list[Item]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[tuple[Item, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None

    def put(self, item: Item) -> "asyncio.Future[None]":
        """Done once `item` is durable."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, written))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return written

    async def _flush(self) -> None:
        while self._waiting:
            if len(self._waiting) < BATCH:
                await asyncio.sleep(GATHER_S)
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            await self._write_batch(batch)
        self._flushing = None

    async def _write_batch(self, batch: "list[tuple[Item, asyncio.Future[None]]]") -> None:
        try:
            await self._write([item for item, _ in batch])
        except Exception:
            for item, written in batch:
                await self._alone(item, written)
        else:
            for _, written in batch:
                _settle(written, None)

    async def _alone(self, item: Item, written: "asyncio.Future[None]") -> None:
        try:
            await self._write([item])
        except Exception as error:
            _settle(written, error)
        else:
            _settle(written, None)


def _settle(written: "asyncio.Future[None]", error: Exception | None) -> None:
    if written.done():
        return
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)


class DurableRooms:
    """Implements `ohmstead.ocpp.rooms.Rooms`: each method returns when its fact is durable. A database that is away
    is waited for up to 30 s. `moved` is sent for each charge point that connects: its id, and which other node held
    its socket until now, if one did."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        usual: Usual,
        members: Membership | None = None,
        outbound: Outbound | None = None,
    ) -> None:
        self._database, self._clock, self._usual, self._members = database, clock, usual, members
        self._responders = certificates.Responders(database, clock, outbound or Outbound())
        self.moved = Signal()
        self._meters = Batcher(self._write_meters)
        self._heard = Batcher(self._write_heard)
        self._quiet = security_events.Quiet()
        self._noting: set[asyncio.Task[None]] = set()
        self._statuses = presence.Repeats()

    async def admit(
        self, identity: str, password: bytes | None, offered: Sequence[str], remote_ip: str, tls: Tls | None = None
    ) -> Admitted | Refused:
        """Whether a charge point may connect: 404 unknown, 401 and 403 not proved or not enough, 503 while the database
        is away."""
        knock = presence.Knock(identity, password, tls is not None, tls.certificate if tls else None)
        try:
            async with self._database.read() as tx:
                found = await presence.admit(tx, knock)
        except Away:
            return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "not ready, come back later")
        if isinstance(found, presence.Refusal):
            status, event = TURNED_AWAY[found.kind]
            if event is not None:
                await self._turned_away(identity, remote_ip, event, found)
            return Refused(status, found.reason)
        return admitted(found, self._usual)

    async def _turned_away(self, identity: str, remote_ip: str, event: str, refusal: presence.Refusal) -> None:
        """Keep who tried; one that cannot be kept is turned away all the same."""
        if not self._quiet.passes(remote_ip, identity, self._clock.now()):
            return
        why = refusal.reason if refusal.kind in ("certificate", "downgrade") else ""
        await self._note(lambda tx: security_events.turned_away(tx, identity, remote_ip, event, why))

    def not_believed(self, reason: str, named: str | None = None) -> None:
        """A client certificate failed in TLS, before anybody was asked whose it is, and from which address nobody says;
        that is kept beside."""
        if self._quiet.passes(reason, named or "", self._clock.now()):
            noting = asyncio.create_task(self._note(lambda tx: security_events.not_believed(tx, reason, named)))
            self._noting.add(noting)
            noting.add_done_callback(self._noting.discard)

    async def _note(self, note: Callable[[Tx], Awaitable[None]]) -> None:
        try:
            async with self._database.begin() as tx:
                await note(tx)
        except Away as error:
            log.warning("security event not kept", why=repr(error))

    async def _durably(self, act: Callable[[Tx], Awaitable[Result]]) -> Result:
        """Run `act` in a transaction, again where the database went away."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            try:
                async with self._database.begin() as tx:
                    return await act(tx)
            except Away as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                log.warning("database away", why=repr(error))
                await asyncio.sleep(0.5)

    async def connected(self, fact: Connected) -> None:
        self._statuses.forget(fact.charge_point_id)
        if self._members is not None:
            await self._members.joined.wait()  # whom a node holds that is on no list counts as forsaken
        held_by = await self._durably(lambda tx: presence.connected(tx, fact, self._node_id))
        self.moved.send(fact.charge_point_id, held_by)

    async def habits(self, charge_point_id: int) -> Habits | None:
        async with self._database.read() as tx:
            quirks = await presence.quirks_now(tx, charge_point_id)
        return None if quirks is None else habits(quirks, self._usual)

    async def disconnected(self, fact: Disconnected) -> None:
        self._statuses.forget(fact.charge_point_id)
        await self._durably(lambda tx: presence.disconnected(tx, fact, self._node_id))

    @property
    def _node_id(self) -> int | None:
        return self._members.id if self._members else None

    def heard(self, charge_point_id: int) -> Awaitable[None]:
        return self._heard.put(charge_point_id)

    async def booted(self, fact: Booted) -> BootVerdict:
        self._statuses.forget(fact.charge_point_id)
        return await self._durably(lambda tx: presence.booted(tx, fact, self._usual.heartbeat_interval_s))

    async def status_changed(self, fact: StatusChanged) -> None:
        if not self._statuses.nothing_new(fact):
            await self._durably(lambda tx: presence.status_changed(tx, fact))
            self._statuses.written(fact)

    async def authorize(self, fact: TagPresented) -> TagVerdict:
        return await self._durably(lambda tx: flow.authorize(tx, fact))

    async def charge_started(self, fact: ChargeStarted) -> tuple[int, TagVerdict]:
        return await self._durably(lambda tx: flow.charge_started(tx, fact))

    async def charge_stopped(self, fact: ChargeStopped) -> TagVerdict | None:
        return await self._durably(lambda tx: flow.charge_stopped(tx, fact))

    def metered(self, fact: Metered) -> Awaitable[None]:
        return self._meters.put(fact)

    async def log_status(self, fact: LogStatus) -> None:
        await self._durably(lambda tx: logs.log_status(tx, fact))

    async def firmware_status(self, fact: FirmwareStatus) -> None:
        await self._durably(lambda tx: firmware.firmware_status(tx, fact))

    async def security_event(self, fact: SecurityEvent) -> None:
        await self._durably(lambda tx: security_events.security_event_told(tx, fact))

    async def events_told(self, fact: EventsTold) -> None:
        self._statuses.forget(fact.charge_point_id)
        await self._durably(lambda tx: events.events_told(tx, fact))

    async def monitors_told(self, fact: MonitorsTold) -> None:
        await self._durably(lambda tx: events.monitors_told(tx, fact))

    async def limit_told(self, fact: LimitTold) -> None:
        await self._durably(lambda tx: outside_limits.limit_told(tx, fact))

    async def limit_cleared(self, fact: LimitCleared) -> None:
        await self._durably(lambda tx: outside_limits.limit_cleared(tx, fact))

    async def reservation_ended(self, fact: ReservationEnded) -> None:
        await self._durably(lambda tx: reservations.let_go(tx, fact))

    async def profiles_told(self, fact: ProfilesTold) -> None:
        await self._durably(lambda tx: profiles.profiles_told(tx, fact))

    async def data_transfer(self, fact: DataReceived) -> DataVerdict:
        """No vendor's messages are understood here; the communication log keeps them."""
        return DataVerdict(status="unknown_vendor")

    async def certificate_wanted(self, fact: CertificateWanted) -> bool:
        return await self._durably(lambda tx: certificates.certificate_wanted(tx, fact))

    async def clock_told(self, fact: ClockTold) -> None:
        await self._durably(lambda tx: clocks.clock_told(tx, fact))

    async def certificate_status(self, fact: CertificateStatusWanted) -> CertificateStatus:
        return await self._responders.status(fact)

    async def settings_told(self, fact: SettingsTold) -> None:
        told = [Outcome(status="Accepted", settings=fact.settings)]
        await self._durably(lambda tx: keep_told(tx, fact.charge_point_id, told, everything=False, at=fact.received_at))

    async def _write_meters(self, facts: list[Metered]) -> None:
        await self._durably(lambda tx: flow.metered(tx, facts))

    async def _write_heard(self, charge_point_ids: list[int]) -> None:
        await self._durably(lambda tx: presence.heard(tx, *charge_point_ids))
