"""What the gateway asks of the rooms: one call a message, which returns when the fact is durable."""

from collections.abc import Awaitable
from typing import Protocol

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


class Rooms(Protocol):
    """Takes facts from charge points. An exception makes the gateway answer InternalError; the station tries again."""

    async def connected(self, fact: Connected) -> None: ...

    async def connection_settings(self, charge_point_id: int) -> ConnectionSettings | None:
        """How the station is to be treated by now; None where it is gone."""
        ...

    async def disconnected(self, fact: Disconnected) -> None: ...

    def heard(self, charge_point_id: int) -> Awaitable[None]:
        """A heartbeat came in."""
        ...

    async def booted(self, fact: Booted) -> BootVerdict: ...

    async def status_changed(self, fact: StatusChanged) -> None: ...

    async def authorize(self, fact: TagPresented) -> TagVerdict: ...

    async def charge_started(self, fact: ChargeStarted) -> tuple[int, TagVerdict]:
        """The transaction id (32 bits, never given twice; the same again for a start told again) and the verdict."""
        ...

    async def charge_stopped(self, fact: ChargeStopped) -> EndTaken:
        """A verdict only where the stop named a tag. Unknown transactions are taken too, else the station retries."""
        ...

    def metered(self, fact: Metered) -> Awaitable[None]: ...

    async def charging_state_told(self, fact: ChargingStateTold) -> None:
        """May be told with every event: what is no other state than before changes nothing."""
        ...

    async def data_transfer(self, fact: DataReceived) -> DataVerdict: ...

    async def log_status(self, fact: LogStatus) -> None: ...

    async def firmware_status(self, fact: FirmwareStatus) -> None: ...

    async def security_event(self, fact: SecurityEvent) -> None: ...

    async def settings_told(self, fact: SettingsTold) -> None: ...

    async def events_told(self, fact: EventsTold) -> None:
        """Each counts once, however often it is told."""
        ...

    async def limit_told(self, fact: LimitTold) -> None: ...

    async def limit_cleared(self, fact: LimitCleared) -> None: ...

    async def needs_told(self, fact: NeedsTold) -> NeedsVerdict: ...

    async def reservation_ended(self, fact: ReservationEnded) -> None: ...

    async def profiles_told(self, fact: ProfilesTold) -> None: ...

    async def certificate_wanted(self, fact: CertificateWanted) -> bool:
        """Whether the station is promised the certificate it asks for."""
        ...

    async def certificate_status(self, fact: CertificateStatusWanted) -> CertificateStatus:
        """May take as long as somebody else takes to answer."""
        ...

    async def contract_presented(self, fact: ContractPresented) -> ContractWorth: ...

    async def clock_told(self, fact: ClockTold) -> None: ...

    async def monitors_told(self, fact: MonitorsTold) -> None: ...
