"""Rooms in memory: keep every fact, answer as told."""

import asyncio
from datetime import UTC, datetime

from msgspec import structs

from ohmstead.ocpp.connection_settings import ConnectionSettings
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

ACCEPTED = TagVerdict(status="accepted")


class Record(list):
    """A list that wakes whoever waits for something to be appended."""

    def __init__(self, appended: asyncio.Event) -> None:
        super().__init__()
        self._appended = appended

    def append(self, what: object) -> None:
        super().append(what)
        self._appended.set()


class RecordingRooms:
    """`verdicts` by tag; `treated` how stations are to be treated by now, by id; `broken` names a method that raises;
    `gate` holds back meter values until it is set."""

    def __init__(self, happened: asyncio.Event) -> None:
        self.facts = Record(happened)
        self.heartbeats: list[int] = []
        self.verdicts: dict[str, TagVerdict] = {}
        self.end = EndTaken()
        self.transactions: dict[str, int] = {}
        self.treated: dict[int, ConnectionSettings] = {}
        self.broken = ""
        self.gate = asyncio.Event()
        self.gate.set()
        self.worth: ContractWorth = "Accepted"
        self.needs_verdict: NeedsVerdict = "processing"
        self.status = CertificateStatus(reason="NoAnswer", info="nobody asked")

    def only(self, kind: type) -> list:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    async def connected(self, fact: Connected) -> None:
        if self.broken == "connected":
            raise RuntimeError("the database is away")
        self.facts.append(fact)

    async def connection_settings(self, charge_point_id: int) -> ConnectionSettings | None:
        return self.treated.get(charge_point_id)

    async def disconnected(self, fact: Disconnected) -> None:
        self.facts.append(fact)

    async def heard(self, charge_point_id: int) -> None:
        self.heartbeats.append(charge_point_id)

    async def booted(self, fact: Booted) -> BootVerdict:
        self.facts.append(fact)
        return BootVerdict(status="accepted", interval_s=300, now=datetime(2026, 3, 1, 12, 0, 0, 123456, UTC))

    async def status_changed(self, fact: StatusChanged) -> None:
        if self.broken == "status_changed":
            raise RuntimeError("the database is away")
        self.facts.append(fact)

    async def authorize(self, fact: TagPresented) -> TagVerdict:
        self.facts.append(fact)
        return self.verdicts.get(fact.id_tag, ACCEPTED)

    async def charge_started(self, fact: ChargeStarted) -> tuple[int, TagVerdict]:
        self.facts.append(fact)
        number = self.transactions.setdefault(fact.ref, len(self.transactions) + 1)
        return number, self.verdicts.get(fact.id_tag, ACCEPTED)

    async def charge_stopped(self, fact: ChargeStopped) -> EndTaken:
        self.facts.append(fact)
        verdict = self.verdicts.get(fact.id_tag, ACCEPTED) if fact.id_tag else None
        return structs.replace(self.end, verdict=verdict)

    async def metered(self, fact: Metered) -> None:
        await self.gate.wait()
        self.facts.append(fact)

    async def charging_state_told(self, fact: ChargingStateTold) -> None:
        self.facts.append(fact)

    async def data_transfer(self, fact: DataReceived) -> DataVerdict:
        self.facts.append(fact)
        return DataVerdict(status="accepted", data="seen")

    async def log_status(self, fact: LogStatus) -> None:
        self.facts.append(fact)

    async def firmware_status(self, fact: FirmwareStatus) -> None:
        self.facts.append(fact)

    async def security_event(self, fact: SecurityEvent) -> None:
        self.facts.append(fact)

    async def settings_told(self, fact: SettingsTold) -> None:
        self.facts.append(fact)

    async def events_told(self, fact: EventsTold) -> None:
        self.facts.append(fact)

    async def limit_told(self, fact: LimitTold) -> None:
        self.facts.append(fact)

    async def limit_cleared(self, fact: LimitCleared) -> None:
        self.facts.append(fact)

    async def needs_told(self, fact: NeedsTold) -> NeedsVerdict:
        if self.broken == "needs_told":
            raise RuntimeError("the database is away")
        self.facts.append(fact)
        return self.needs_verdict

    async def reservation_ended(self, fact: ReservationEnded) -> None:
        self.facts.append(fact)

    async def profiles_told(self, fact: ProfilesTold) -> None:
        self.facts.append(fact)

    async def certificate_wanted(self, fact: CertificateWanted) -> bool:
        self.facts.append(fact)
        return "BEGIN" in fact.request

    async def contract_presented(self, fact: ContractPresented) -> ContractWorth:
        self.facts.append(fact)
        return self.worth

    async def clock_told(self, fact: ClockTold) -> None:
        if self.broken == "clock_told":
            raise RuntimeError("the database is away")
        self.facts.append(fact)

    async def certificate_status(self, fact: CertificateStatusWanted) -> CertificateStatus:
        self.facts.append(fact)
        await self.gate.wait()
        return self.status

    async def monitors_told(self, fact: MonitorsTold) -> None:
        self.facts.append(fact)
