"""The gateway's rooms over the database: every message becomes a transaction, what many say at once becomes one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from operator import attrgetter
from typing import TypeVar

import structlog
from sqlalchemy import text

from ohmstead.app.admitted import StationDefaults, admitted, connection_settings
from ohmstead.app.nodes.membership import Membership
from ohmstead.kit.batches import Batcher
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, DatabaseUnavailable, Statement, Tx
from ohmstead.kit.facts import wanted
from ohmstead.kit.faults import Seldom
from ohmstead.kit.signals import Signal
from ohmstead.ocpp.connection_identity import Admitted, Refused, Tls
from ohmstead.ocpp.connection_settings import ConnectionSettings
from ohmstead.rooms.charging import contracts, flow, needs, profiles, reservations
from ohmstead.rooms.charging.facts import (
    ChargeStarted,
    ChargeStopped,
    ChargingStateTold,
    ContractPresented,
    ContractWorth,
    EndTaken,
    Metered,
    NeedsTold,
    NeedsVerdict,
    ProfilesTold,
    ReservationEnded,
    TagPresented,
    TagVerdict,
)
from ohmstead.rooms.charging.pricing.told_states import LastStates, states_told, statuses_told
from ohmstead.rooms.devices import certificates, events, firmware, presence
from ohmstead.rooms.devices.communication import data_transfers, security_events
from ohmstead.rooms.devices.communication import diagnostics as logs
from ohmstead.rooms.devices.configuration import settings_told
from ohmstead.rooms.devices.durable_facts import DataTransferReceived
from ohmstead.rooms.devices.events import clocks
from ohmstead.rooms.devices.facts import (
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
from ohmstead.rooms.devices.profiles import outside_limits
from ohmstead.rooms.operator.outbound import Outbound

log = structlog.get_logger("ohmstead.gateway")
Result = TypeVar("Result")

PATIENCE_S = 30.0  # a database that restarts is back by then; stations wait longer for their answers
_HURRY = Statement(text("SET LOCAL lock_timeout = '1s'"))
GATHER_S = 0.008  # what a reading waits for others to be written with it; after longer ones they are cold
SOON_S = 0.003  # what a charge point waits for others to come, boot or change with it
TURNED_AWAY = {  # refusal -> status of the handshake, type of the security event
    "unknown": (HTTPStatus.NOT_FOUND, security_events.UNKNOWN),
    "disabled": (HTTPStatus.FORBIDDEN, None),
    "password": (HTTPStatus.UNAUTHORIZED, security_events.NOT_PROVED),
    "certificate": (HTTPStatus.FORBIDDEN, security_events.NOT_PROVED),
    "downgrade": (HTTPStatus.FORBIDDEN, security_events.DOWNGRADE),
}


class FactIntake:
    """Implements `ohmstead.ocpp.fact_intake.Rooms`: each method returns when its fact is durable. A database that is
    away, or cannot store anything, is waited for up to 30 s. `moved` is sent for each charge point that connects: its
    id, and which other node held its socket until now, if one did."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        usual: StationDefaults,
        members: Membership | None = None,
        outbound: Outbound | None = None,
    ) -> None:
        self._database, self._clock, self._usual, self._members = database, clock, usual, members
        self._responders = certificates.Responders(database, clock, outbound or Outbound())
        self.moved = Signal()
        station = attrgetter("charge_point_id")
        self._meters = Batcher(self._write_meters, GATHER_S)
        self._heard = Batcher(self._write_heard, GATHER_S)
        self._knocks = Batcher(self._find, SOON_S)
        self._came = Batcher(self._write_connected, SOON_S, station)
        self._gone = Batcher(self._write_disconnected, SOON_S, station)
        self._boots = Batcher(self._write_booted, SOON_S, station)
        self._changes = Batcher(self._write_changes, SOON_S, station)
        self._quiet, self._seldom = security_events.Quiet(), Seldom()
        self._noting: set[asyncio.Task[None]] = set()
        self._said = Batcher(self._write_states, SOON_S, station)
        self._statuses, self._states = presence.StatusDeduplicator(), LastStates()

    async def admit(
        self, identity: str, password: bytes | None, offered: Sequence[str], remote_ip: str, tls: Tls | None = None
    ) -> Admitted | Refused:
        """Whether a charge point may connect: 404 unknown, 401 and 403 not proved or not enough, 503 while the database
        is away."""
        knock = presence.ConnectionAttempt(identity, password, tls is not None, tls.certificate if tls else None)
        try:
            found = await self._knocks.put(knock)
        except DatabaseUnavailable:
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
            self._keep(lambda tx: security_events.not_believed(tx, reason, named))

    def handshake_refused(self, identity: str, remote_ip: str, reason: str) -> None:
        """A handshake was refused for what it is, whoever it was; that is kept beside."""
        if self._quiet.passes(remote_ip, identity, self._clock.now()):
            event = security_events.HANDSHAKE
            self._keep(lambda tx: security_events.turned_away(tx, identity, remote_ip, event, reason))

    def _keep(self, note: Callable[[Tx], Awaitable[None]]) -> None:
        noting = asyncio.create_task(self._note(note))
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _note(self, note: Callable[[Tx], Awaitable[None]]) -> None:
        try:
            async with self._database.begin() as tx:
                await note(tx)
        except DatabaseUnavailable as error:
            log.warning("security event not kept", why=repr(error))

    async def _durably(self, act: Callable[[Tx], Awaitable[Result]], of: int = 1) -> Result:
        """Run `act` in a transaction, again where the database went away. What comes `of` many charge points does not
        wait for one whose row somebody holds on to."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            try:
                async with self._database.begin() as tx:
                    if of > 1:
                        await tx.run(_HURRY)
                    return await act(tx)
            except DatabaseUnavailable as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                if self._seldom.passes(str(error)):
                    log.warning("database away, charge points wait for their answers", why=str(error))
                await asyncio.sleep(0.5)

    async def connected(self, fact: Connected) -> None:
        self._forget(fact.charge_point_id)
        if self._members is not None:
            await self._members.joined.wait()  # whom a node holds that is on no list counts as forsaken
        held_by = await self._came.put(fact)
        self.moved.send(fact.charge_point_id, held_by)

    async def connection_settings(self, charge_point_id: int) -> ConnectionSettings | None:
        async with self._database.read() as tx:
            quirks = await presence.quirks_now(tx, charge_point_id)
        return None if quirks is None else connection_settings(quirks, self._usual)

    async def disconnected(self, fact: Disconnected) -> None:
        self._forget(fact.charge_point_id)
        await self._gone.put(fact)

    @property
    def _node_id(self) -> int | None:
        return self._members.id if self._members else None

    def heard(self, charge_point_id: int) -> Awaitable[None]:
        return self._heard.put(charge_point_id)

    async def booted(self, fact: Booted) -> BootVerdict:
        self._forget(fact.charge_point_id)
        return await self._boots.put(fact)

    def _forget(self, charge_point_id: int) -> None:
        self._statuses.forget(charge_point_id)
        self._states.forget(charge_point_id)

    async def status_changed(self, fact: StatusChanged) -> None:
        if not self._statuses.nothing_new(fact):
            await self._changes.put(fact)
            self._statuses.written(fact)

    async def authorize(self, fact: TagPresented) -> TagVerdict:
        return await self._durably(lambda tx: flow.authorize(tx, fact))

    async def charge_started(self, fact: ChargeStarted) -> tuple[int, TagVerdict]:
        return await self._durably(lambda tx: flow.charge_started(tx, fact))

    async def charge_stopped(self, fact: ChargeStopped) -> EndTaken:
        return await self._durably(lambda tx: flow.charge_stopped(tx, fact))

    def metered(self, fact: Metered) -> Awaitable[None]:
        return self._meters.put(fact)

    async def charging_state_told(self, fact: ChargingStateTold) -> None:
        if not self._states.nothing_new(fact) and await self._said.put(fact):
            self._states.known(fact)

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

    async def needs_told(self, fact: NeedsTold) -> NeedsVerdict:
        return await self._durably(lambda tx: needs.needs_told(tx, fact))

    async def reservation_ended(self, fact: ReservationEnded) -> None:
        await self._durably(lambda tx: reservations.reservation_released(tx, fact))

    async def profiles_told(self, fact: ProfilesTold) -> None:
        await self._durably(lambda tx: profiles.profiles_told(tx, fact))

    async def data_transfer(self, fact: DataReceived) -> DataVerdict:
        """No vendor's messages are understood here; the communication log keeps them, and who asked is told."""
        if DataTransferReceived.topic in wanted:
            await self._durably(lambda tx: data_transfers.data_received(tx, fact))
        return DataVerdict(status="unknown_vendor")

    async def certificate_wanted(self, fact: CertificateWanted) -> bool:
        return await self._durably(lambda tx: certificates.certificate_wanted(tx, fact))

    async def contract_presented(self, fact: ContractPresented) -> ContractWorth:
        return await self._durably(lambda tx: contracts.contract_presented(tx, fact))

    async def clock_told(self, fact: ClockTold) -> None:
        await self._durably(lambda tx: clocks.clock_told(tx, fact))

    async def certificate_status(self, fact: CertificateStatusWanted) -> CertificateStatus:
        return await self._responders.status(fact)

    async def settings_told(self, fact: SettingsTold) -> None:
        await self._durably(lambda tx: settings_told(tx, fact))

    async def _write_meters(self, facts: list[Metered]) -> list[None]:
        await self._durably(lambda tx: flow.metered(tx, facts))
        return [None] * len(facts)

    async def _write_heard(self, charge_point_ids: list[int]) -> list[None]:
        await self._durably(lambda tx: presence.heard(tx, *charge_point_ids))
        return [None] * len(charge_point_ids)

    async def _find(
        self, knocks: list[presence.ConnectionAttempt]
    ) -> list[presence.AdmittedChargePoint | presence.Refusal]:
        async with self._database.read() as tx:
            return await presence.admit(tx, *knocks)

    async def _write_connected(self, facts: list[Connected]) -> list[int | None]:
        return await self._durably(lambda tx: presence.connected(tx, *facts, node_id=self._node_id), len(facts))

    async def _write_disconnected(self, facts: list[Disconnected]) -> list[None]:
        await self._durably(lambda tx: presence.disconnected(tx, *facts, node_id=self._node_id), len(facts))
        return [None] * len(facts)

    async def _write_booted(self, facts: list[Booted]) -> list[BootVerdict]:
        interval_s = self._usual.heartbeat_interval_s
        verdict = await self._durably(lambda tx: presence.booted(tx, *facts, interval_s=interval_s), len(facts))
        return [verdict] * len(facts)

    async def _write_states(self, facts: list[ChargingStateTold]) -> list[bool]:
        return await self._durably(lambda tx: states_told(tx, facts), len(facts))

    async def _write_changes(self, facts: list[StatusChanged]) -> list[None]:
        async def write(tx: Tx) -> None:
            await presence.status_changed(tx, *facts)
            await statuses_told(tx, facts)

        await self._durably(write, len(facts))
        return [None] * len(facts)
